package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.GatewayErrors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

class ConcurrencyLimiterTest {

  @Test
  void callsBeyondTheBound_runInOrder() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(2);
    List<Integer> started = new ArrayList<>();
    List<Sinks.Empty<Void>> ends = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      int number = i;
      Sinks.Empty<Void> end = Sinks.empty();
      ends.add(end);
      limiter
          .limit(end.asMono().doOnSubscribe(s -> started.add(number)))
          .subscribe(ignored -> {}, failed -> {});
    }
    assertThat(started).containsExactly(0, 1);
    assertThat(limiter.inFlight()).isEqualTo(2);
    assertThat(limiter.waiting()).isEqualTo(3);
    ends.get(1).tryEmitEmpty();
    assertThat(started).containsExactly(0, 1, 2);
    ends.get(0).tryEmitError(new IllegalStateException("failed"));
    assertThat(started).containsExactly(0, 1, 2, 3);
    ends.get(2).tryEmitEmpty();
    ends.get(3).tryEmitEmpty();
    ends.get(4).tryEmitEmpty();
    assertThat(limiter.inFlight()).isZero();
    assertThat(limiter.waiting()).isZero();
  }

  @Test
  void cancel_releasesTheSlotOrLeavesTheQueue() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    AtomicInteger started = new AtomicInteger();
    Mono<Object> call = limiter.limit(Mono.never().doOnSubscribe(s -> started.incrementAndGet()));
    Disposable running = call.subscribe();
    Disposable waiting = call.subscribe();
    waiting.dispose();
    assertThat(limiter.waiting()).isZero();
    running.dispose();
    assertThat(limiter.inFlight()).isZero();
    assertThat(started).hasValue(1);
    call.subscribe().dispose();
    assertThat(started).hasValue(2);
  }

  @Test
  void immediateSource_doesNotDeepenTheStack() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    StepVerifier.create(
            Flux.range(0, 100_000).flatMap(i -> limiter.limit(Mono.just(i)), 1_000).count())
        .expectNext(100_000L)
        .verifyComplete();
    assertThat(limiter.inFlight()).isZero();
  }

  @Test
  void longQueue_isDrainedWithoutRecursion() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    Sinks.Empty<Void> first = Sinks.empty();
    limiter.limit(first.asMono()).subscribe();
    AtomicInteger done = new AtomicInteger();
    IntStream.range(0, 50_000)
        .forEach(i -> limiter.limit(Mono.fromRunnable(done::incrementAndGet)).subscribe());
    first.tryEmitEmpty();
    assertThat(done).hasValue(50_000);
  }

  @Test
  void cancelRacingGrant_losesNoSlot() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    for (int round = 0; round < 20_000; round++) {
      Sinks.Empty<Void> end = Sinks.empty();
      limiter.limit(end.asMono()).subscribe();
      Disposable waiting = limiter.limit(Mono.never()).subscribe();
      RaceTestUtils.race(end::tryEmitEmpty, waiting::dispose);
      assertThat(limiter.inFlight()).isZero();
      assertThat(limiter.waiting()).isZero();
    }
  }

  @Test
  void concurrency_neverExceedsTheBound() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(7);
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Mono<Integer> call =
        Mono.fromSupplier(
                () -> {
                  most.accumulateAndGet(running.incrementAndGet(), Math::max);
                  return running.get();
                })
            .publishOn(Schedulers.parallel())
            .doFinally(signal -> running.decrementAndGet());
    StepVerifier.create(
            Flux.range(0, 20_000)
                .flatMap(i -> limiter.limit(call).subscribeOn(Schedulers.parallel()), 200)
                .then())
        .expectComplete()
        .verify(Duration.ofSeconds(30));
    assertThat(most.get()).isBetween(1, 8);
    assertThat(limiter.inFlight()).isZero();
  }

  @Test
  void boundBelowOne_isRejected() {
    assertThatThrownBy(() -> ConcurrencyLimiter.of(0))
        .hasMessage("maxInFlight must be at least 1, was 0");
  }

  @Test
  void fatalError_stopsNoOtherCaller() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    Mono<Object> fatal =
        Mono.defer(
            () -> {
              throw new NoClassDefFoundError("on purpose");
            });

    assertThatThrownBy(() -> limiter.limit(fatal).subscribe())
        .isInstanceOf(NoClassDefFoundError.class);

    assertThat(limiter.inFlight()).isZero();
    StepVerifier.create(limiter.limit(Mono.just(1))).expectNext(1).verifyComplete();
  }

  /** The end of a call, and the signal to its caller. */
  static List<Arguments> ends() {
    return List.of(
        arguments(Mono.just("a"), "onNext(a) onComplete()"),
        arguments(Mono.empty(), "onComplete()"),
        arguments(Mono.error(new IllegalStateException("failed")), "onError(failed)"));
  }

  @ParameterizedTest
  @MethodSource("ends")
  void fatalError_doesNotSwallowAnotherTermination(Mono<String> reply, String expected) {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    Sinks.Empty<Void> end = Sinks.empty();
    List<String> signals = new ArrayList<>();
    limiter
        .limit(end.asMono().then(reply))
        .subscribe(
            value -> signals.add("onNext(" + value + ")"),
            error -> signals.add("onError(" + error.getMessage() + ")"),
            () -> signals.add("onComplete()"));
    limiter
        .limit(Mono.just("b"))
        .subscribe(
            value -> {
              throw new OutOfMemoryError("on purpose");
            });

    assertThatThrownBy(end::tryEmitEmpty).isInstanceOf(OutOfMemoryError.class);

    assertThat(String.join(" ", signals)).isEqualTo(expected);
    assertThat(limiter.inFlight()).isZero();
    StepVerifier.create(limiter.limit(Mono.just(1))).expectNext(1).verifyComplete();
  }

  @Test
  void throttledCall_releasesItsSlot() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    EcsException throttled =
        EcsException.builder(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED).build();
    StepVerifier.create(limiter.limit(Mono.error(throttled))).verifyErrorMatches(throttled::equals);

    assertThat(limiter.maxInFlight()).isEqualTo(1);
    assertThat(limiter.inFlight()).isZero();
  }

  @Test
  void acquiredSlot_isHeldUntilDisposedOnce() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    List<Disposable> held = new ArrayList<>();
    limiter.acquire().subscribe(held::add);
    limiter.acquire().subscribe(held::add);
    assertThat(held).hasSize(1);
    assertThat(limiter.waiting()).isEqualTo(1);

    held.get(0).dispose();
    held.get(0).dispose();

    assertThat(held).hasSize(2);
    assertThat(limiter.inFlight()).isEqualTo(1);
    held.get(1).dispose();
    assertThat(limiter.inFlight()).isZero();
  }

  @Test
  void slotAtOnce_isTakenOnlyIfItIsFree() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    Disposable slot = Objects.requireNonNull(limiter.tryAcquire());
    assertThat(limiter.tryAcquire()).isNull();
    List<Disposable> queued = new ArrayList<>();
    limiter.acquire().subscribe(queued::add);

    slot.dispose();
    slot.dispose();

    assertThat(queued).as("the queue comes first").hasSize(1);
    assertThat(limiter.inFlight()).isEqualTo(1);
    queued.get(0).dispose();
    assertThat(limiter.tryAcquire()).isNotNull();
  }

  @Test
  void slotAtOnce_racingRelease_isNeverOneTooMany() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    for (int round = 0; round < 20_000; round++) {
      List<Disposable> slots = new CopyOnWriteArrayList<>();
      Disposable held = Objects.requireNonNull(limiter.tryAcquire());
      Runnable take =
          () -> {
            Disposable taken = limiter.tryAcquire();
            if (taken != null) {
              slots.add(taken);
            }
          };
      RaceTestUtils.race(held::dispose, take, () -> limiter.acquire().subscribe(slots::add));
      assertThat(limiter.inFlight()).isLessThanOrEqualTo(1);
      while (limiter.inFlight() > 0) {
        slots.forEach(Disposable::dispose);
      }
      assertThat(limiter.waiting()).isZero();
    }
  }
}

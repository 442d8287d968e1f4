package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.limit.RateLimiter.Permit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

class RateLimiterTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final List<String> reports = new ArrayList<>();

  /** Grants at once, and records the reports to its permits. */
  private final RateLimiter recording = () -> Mono.just(new Recorded());

  private final class Recorded implements Permit {
    @Override
    public void succeeded() {
      reports.add("succeeded");
    }

    @Override
    public void throttled(@Nullable Duration retryAfter) {
      reports.add("throttled " + retryAfter);
    }

    @Override
    public void ignored() {
      reports.add("ignored");
    }
  }

  @AfterEach
  void stopTime() {
    time.dispose();
  }

  private FixedRateLimiter limiter(double rate, int burst) {
    return RateLimiter.tokenBucket(TokenBucketOptions.of(rate, burst).withScheduler(() -> time));
  }

  private static EcsException unhinted(EcsException refusal) {
    return refusal.mutate().retryAfter(null).build();
  }

  private static EcsException refusal(@Nullable String code, int status, Delivery delivery) {
    return EcsException.builder(ErrorCode.classify(code, null, status), delivery)
        .httpStatus(status)
        .retryAfter(Duration.ofSeconds(3))
        .build();
  }

  @Test
  void everyTermination_isReportedOnce() {
    Mono<String> limited = recording.limit(Mono.just("stopped"));
    StepVerifier.create(limited).expectNext("stopped").verifyComplete();
    StepVerifier.create(recording.limit(Mono.empty())).verifyComplete();
    recording.limit(Mono.never()).subscribe().dispose();
    recording.limit(Mono.error(new IllegalStateException())).onErrorComplete().block();
    // Cancelled by take after the value.
    recording.limit(Mono.just(1)).flux().take(1).blockLast();
    assertThat(reports)
        .containsExactly("succeeded", "succeeded", "ignored", "ignored", "succeeded");
  }

  @Test
  void errors_areReportedToThePermit() {
    List<EcsException> ends =
        List.of(
            refusal("FlowLimitExceeded", 429, Delivery.REJECTED),
            refusal("AccountFlowLimitExceeded", 400, Delivery.REJECTED),
            refusal(null, 429, Delivery.REJECTED),
            refusal("InvalidInstance.NotFound", 404, Delivery.REJECTED),
            refusal("InternalError", 500, Delivery.UNKNOWN),
            unhinted(refusal("InvalidInstance.NotFound", 404, Delivery.REJECTED)),
            unhinted(refusal("InternalError", 500, Delivery.UNKNOWN)),
            unhinted(refusal(null, 503, Delivery.UNKNOWN)),
            EcsException.builder(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT).build(),
            EcsException.builder(ClientErrors.ATTEMPT_TIMEOUT, Delivery.UNKNOWN).build());
    for (EcsException end : ends) {
      recording.limit(Mono.error(end)).onErrorComplete().block();
    }
    assertThat(reports)
        .containsExactly(
            "throttled PT3S",
            "throttled PT3S",
            "throttled PT3S",
            // A Retry-After holds the pace, whatever it comes with.
            "throttled PT3S",
            "throttled PT3S",
            "succeeded",
            "succeeded",
            "ignored",
            "ignored",
            "ignored");
  }

  @Test
  void permit_isNotifiedBeforeTheSubscriber() {
    recording
        .limit(Mono.error(refusal("FlowLimitExceeded", 429, Delivery.REJECTED)))
        .doOnError(e -> reports.add("subscriber"))
        .onErrorComplete()
        .block();
    assertThat(reports).containsExactly("throttled PT3S", "subscriber");
  }

  @Test
  void eachSubscription_waitsForItsOwnPermit() {
    FixedRateLimiter limiter = limiter(10, 1);
    AtomicInteger calls = new AtomicInteger();
    Mono<Integer> call = limiter.limit(Mono.fromSupplier(calls::incrementAndGet));
    call.repeat(2).subscribe();
    assertThat(calls).hasValue(1);
    time.advanceTimeBy(Duration.ofMillis(100));
    assertThat(calls).hasValue(2);
    time.advanceTimeBy(Duration.ofMillis(100));
    assertThat(calls).hasValue(3);
  }

  @Test
  void cancelledWait_subscribesToNothing() {
    FixedRateLimiter limiter = limiter(10, 1);
    TestPublisher<String> source = TestPublisher.create();
    limiter.acquire().subscribe();
    Disposable waiting = limiter.limit(source.mono()).subscribe();
    waiting.dispose();
    time.advanceTimeBy(Duration.ofSeconds(1));
    source.assertWasNotSubscribed();
    assertThat(limiter.available()).isEqualTo(1);
  }

  @Test
  void context_reachesTheSource() {
    FixedRateLimiter limiter = limiter(10, 1);
    limiter.acquire().subscribe();
    List<String> seen = new ArrayList<>();
    limiter
        .limit(Mono.deferContextual(context -> Mono.just(context.<String>get("run"))))
        .contextWrite(context -> context.put("run", "mono"))
        .subscribe(seen::add);
    limiter
        .pace(Flux.deferContextual(context -> Flux.just(context.<String>get("run"))))
        .contextWrite(context -> context.put("run", "flux"))
        .subscribe(seen::add);
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(seen).containsExactly("mono", "flux");
  }

  @Test
  void repeatedImmediateSource_doesNotOverflowTheStack() {
    FixedRateLimiter limiter = limiter(1e6, 200_000);
    AtomicInteger calls = new AtomicInteger();
    limiter
        .limit(Mono.fromSupplier(calls::incrementAndGet))
        .repeat(100_000)
        .blockLast(Duration.ofSeconds(10));
    assertThat(calls).hasValue(100_001);
  }

  @Test
  void unlimited_grantsAtOnce() {
    RateLimiter unlimited = RateLimiter.unlimited();
    StepVerifier.create(Flux.range(0, 1_000).flatMap(i -> unlimited.limit(Mono.just(i))))
        .expectNextCount(1_000)
        .verifyComplete();
    assertThat(unlimited.rate()).isInfinite();
    assertThat(unlimited.available()).isEqualTo(Integer.MAX_VALUE);
    assertThat(unlimited.waiting()).isZero();
    assertThat(unlimited.throttledCount()).isZero();
  }
}

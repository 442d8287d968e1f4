package io.fleetstop.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Attempt;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.GatewayErrors;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;
import reactor.util.context.Context;
import reactor.util.retry.Retry;

class RetryLoopTest {

  private static final Duration WAIT = Duration.ofSeconds(1);

  private final RetryBudget budget = RetryBudget.ofRetries(10);
  private final RetryPolicy policy =
      RetryPolicy.builder()
          .maxAttempts(3)
          .deadline(Duration.ofSeconds(60))
          .backoff(Category.SERVER, (retry, random) -> WAIT)
          .backoff(Category.THROTTLED, (retry, random) -> WAIT)
          .build();

  private static EcsException error(ErrorCode code, Delivery delivery) {
    return EcsException.builder(code, delivery).httpStatus(code.httpStatus()).build();
  }

  private static EcsException server() {
    return error(EcsErrors.INTERNAL_ERROR, Delivery.UNKNOWN);
  }

  private static EcsException throttled() {
    return error(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED);
  }

  /** Fails with each error in turn, then gives the number of subscriptions. */
  private static Mono<Integer> failing(AtomicInteger subscriptions, EcsException... errors) {
    return Mono.defer(
        () -> {
          int subscription = subscriptions.getAndIncrement();
          return subscription < errors.length
              ? Mono.error(errors[subscription])
              : Mono.just(subscription + 1);
        });
  }

  @Test
  void retry_startsAfterTheDelay() {
    AtomicInteger subscriptions = new AtomicInteger();
    StepVerifier.withVirtualTime(
            () ->
                failing(subscriptions, server(), server()).retryWhen(policy.asRetry(true, budget)))
        .expectSubscription()
        .expectNoEvent(WAIT.multipliedBy(2))
        .expectNext(3)
        .verifyComplete();
    assertThat(budget.remainingRetries()).isEqualTo(10);
  }

  @Test
  void failedCall_hasLastErrorAndFullHistory() {
    AtomicInteger subscriptions = new AtomicInteger();
    StepVerifier.withVirtualTime(
            () ->
                failing(subscriptions, throttled(), server(), server(), server())
                    .retryWhen(policy.asRetry(true, budget)))
        .thenAwait(Duration.ofSeconds(10))
        .verifyErrorSatisfies(
            failure -> {
              EcsException error = (EcsException) failure;
              assertThat(error.errorCode()).isEqualTo(EcsErrors.INTERNAL_ERROR);
              assertThat(error.exhaustedLimit()).isEqualTo(Limit.ATTEMPTS);
              assertThat(error.attempts()).isEqualTo(4);
              assertThat(error.history())
                  .extracting(
                      Attempt::number, attempt -> attempt.errorCode().code(), Attempt::reaction)
                  .containsExactly(
                      tuple(1, "FlowLimitExceeded", "retried after 1000 ms"),
                      tuple(2, "InternalError", "retried after 1000 ms"),
                      tuple(3, "InternalError", "retried after 1000 ms"),
                      tuple(4, "InternalError", "failed: 3 attempts are the limit"));
              assertThat(error.history().get(1).endedAfter()).isEqualTo(WAIT);
            });
    assertThat(budget.remainingRetries()).isEqualTo(8);
  }

  @Test
  void delivery_coversAllAttempts() {
    AtomicInteger subscriptions = new AtomicInteger();
    StepVerifier.withVirtualTime(
            () ->
                failing(
                        subscriptions,
                        server(),
                        error(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.REJECTED))
                    .retryWhen(policy.asRetry(true, budget)))
        .thenAwait(WAIT)
        .verifyErrorSatisfies(
            failure -> {
              EcsException error = (EcsException) failure;
              assertThat(error.category()).isEqualTo(Category.NOT_FOUND);
              assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
              assertThat(error.exhaustedLimit()).isNull();
            });
  }

  @Test
  void emptyBudget_failsWithTheLastError() {
    RetryBudget empty = RetryBudget.ofRetries(1);
    assertThat(empty.tryWithdraw()).isTrue();
    AtomicInteger subscriptions = new AtomicInteger();
    StepVerifier.create(failing(subscriptions, server()).retryWhen(policy.asRetry(true, empty)))
        .verifyErrorSatisfies(
            failure -> {
              assertThat(((EcsException) failure).errorCode()).isEqualTo(EcsErrors.INTERNAL_ERROR);
              assertThat(((EcsException) failure).exhaustedLimit()).isEqualTo(Limit.RETRY_BUDGET);
            });
    assertThat(subscriptions).hasValue(1);
  }

  @Test
  void throttling_spendsNeitherAttemptsNorBudget() {
    AtomicInteger subscriptions = new AtomicInteger();
    EcsException[] many = new EcsException[20];
    Arrays.setAll(many, i -> throttled());
    RetryBudget empty = RetryBudget.ofRetries(1);
    assertThat(empty.tryWithdraw()).isTrue();
    StepVerifier.withVirtualTime(
            () -> failing(subscriptions, many).retryWhen(policy.asRetry(false, empty)))
        .thenAwait(WAIT.multipliedBy(20))
        .expectNext(21)
        .verifyComplete();
  }

  @Test
  void failedCall_returnsNothing() {
    AtomicInteger subscriptions = new AtomicInteger();
    StepVerifier.withVirtualTime(
            () ->
                failing(subscriptions, server(), server(), server())
                    .retryWhen(policy.asRetry(true, budget)))
        .thenAwait(WAIT.multipliedBy(5))
        .verifyError(EcsException.class);
    assertThat(budget.remainingRetries()).isEqualTo(8);
  }

  @Test
  void cancelDuringDelay_retriesNoMoreAndReturnsNothing() {
    AtomicInteger subscriptions = new AtomicInteger();
    StepVerifier.withVirtualTime(
            () -> failing(subscriptions, server()).retryWhen(policy.asRetry(true, budget)))
        .expectSubscription()
        .expectNoEvent(WAIT.dividedBy(2))
        .thenCancel()
        .verify();
    VirtualTimeScheduler.getOrSet().advanceTimeBy(Duration.ofMinutes(1));
    VirtualTimeScheduler.reset();
    assertThat(subscriptions).hasValue(1);
    assertThat(budget.remainingRetries()).isEqualTo(9);
  }

  @Test
  void sharedRetry_countsEachSubscriptionAlone() {
    Retry retry = policy.asRetry(true, budget);
    for (int i = 0; i < 3; i++) {
      AtomicInteger subscriptions = new AtomicInteger();
      StepVerifier.withVirtualTime(
              () -> failing(subscriptions, server(), server()).retryWhen(retry))
          .thenAwait(WAIT.multipliedBy(2))
          .expectNext(3)
          .verifyComplete();
    }
  }

  @Test
  void otherErrors_passThroughUnchanged() {
    IllegalStateException bug = new IllegalStateException("a bug");
    StepVerifier.create(Mono.error(bug).retryWhen(policy.asRetry(true, budget)))
        .verifyErrorSatisfies(failure -> assertThat(failure).isSameAs(bug));
  }

  @Test
  void observer_isNotifiedOfEachRetry() {
    List<String> notified = new ArrayList<>();
    AtomicInteger subscriptions = new AtomicInteger();
    EcsException skewed = error(GatewayErrors.INVALID_TIMESTAMP, Delivery.REJECTED);
    StepVerifier.create(
            failing(subscriptions, skewed)
                .retryWhen(
                    policy.asRetry(
                        true,
                        budget,
                        (last, remedy) -> notified.add(last.errorCode().code() + remedy))))
        .expectNext(2)
        .verifyComplete();
    assertThat(notified).containsExactly("InvalidTimestampCORRECT_CLOCK");
  }

  @Test
  void attemptEndedByDeadline_reportsThePreviousError() {
    AtomicInteger subscriptions = new AtomicInteger();
    EcsException cut =
        EcsException.builder(ClientErrors.DEADLINE_EXCEEDED, Delivery.UNKNOWN)
            .exhaustedLimit(Limit.DEADLINE)
            .build();
    StepVerifier.withVirtualTime(
            () -> failing(subscriptions, throttled(), cut).retryWhen(policy.asRetry(true, budget)))
        .thenAwait(WAIT)
        .verifyErrorSatisfies(
            failure -> {
              EcsException error = (EcsException) failure;
              assertThat(error.errorCode()).isEqualTo(GatewayErrors.FLOW_LIMIT_EXCEEDED);
              assertThat(error.exhaustedLimit()).isEqualTo(Limit.DEADLINE);
              assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
              assertThat(error.attempts()).isEqualTo(2);
            });
  }

  private enum End {
    MONO,
    FLUX,
    FIRST_OF_TWO,
    SECOND_OF_TWO;

    RetryPolicy.Builder of(Mono<Void> end, RetryPolicy.Builder policy) {
      return switch (this) {
        case MONO -> policy.stopRetryingWhen(end);
        case FLUX -> policy.stopRetryingWhen(Flux.concat(end, Flux.just("over"), Flux.never()));
        case FIRST_OF_TWO -> policy.stopRetryingWhen(end).stopRetryingWhen(Mono.never());
        case SECOND_OF_TWO -> policy.stopRetryingWhen(Mono.never()).stopRetryingWhen(end);
      };
    }
  }

  @ParameterizedTest
  @EnumSource
  void stopSignal_endsADelay(End form) {
    AtomicInteger subscriptions = new AtomicInteger();
    Sinks.Empty<Void> end = Sinks.empty();
    Retry retry = form.of(end.asMono(), policy.mutate()).build().asRetry(true, budget);
    StepVerifier.withVirtualTime(
            () -> failing(subscriptions, server(), throttled()).retryWhen(retry))
        .thenAwait(WAIT.multipliedBy(3).dividedBy(2))
        .then(end::tryEmitEmpty)
        .verifyErrorSatisfies(
            failure -> {
              EcsException error = (EcsException) failure;
              assertThat(error.errorCode()).isEqualTo(GatewayErrors.FLOW_LIMIT_EXCEEDED);
              assertThat(error.exhaustedLimit()).isEqualTo(Limit.CALLER);
              assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
              assertThat(error.history())
                  .extracting(Attempt::number, Attempt::reaction)
                  .containsExactly(
                      tuple(1, "retried after 1000 ms"),
                      tuple(2, "failed: the caller stopped the call"));
            });
    assertThat(subscriptions).hasValue(2);
  }

  @Test
  void context_reachesEveryAttempt() {
    AtomicInteger subscriptions = new AtomicInteger();
    List<String> seen = new ArrayList<>();
    Mono<Integer> source =
        Mono.deferContextual(
            context -> {
              seen.add(context.get("trace"));
              return failing(subscriptions, server());
            });
    StepVerifier.withVirtualTime(
            () ->
                source
                    .retryWhen(policy.asRetry(true, budget))
                    .contextWrite(Context.of("trace", "t-1")))
        .thenAwait(WAIT)
        .expectNext(2)
        .verifyComplete();
    assertThat(seen).containsExactly("t-1", "t-1");
  }

  /** One of both decides, and the other one has changed nothing. */
  @Test
  void endOfDelayRacingStopSignal_emitsOneSignal() {
    ExecutorService executor = Executors.newFixedThreadPool(2);
    Scheduler threads = Schedulers.fromExecutor(executor);
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    for (int round = 0; round < 5_000; round++) {
      RetryBudget own = RetryBudget.ofRetries(3);
      Sinks.Empty<Void> end = Sinks.empty();
      AtomicReference<Integer> value = new AtomicReference<>();
      AtomicReference<EcsException> error = new AtomicReference<>();
      Retry retry = policy.mutate().stopRetryingWhen(end.asMono()).build().asRetry(true, own);
      failing(new AtomicInteger(), server())
          .retryWhen(retry)
          .subscribe(value::set, failure -> error.set((EcsException) failure));

      RaceTestUtils.race(threads, () -> time.advanceTimeBy(WAIT), end::tryEmitEmpty);

      if (value.get() != null) {
        assertThat(error).hasNullValue();
        assertThat(own.remainingRetries()).isEqualTo(3);
      } else {
        EcsException terminal = Objects.requireNonNull(error.get());
        assertThat(terminal.exhaustedLimit()).isEqualTo(Limit.CALLER);
        assertThat(terminal.history()).hasSize(1);
        assertThat(own.remainingRetries()).isEqualTo(2);
      }
    }
    VirtualTimeScheduler.reset();
    executor.shutdown();
  }
}

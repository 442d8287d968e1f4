package io.fleetstop.retry;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Attempt;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.retry.RetryPolicy.Decision;
import io.fleetstop.retry.RetryPolicy.Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/** Applies {@link RetryPolicy#decide} to each failure and waits for the decided delay. */
final class RetryLoop extends Retry {

  private final RetryPolicy policy;
  private final boolean repeatable;
  private final RetryBudget budget;
  private final RetryObserver observer;
  private final Duration elapsedBefore;

  RetryLoop(
      RetryPolicy policy,
      boolean repeatable,
      RetryBudget budget,
      RetryObserver observer,
      Duration elapsedBefore) {
    this.policy = policy;
    this.repeatable = repeatable;
    this.budget = budget;
    this.observer = observer;
    this.elapsedBefore = elapsedBefore;
  }

  @Override
  public Publisher<?> generateCompanion(Flux<RetrySignal> failures) {
    return Flux.defer(
        () -> {
          RetryState subscription = new RetryState(Schedulers.parallel());
          return failures
              .map(RetrySignal::failure)
              .concatMap(subscription::onFailure, 1)
              .doOnCancel(subscription::onCompanionCancelled);
        });
  }

  /** The state of one subscription to the retried publisher. Its signals are serialised. */
  private final class RetryState {

    /** Differs from what a delay emits. */
    private static final long STOPPED = -1;

    private final Scheduler scheduler;
    private final long startNanos;
    private final List<Attempt> history = new ArrayList<>(2);
    private final Map<Category, Integer> occurrences = new EnumMap<>(Category.class);
    private Delivery delivery = Delivery.NOT_SENT;
    private int failures;
    private int withdrawn;
    private @Nullable EcsException previous;
    private volatile boolean delaying;
    private volatile boolean stopped;

    RetryState(Scheduler scheduler) {
      this.scheduler = scheduler;
      this.startNanos = scheduler.now(TimeUnit.NANOSECONDS);
    }

    Mono<Long> onFailure(Throwable failure) {
      if (!(failure instanceof EcsException error)) {
        stopped = true;
        return Mono.error(failure);
      }
      Duration elapsed = elapsedBefore.plusNanos(scheduler.now(TimeUnit.NANOSECONDS) - startNanos);
      Decision decision = withinBudget(policy.decide(recordFailure(error, elapsed)));
      history.add(attempt(error, elapsed, decision));
      delivery = delivery.or(error.delivery());
      return decision instanceof Decision.Retry retry
          ? retryAfterDelay(error, retry)
          : fail(error, (Decision.Stop) decision);
    }

    private Failure recordFailure(EcsException error, Duration elapsed) {
      ErrorCode effective = policy.effectiveCode(error.errorCode());
      Category category = effective.category();
      boolean reached = budget.hasSucceeded();
      failures += RetryDecisions.countsAsFailure(effective, error.delivery(), reached) ? 1 : 0;
      int occurrence = occurrences.merge(category, 1, Integer::sum);
      return new Failure(
          error.errorCode(),
          error.delivery(),
          repeatable,
          reached,
          failures,
          occurrence,
          elapsed,
          error.retryAfter(),
          ThreadLocalRandom.current().nextDouble());
    }

    private Decision withinBudget(Decision decision) {
      if (!(decision instanceof Decision.Retry retry) || !retry.spendsBudget()) {
        return decision;
      }
      if (!budget.tryWithdraw()) {
        return new Decision.Stop(Limit.RETRY_BUDGET, "the shared retry budget is spent");
      }
      withdrawn++;
      return decision;
    }

    private Attempt attempt(EcsException error, Duration elapsed, Decision decision) {
      return new Attempt(
          history.size() + 1,
          elapsed,
          error.errorCode(),
          error.httpStatus(),
          error.requestId(),
          error.delivery(),
          reaction(decision));
    }

    private Mono<Long> retryAfterDelay(EcsException error, Decision.Retry retry) {
      previous = error;
      observer.retrying(error, retry.remedy());
      if (retry.delay().isZero()) {
        return Mono.just(0L);
      }
      delaying = true;
      Mono<Long> delay = Mono.delay(retry.delay(), scheduler);
      Mono<Void> until = policy.stopRetryingWhen();
      Mono<Long> wait =
          until == null ? delay : Mono.firstWithSignal(until.thenReturn(STOPPED), delay);
      // State changes only after the race: the loser must have no effect.
      return wait.flatMap(tick -> tick == STOPPED ? stopDuringDelay(error) : afterDelay(tick));
    }

    private Mono<Long> afterDelay(long tick) {
      delaying = false;
      return Mono.just(tick);
    }

    private Mono<Long> stopDuringDelay(EcsException error) {
      Decision.Stop stop = new Decision.Stop(Limit.CALLER, "the caller stopped the call");
      Attempt planned = history.remove(history.size() - 1);
      history.add(attempt(error, planned.endedAfter(), stop));
      return fail(error, stop);
    }

    private Mono<Long> fail(EcsException error, Decision.Stop stop) {
      stopped = true;
      return Mono.error(
          terminalError(error, stop)
              .attempts(history.size())
              .delivery(delivery)
              .history(history)
              .build());
    }

    /**
     * An attempt that a limit ended says nothing about the cause: the error of the previous attempt
     * does.
     */
    private EcsException.Builder terminalError(EcsException error, Decision.Stop stop) {
      if (error.exhaustedLimit() != null && previous != null) {
        return previous.mutate().exhaustedLimit(error.exhaustedLimit());
      }
      return error
          .mutate()
          .exhaustedLimit(error.exhaustedLimit() != null ? error.exhaustedLimit() : stop.limit());
    }

    /**
     * The companion is cancelled when the retried publisher completes and when its subscriber
     * cancels. Only the observer can tell the two apart during an attempt.
     */
    void onCompanionCancelled() {
      if (!stopped && !delaying && observer.isSucceeded()) {
        budget.recordSuccess(withdrawn);
      }
    }

    private static String reaction(Decision decision) {
      if (decision instanceof Decision.Retry retry) {
        return switch (retry.remedy()) {
          case NONE -> "retried after " + retry.delay().toMillis() + " ms";
          case REFRESH_CREDENTIALS -> "retried with fresh credentials";
          case CORRECT_CLOCK -> "signed again with the service's time";
        };
      }
      return "failed: " + ((Decision.Stop) decision).reason();
    }
  }
}

package io.fleetstop.retry;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Attempt;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
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

/** Asks {@link RetryPolicy#decide} after each failure, and waits as it says. */
final class CodeAwareRetry extends Retry {

  private final RetryPolicy policy;
  private final boolean repeatable;
  private final RetryBudget budget;
  private final RetryObserver observer;
  private final Duration before;

  CodeAwareRetry(
      RetryPolicy policy,
      boolean repeatable,
      RetryBudget budget,
      RetryObserver observer,
      Duration before) {
    this.policy = policy;
    this.repeatable = repeatable;
    this.budget = budget;
    this.observer = observer;
    this.before = before;
  }

  @Override
  public Publisher<?> generateCompanion(Flux<RetrySignal> failures) {
    return Flux.defer(
        () -> {
          RetryState subscription = new RetryState(Schedulers.parallel());
          return failures
              .map(RetrySignal::failure)
              .concatMap(subscription::react, 1)
              .doOnCancel(subscription::ended);
        });
  }

  /** One subscription to the retried publisher. Its signals come one after another. */
  private final class RetryState {

    /** Other than what a delay emits. */
    private static final long CUT_SHORT = -1;

    private final Scheduler scheduler;
    private final long startNanos;
    private final List<Attempt> history = new ArrayList<>(2);
    private final Map<Category, Integer> occurrences = new EnumMap<>(Category.class);
    private Delivery delivery = Delivery.NOT_SENT;
    private int failures;
    private int withdrawn;
    private @Nullable EcsException last;
    private volatile boolean isWaiting;
    private volatile boolean isGivenUp;

    RetryState(Scheduler scheduler) {
      this.scheduler = scheduler;
      this.startNanos = scheduler.now(TimeUnit.NANOSECONDS);
    }

    Mono<Long> react(Throwable failure) {
      if (!(failure instanceof EcsException error)) {
        isGivenUp = true;
        return Mono.error(failure);
      }
      Duration elapsed = before.plusNanos(scheduler.now(TimeUnit.NANOSECONDS) - startNanos);
      Decision decision = withinBudget(policy.decide(describe(error, elapsed)));
      history.add(attempt(error, elapsed, decision));
      delivery = delivery.or(error.delivery());
      return decision instanceof Decision.Again again
          ? again(error, again)
          : giveUp(error, (Decision.Stop) decision);
    }

    private Failure describe(EcsException error, Duration elapsed) {
      Category category = policy.treat(error.errorCode()).category();
      failures += RetryPolicy.countsAsFailure(category) ? 1 : 0;
      int occurrence = occurrences.merge(category, 1, Integer::sum);
      return new Failure(
          error.errorCode(),
          error.delivery(),
          repeatable,
          failures,
          occurrence,
          elapsed,
          error.retryAfter(),
          ThreadLocalRandom.current().nextDouble());
    }

    private Decision withinBudget(Decision decision) {
      if (!(decision instanceof Decision.Again again) || !again.spendsBudget()) {
        return decision;
      }
      if (!budget.withdraw()) {
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
          inWords(decision));
    }

    private Mono<Long> again(EcsException error, Decision.Again again) {
      last = error;
      observer.retrying(error, again.cure());
      if (again.delay().isZero()) {
        return Mono.just(0L);
      }
      isWaiting = true;
      Mono<Long> delay = Mono.delay(again.delay(), scheduler);
      Mono<Void> until = policy.until();
      Mono<Long> wait =
          until == null ? delay : Mono.firstWithSignal(until.thenReturn(CUT_SHORT), delay);
      // Decided behind the race of both: what has lost it must have changed nothing.
      return wait.flatMap(tick -> tick == CUT_SHORT ? cutShort(error) : goOn(tick));
    }

    private Mono<Long> goOn(long tick) {
      isWaiting = false;
      return Mono.just(tick);
    }

    private Mono<Long> cutShort(EcsException error) {
      Decision.Stop stop = new Decision.Stop(Limit.CALLER, "the caller wants no further try");
      Attempt planned = history.remove(history.size() - 1);
      history.add(attempt(error, planned.endedAfter(), stop));
      return giveUp(error, stop);
    }

    private Mono<Long> giveUp(EcsException error, Decision.Stop stop) {
      isGivenUp = true;
      return Mono.error(
          conclusion(error, stop)
              .attempts(history.size())
              .delivery(delivery)
              .history(history)
              .build());
    }

    /**
     * A try that the deadline cut short says nothing about why the call could not be done: the
     * error before it does.
     */
    private EcsException.Builder conclusion(EcsException error, Decision.Stop stop) {
      if (error.endedBy() != null && last != null) {
        return last.mutate().endedBy(error.endedBy());
      }
      return error.mutate().endedBy(error.endedBy() != null ? error.endedBy() : stop.limit());
    }

    /**
     * The companion is cancelled when the retried publisher completes, and when its subscriber
     * leaves. Which of the two it was while a try was running, only the observer may know.
     */
    void ended() {
      if (!isGivenUp && !isWaiting && observer.isSucceeded()) {
        budget.succeeded(withdrawn);
      }
    }

    private static String inWords(Decision decision) {
      if (decision instanceof Decision.Again again) {
        return switch (again.cure()) {
          case NONE -> "tried again after " + again.delay().toMillis() + " ms";
          case REFRESH_CREDENTIALS -> "tried again with fresh credentials";
          case CORRECT_CLOCK -> "signed again by the service's clock";
        };
      }
      return "given up: " + ((Decision.Stop) decision).reason();
    }
  }
}

package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.util.RaceTestUtils;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConditionSignalTest {

  private static final int ROUNDS = 5_000;

  /** More threads than racers: two that wait for each other need one thread each. */
  private static final int RACE_THREADS = 16;

  private final ConditionSignal conditions = new ConditionSignal();
  private Scheduler threads = Schedulers.immediate();

  @BeforeAll
  void startThreads() {
    threads = Schedulers.newBoundedElastic(RACE_THREADS, 100, "race");
  }

  @AfterAll
  void stopThreads() {
    threads.dispose();
  }

  @Test
  void trueCondition_completesAtOnce() {
    AtomicInteger evaluations = new AtomicInteger();

    StepVerifier.create(conditions.until(() -> evaluations.incrementAndGet() > 0)).verifyComplete();

    conditions.signal();
    assertThat(evaluations).hasValue(1);
  }

  @Test
  void signal_evaluatesTheConditionAgain() {
    AtomicInteger evaluations = new AtomicInteger();
    AtomicBoolean completed = new AtomicBoolean();
    conditions
        .until(() -> evaluations.incrementAndGet() > 3)
        .subscribe(n -> {}, null, () -> completed.set(true));

    while (!completed.get()) {
      assertThat(evaluations.get()).isLessThan(4);
      conditions.signal();
    }

    conditions.signal();
    assertThat(evaluations).hasValue(4);
  }

  @Test
  void cancelledWaiter_isNotEvaluated() {
    AtomicInteger evaluations = new AtomicInteger();
    Disposable waiting = conditions.until(() -> evaluations.incrementAndGet() < 0).subscribe();
    int before = evaluations.get();

    waiting.dispose();
    conditions.signal();

    assertThat(evaluations).hasValue(before);
  }

  @Test
  void throwingCondition_failsTheWait() {
    StepVerifier.create(
            conditions.until(
                () -> {
                  throw new IllegalStateException("on purpose");
                }))
        .verifyErrorMessage("on purpose");
    assertThat(conditions.waiters()).isZero();
  }

  @Test
  void conditionThrowingOnSignal_failsTheWaitOnce() {
    AtomicBoolean throwing = new AtomicBoolean();
    AtomicInteger errors = new AtomicInteger();
    conditions
        .until(
            () -> {
              if (throwing.get()) {
                throw new IllegalStateException("on purpose");
              }
              return false;
            })
        .subscribe(nothing -> {}, error -> errors.incrementAndGet());
    throwing.set(true);
    conditions.signal();
    conditions.signal();

    assertThat(errors).hasValue(1);
    assertThat(conditions.waiters()).isZero();
  }

  @Test
  void signalDuringSubscribe_isNotMissed() {
    for (int round = 0; round < ROUNDS; round++) {
      AtomicBoolean holds = new AtomicBoolean();
      AtomicBoolean completed = new AtomicBoolean();
      RaceTestUtils.race(
          threads,
          () -> {
            holds.set(true);
            conditions.signal();
          },
          () -> conditions.until(holds::get).subscribe(n -> {}, null, () -> completed.set(true)));
      assertThat(completed).isTrue();
    }
  }

  @Test
  void consumingCondition_isTrueOncePerWaiter() {
    for (int round = 0; round < ROUNDS; round++) {
      AtomicLong left = new AtomicLong(1);
      AtomicInteger completions = new AtomicInteger();
      Disposable.Composite waiting = Disposables.composite();
      Runnable subscribe =
          () ->
              waiting.add(
                  conditions
                      .until(() -> left.getAndUpdate(now -> Math.max(0, now - 1)) > 0)
                      .subscribe(n -> {}, null, completions::incrementAndGet));
      RaceTestUtils.race(threads, subscribe, conditions::signal, conditions::signal);
      assertThat(completions).hasValue(1);
      left.set(5);
      conditions.signal();
      assertThat(left).hasValue(5);
      waiting.dispose();
    }
  }

  @Test
  void cancelDuringSignal_removesTheWaiter() {
    for (int round = 0; round < ROUNDS; round++) {
      AtomicBoolean holds = new AtomicBoolean();
      AtomicInteger completions = new AtomicInteger();
      Disposable waiting =
          conditions.until(holds::get).subscribe(n -> {}, null, completions::incrementAndGet);
      holds.set(true);
      RaceTestUtils.race(threads, conditions::signal, waiting::dispose);
      assertThat(completions.get()).isBetween(0, 1);
      assertThat(conditions.waiters()).isZero();
    }
  }

  @Test
  void throwingSubscriber_doesNotStopOtherWaiters() {
    AtomicBoolean holds = new AtomicBoolean();
    AtomicInteger completions = new AtomicInteger();
    conditions
        .until(holds::get)
        .subscribe(
            new CoreSubscriber<Void>() {
              @Override
              public void onSubscribe(Subscription subscription) {
                subscription.request(1);
              }

              @Override
              public void onNext(Void nothing) {}

              @Override
              public void onError(Throwable error) {}

              @Override
              public void onComplete() {
                throw new OutOfMemoryError("on purpose");
              }
            });
    conditions.until(holds::get).subscribe(n -> {}, null, completions::incrementAndGet);
    holds.set(true);

    assertThatThrownBy(conditions::signal).isInstanceOf(OutOfMemoryError.class);

    assertThat(completions).hasValue(1);
    assertThat(conditions.waiters()).isZero();
  }
}

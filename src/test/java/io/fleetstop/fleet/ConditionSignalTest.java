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

  /** Far more than race at once: two that wait for each other must not get one thread. */
  private static final int RACE_THREADS = 16;

  private final ConditionSignal news = new ConditionSignal();
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
  void whatHoldsAlreadyIsNotWaitedFor() {
    AtomicInteger asked = new AtomicInteger();

    StepVerifier.create(news.until(() -> asked.incrementAndGet() > 0)).verifyComplete();

    news.signal();
    assertThat(asked).hasValue(1);
  }

  @Test
  void itIsLookedAtAgainWithEachPieceOfNews() {
    AtomicInteger asked = new AtomicInteger();
    AtomicBoolean isOver = new AtomicBoolean();
    news.until(() -> asked.incrementAndGet() > 3).subscribe(n -> {}, null, () -> isOver.set(true));

    while (!isOver.get()) {
      assertThat(asked.get()).isLessThan(4);
      news.signal();
    }

    news.signal();
    assertThat(asked).hasValue(4);
  }

  @Test
  void whoHasLeftIsNotAskedAnyMore() {
    AtomicInteger asked = new AtomicInteger();
    Disposable waiting = news.until(() -> asked.incrementAndGet() < 0).subscribe();
    int before = asked.get();

    waiting.dispose();
    news.signal();

    assertThat(asked).hasValue(before);
  }

  @Test
  void aConditionThatThrowsEndsTheWait() {
    StepVerifier.create(
            news.until(
                () -> {
                  throw new IllegalStateException("on purpose");
                }))
        .verifyErrorMessage("on purpose");
    assertThat(news.waiters()).isZero();
  }

  @Test
  void aConditionThatThrowsLaterEndsTheWaitOnce() {
    AtomicBoolean isThrowing = new AtomicBoolean();
    AtomicInteger errors = new AtomicInteger();
    news.until(
            () -> {
              if (isThrowing.get()) {
                throw new IllegalStateException("on purpose");
              }
              return false;
            })
        .subscribe(nothing -> {}, error -> errors.incrementAndGet());
    isThrowing.set(true);
    news.signal();
    news.signal();

    assertThat(errors).hasValue(1);
    assertThat(news.waiters()).isZero();
  }

  @Test
  void newsThatComesWhileSomebodyArrivesIsNotMissed() {
    for (int round = 0; round < ROUNDS; round++) {
      AtomicBoolean holds = new AtomicBoolean();
      AtomicBoolean isOver = new AtomicBoolean();
      RaceTestUtils.race(
          threads,
          () -> {
            holds.set(true);
            news.signal();
          },
          () -> news.until(holds::get).subscribe(n -> {}, null, () -> isOver.set(true)));
      assertThat(isOver).isTrue();
    }
  }

  @Test
  void aConditionThatTakesIsMetOnceForEachWhoWaits() {
    for (int round = 0; round < ROUNDS; round++) {
      AtomicLong left = new AtomicLong(1);
      AtomicInteger over = new AtomicInteger();
      Disposable.Composite waiting = Disposables.composite();
      Runnable arrive =
          () ->
              waiting.add(
                  news.until(() -> left.getAndUpdate(now -> Math.max(0, now - 1)) > 0)
                      .subscribe(n -> {}, null, over::incrementAndGet));
      RaceTestUtils.race(threads, arrive, news::signal, news::signal);
      assertThat(over).hasValue(1);
      left.set(5);
      news.signal();
      assertThat(left).hasValue(5);
      waiting.dispose();
    }
  }

  @Test
  void whoLeavesWhileNewsSpreadsIsForgotten() {
    for (int round = 0; round < ROUNDS; round++) {
      AtomicBoolean holds = new AtomicBoolean();
      AtomicInteger over = new AtomicInteger();
      Disposable waiting = news.until(holds::get).subscribe(n -> {}, null, over::incrementAndGet);
      holds.set(true);
      RaceTestUtils.race(threads, news::signal, waiting::dispose);
      assertThat(over.get()).isBetween(0, 1);
      assertThat(news.waiters()).isZero();
    }
  }

  @Test
  void oneThatThrowsKeepsNobodyFromHearing() {
    AtomicBoolean holds = new AtomicBoolean();
    AtomicInteger over = new AtomicInteger();
    news.until(holds::get)
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
    news.until(holds::get).subscribe(n -> {}, null, over::incrementAndGet);
    holds.set(true);

    assertThatThrownBy(news::signal).isInstanceOf(OutOfMemoryError.class);

    assertThat(over).hasValue(1);
    assertThat(news.waiters()).isZero();
  }
}

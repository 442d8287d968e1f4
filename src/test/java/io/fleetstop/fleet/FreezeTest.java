package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.poll.AwaitOptions;
import io.fleetstop.poll.Freeze;
import io.fleetstop.poll.StateWaiter;
import io.fleetstop.poll.WaitResult;
import io.fleetstop.poll.WaitResult.Aborted;
import io.fleetstop.poll.WaitResult.Reached;
import io.fleetstop.poll.WaitResult.TimedOut;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/** Time limits that pass while the process does not run. */
class FreezeTest extends InstanceShutdownFixture {

  private static final AwaitOptions INTERVAL =
      AwaitOptions.builder().pollInterval(POLL).maxPollInterval(Duration.ofSeconds(10)).build();
  private static final Duration TIMEOUT = Duration.ofMinutes(1);

  private final Sinks.Empty<Void> aborted = Sinks.empty();
  private final List<WaitResult> results = new ArrayList<>();
  private Duration frozen = Duration.ZERO;

  /** The clock advances while the process is frozen, and its timers fire late. */
  private Scheduler scheduler() {
    Scheduler virtual = Schedulers.parallel();
    return new Scheduler() {
      @Override
      public Disposable schedule(Runnable task) {
        return virtual.schedule(task);
      }

      @Override
      public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
        return virtual.schedule(task, delay, unit);
      }

      @Override
      public Worker createWorker() {
        return virtual.createWorker();
      }

      @Override
      public long now(TimeUnit unit) {
        return virtual.now(unit) + unit.convert(frozen);
      }
    };
  }

  private void await() {
    Disposable unused =
        StateWaiter.create(
                client.poller(), INTERVAL, aborted.asMono(), Context.empty(), scheduler())
            .await(InstanceId.of(ID), state -> state == State.STOPPED, TIMEOUT)
            .subscribe(results::add);
  }

  @Test
  void aTimerThatFiresLate_meansFrozen() {
    long expected = Long.MAX_VALUE - 5;
    assertThat(Freeze.wasFrozen(expected, expected)).isFalse();
    assertThat(Freeze.wasFrozen(expected, expected - 1)).isFalse();
    // The monotonic time may overflow.
    assertThat(Freeze.wasFrozen(expected, expected + Freeze.TOLERANCE.toNanos() - 1)).isFalse();
    assertThat(Freeze.wasFrozen(expected, expected + Freeze.TOLERANCE.toNanos())).isTrue();
  }

  @Tag("guarantee:freeze")
  @Test
  void waitTimeoutWhileFrozen_theInstanceIsDescribedOnceMore() {
    shows("STOPPING");
    await();
    time.advanceTimeBy(TIMEOUT.minusMillis(1));
    frozen = Duration.ofHours(1);
    shows("STOPPED");
    int before = client.described.get();
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(results).isEmpty();
    time.advanceTimeBy(INTERVAL.maxPollInterval());

    assertThat(client.described.get()).isGreaterThan(before);
    assertThat(results).hasSize(1).first().isInstanceOf(Reached.class);
  }

  @Test
  void waitTimeoutWhileFrozen_withoutChange_endsAfterTwoPolls() {
    shows("STOPPING");
    await();
    time.advanceTimeBy(TIMEOUT.minusMillis(1));
    frozen = Duration.ofHours(1);
    time.advanceTimeBy(INTERVAL.maxPollInterval().multipliedBy(2));
    assertThat(results).isEmpty();
    time.advanceTimeBy(Duration.ofMillis(1));

    assertThat(results).containsExactly(new TimedOut(TIMEOUT, "STOPPING"));
  }

  @Test
  void extendedWait_isAbortedWithTheRun() {
    shows("STOPPING");
    await();
    time.advanceTimeBy(TIMEOUT.minusMillis(1));
    frozen = Duration.ofHours(1);
    time.advanceTimeBy(Duration.ofSeconds(1));
    aborted.tryEmitEmpty();

    assertThat(results).containsExactly(new Aborted("STOPPING"));
  }

  @Test
  void waitThatEndedBeforeTheTimer_staysEnded() {
    shows("STOPPED");
    await();
    time.advanceTimeBy(INTERVAL.maxPollInterval());
    frozen = Duration.ofHours(1);
    time.advanceTimeBy(TIMEOUT);

    assertThat(results).hasSize(1).first().isInstanceOf(Reached.class);
  }

  /** A call whose deadline was handled {@code late}. */
  private static Mono<StopInstance.Result> deadlineExceeded(Delivery delivery, Duration late) {
    return Mono.delay(DEADLINE.plus(late))
        .then(
            Mono.error(
                () ->
                    error(ClientErrors.DEADLINE_EXCEEDED, delivery)
                        .exhaustedLimit(Limit.DEADLINE)
                        .build()));
  }

  @Tag("guarantee:freeze")
  @ParameterizedTest
  @EnumSource(Delivery.class)
  void deadlineWhileFrozen_isCalledAgain(Delivery delivery) {
    answer(deadlineExceeded(delivery, Duration.ofHours(1)));
    answer(
        Mono.fromSupplier(
            () -> {
              shows("STOPPED");
              return new StopInstance.Result("req-ok", 1);
            }));
    shows("RUNNING");
    begin(false);
    time.advanceTimeBy(Duration.ofHours(2));

    assertThat(outcome()).isInstanceOf(Stopped.class);
    assertThat(outcome().stats().attempts()).isEqualTo(2);
  }

  @Test
  void deadlineWhileFrozen_eachTime_endsAfterFiveCalls() {
    answer(deadlineExceeded(Delivery.UNKNOWN, Duration.ofMinutes(1)));
    shows("RUNNING");
    begin(false);
    time.advanceTimeBy(Duration.ofHours(1));

    assertThat(outcome()).isInstanceOf(Unconfirmed.class);
    assertThat(outcome().stats().attempts()).isEqualTo(StopFacts.MAX_ROUNDS);
  }

  @Test
  void deadlineInTime_isTheLimit() {
    answer(deadlineExceeded(Delivery.NOT_SENT, Duration.ofMillis(999)));

    assertThat(stop()).isInstanceOf(Failed.class);
    assertThat(outcome().stats().attempts()).isEqualTo(1);
  }
}

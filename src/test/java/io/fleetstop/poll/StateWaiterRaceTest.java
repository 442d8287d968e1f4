package io.fleetstop.poll;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;
import reactor.util.context.Context;

/** A poll racing with subscription, cancellation and abort of its waits. */
class StateWaiterRaceTest {

  private static final int ROUNDS = 500;
  private static final Duration INTERVAL = Duration.ofSeconds(2);
  private static final Duration TIMEOUT = Duration.ofHours(1);
  private static final InstanceId FIRST = InstanceId.of("i-1");
  private static final InstanceId SECOND = InstanceId.of("i-2");

  private final ExecutorService executor = Executors.newFixedThreadPool(2);
  private final Scheduler threads = Schedulers.fromExecutor(executor);
  private final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
  private final StubService service = new StubService();
  private final List<WaitResult> results = new CopyOnWriteArrayList<>();

  @AfterEach
  void stopThreads() {
    executor.shutdownNow();
  }

  private StateWaiter waiter(Mono<Void> ended) {
    return StateWaiter.create(
        service.poller(),
        AwaitOptions.builder().pollInterval(INTERVAL).maxPollInterval(INTERVAL).build(),
        ended,
        Context.empty(),
        Schedulers.parallel());
  }

  private Disposable await(StateWaiter waiter, InstanceId id) {
    return waiter.await(id, state -> state == State.STOPPED, TIMEOUT).subscribe(results::add);
  }

  private void stopped(InstanceId... ids) {
    results.clear();
    for (InstanceId id : ids) {
      service.states.put(id.value(), "STOPPED");
    }
  }

  @Test
  void awaitAsLastOneCompletes_isPolled() {
    for (int round = 0; round < ROUNDS; round++) {
      StateWaiter waiter = waiter(Mono.never());
      stopped(FIRST, SECOND);
      await(waiter, FIRST);

      RaceTestUtils.race(threads, () -> time.advanceTimeBy(INTERVAL), () -> await(waiter, SECOND));
      time.advanceTimeBy(INTERVAL);

      assertThat(results)
          .as("round %d", round)
          .hasSize(2)
          .allMatch(WaitResult.Reached.class::isInstance);
    }
  }

  @Test
  void pollRacingAbort_emitsOneResult() {
    for (int round = 0; round < ROUNDS; round++) {
      Sinks.Empty<Void> end = Sinks.empty();
      StateWaiter waiter = waiter(end.asMono());
      stopped(FIRST);
      await(waiter, FIRST);

      RaceTestUtils.race(threads, () -> time.advanceTimeBy(INTERVAL), end::tryEmitEmpty);

      assertThat(results).as("round %d", round).hasSize(1);
    }
  }

  @Test
  void cancelDuringPoll_schedulesNoMorePolls() {
    for (int round = 0; round < ROUNDS; round++) {
      StateWaiter waiter = waiter(Mono.never());
      stopped(FIRST);
      Disposable waiting = await(waiter, FIRST);

      RaceTestUtils.race(threads, () -> time.advanceTimeBy(INTERVAL), waiting::dispose);
      int polls = service.described.get();
      time.advanceTimeBy(TIMEOUT.multipliedBy(2));

      assertThat(service.described).as("round %d", round).hasValue(polls);
    }
  }

  @Test
  void timeoutRacingNewWait_endsBoth() {
    for (int round = 0; round < ROUNDS; round++) {
      StateWaiter waiter = waiter(Mono.never());
      results.clear();
      service.states.clear();
      await(waiter, FIRST);

      RaceTestUtils.race(threads, () -> time.advanceTimeBy(TIMEOUT), () -> await(waiter, SECOND));
      time.advanceTimeBy(TIMEOUT);

      assertThat(results)
          .as("round %d", round)
          .hasSize(2)
          .allMatch(WaitResult.TimedOut.class::isInstance);
    }
  }

  @Test
  void timeoutRacingCancel_leavesNoTimer() {
    for (int round = 0; round < ROUNDS; round++) {
      StateWaiter waiter = waiter(Mono.never());
      results.clear();
      service.states.clear();
      Disposable waiting = await(waiter, FIRST);

      RaceTestUtils.race(threads, () -> time.advanceTimeBy(TIMEOUT), waiting::dispose);
      int polls = service.described.get();
      long timers = time.getScheduledTaskCount();
      time.advanceTimeBy(TIMEOUT.multipliedBy(2));

      assertThat(results.size()).as("round %d", round).isLessThanOrEqualTo(1);
      assertThat(service.described).as("round %d", round).hasValue(polls);
      assertThat(time.getScheduledTaskCount()).as("round %d", round).isEqualTo(timers);
    }
  }
}

package io.fleetstop.poll;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.WaitResult.Aborted;
import io.fleetstop.poll.WaitResult.NotFound;
import io.fleetstop.poll.WaitResult.Reached;
import io.fleetstop.poll.WaitResult.Reverted;
import io.fleetstop.poll.WaitResult.TimedOut;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.context.Context;

/** When the waiter polls, and when it sees, in virtual time. */
class StateWaiterTest {

  private static final AwaitOptions DEFAULT = AwaitOptions.defaults();
  private static final Duration TIMEOUT = Duration.ofHours(1);

  /** A change of status at a time. */
  private record Change(Duration at, String status) {}

  /** The result of a wait and its time. */
  private record Ending(WaitResult result, Duration at) {}

  /** A poll of one instance. */
  private record Poll(String id, Duration at) {}

  private final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
  private final StubService service = new StubService();
  private StateWaiter waiter =
      StateWaiter.create(
          service.poller(), DEFAULT, Mono.never(), Context.empty(), Schedulers.parallel());
  private final Map<String, List<Change>> changes = new HashMap<>();
  private final Map<String, Ending> endings = new HashMap<>();
  private final List<Poll> polls = new ArrayList<>();
  private RateLimiter limiter = RateLimiter.unlimited();
  private int concurrentCalls;
  private int maxConcurrentCalls;

  StateWaiterTest() {
    service.onDescribe =
        ids -> {
          Mono<List<Instance>> call = limiter.limit(Mono.fromSupplier(() -> describe(ids)));
          return call.doOnSubscribe(
                  s -> maxConcurrentCalls = Math.max(maxConcurrentCalls, ++concurrentCalls))
              .doOnTerminate(() -> concurrentCalls--)
              .doOnCancel(() -> concurrentCalls--)
              .flatMapMany(Flux::fromIterable);
        };
  }

  private List<Instance> describe(List<String> ids) {
    Duration now = now();
    ids.forEach(id -> polls.add(new Poll(id, now)));
    return ids.stream()
        .filter(id -> !status(id).isEmpty())
        .map(id -> StubService.instance(id, status(id)))
        .toList();
  }

  /** Empty for an instance that no longer exists. */
  private String status(String id) {
    String status = "STOPPING";
    for (Change change : changes.getOrDefault(id, List.of())) {
      status = change.at.compareTo(now()) <= 0 ? change.status : status;
    }
    return status;
  }

  private Duration now() {
    return Duration.ofNanos(time.now(TimeUnit.NANOSECONDS));
  }

  private Disposable await(String id, Change... changes) {
    return await(id, TIMEOUT, changes);
  }

  private Disposable await(String id, Duration timeout, Change... changes) {
    this.changes.put(id, List.of(changes));
    return waiter
        .await(InstanceId.of(id), state -> state == State.STOPPED, timeout)
        .subscribe(result -> endings.put(id, new Ending(result, now())));
  }

  private static Change after(double seconds, String status) {
    return new Change(Duration.ofMillis(Math.round(seconds * 1_000)), status);
  }

  private Ending ending(String id) {
    return Objects.requireNonNull(endings.get(id), id);
  }

  private void assertDetected(String id, Duration stopped, Duration latest) {
    assertThat(ending(id).result).as(id).isInstanceOf(Reached.class);
    assertThat(ending(id).at).as(id).isBetween(stopped, latest);
  }

  @Test
  void stopAfter30Seconds_isDetectedInFifteenPolls() {
    await("i-1", after(30, "STOPPED"));
    time.advanceTimeBy(Duration.ofMinutes(5));

    assertDetected("i-1", Duration.ofSeconds(30), Duration.ofSeconds(33));
    // Ten polls in the first twenty seconds, then fewer and fewer; none once it has stopped.
    assertThat(service.described).hasValue(15);
  }

  @Test
  void noPendingInstance_noTimer() {
    await("i-1", after(1, "STOPPED"));
    time.advanceTimeBy(Duration.ofSeconds(2));
    assertThat(ending("i-1").result).isInstanceOf(Reached.class);
    long armed = time.getScheduledTaskCount();
    time.advanceTimeBy(TIMEOUT);
    assertThat(time.getScheduledTaskCount()).isEqualTo(armed);
    assertThat(service.described).hasValue(1);

    await("i-2", after(0, "STOPPED"));
    time.advanceTimeBy(Duration.ofSeconds(2));
    assertThat(ending("i-2").result).isInstanceOf(Reached.class);
  }

  @Test
  void thousandStops_areDetectedInTimeAtFourCallsPerSecond() {
    limiter = RateLimiter.tokenBucket(4, 10);
    for (int i = 0; i < 1_000; i++) {
      await("i-" + i, after(0.6 * i, "STOPPED"));
    }
    time.advanceTimeBy(Duration.ofMinutes(12));

    assertThat(endings).hasSize(1_000);
    for (int i = 0; i < 1_000; i++) {
      Duration stopped = Duration.ofMillis(600L * i);
      // The interval at its age, and the queue of ten calls.
      Duration latest =
          stopped
              .plus(DEFAULT.intervalAfter(stopped))
              .plus(DEFAULT.intervalAfter(stopped).dividedBy(10));
      assertDetected("i-" + i, stopped, latest.plusMillis(2_500));
    }
    // Polling every two seconds would take two thousand calls.
    assertThat(service.described.get()).isBetween(100, 400);
    assertThat(maxConcurrentCalls).isLessThanOrEqualTo(InstancePoller.MAX_CONCURRENT);
  }

  @Test
  void mixedAges_detectedInTimeWithFewPolls() {
    limiter = RateLimiter.tokenBucket(4, 10);
    Random random = new Random(20261123);
    Map<String, Duration> began = new HashMap<>();
    Map<String, Duration> stopped = new HashMap<>();
    for (int i = 0; i < 1_500; i++) {
      String id = "i-" + i;
      double age = random.nextInt(10) == 0 ? random.nextInt(900) : 10 + random.nextInt(50);
      began.put(id, now());
      stopped.put(id, now().plusMillis(Math.round(age * 1_000)));
      await(id, after(now().toMillis() / 1_000.0 + age, "STOPPED"));
      time.advanceTimeBy(Duration.ofMillis(200));
    }
    time.advanceTimeBy(Duration.ofMinutes(20));

    assertThat(endings).hasSize(1_500);
    stopped.forEach(
        (id, at) -> {
          Duration age = at.minus(began.get(id));
          assertDetected(
              id,
              at,
              at.plus(DEFAULT.intervalAfter(age.multipliedBy(11).dividedBy(10))).plusSeconds(2));
        });
    assertThat(maxConcurrentCalls).isLessThanOrEqualTo(InstancePoller.MAX_CONCURRENT);
    assertThat(service.described.get()).isLessThan(1_000);
  }

  @Test
  void moreDueThanCalls_arePolledRoundRobin() {
    limiter = RateLimiter.tokenBucket(4, 1);
    for (int i = 0; i < 1_000; i++) {
      await("i-" + i);
    }
    time.advanceTimeBy(Duration.ofSeconds(18));

    Map<String, Duration> last = new HashMap<>();
    polls.forEach(
        poll -> {
          Duration before = last.put(poll.id, poll.at);
          if (before != null) {
            assertThat(poll.at.minus(before)).as(poll.id).isEqualTo(Duration.ofMillis(2_500));
          }
        });
    assertThat(last).hasSize(1_000);
    assertThat(maxConcurrentCalls).isLessThanOrEqualTo(InstancePoller.MAX_CONCURRENT);
  }

  @Test
  void similarAges_shareOneCall() {
    for (int i = 0; i < 20; i++) {
      await("i-" + i);
      time.advanceTimeBy(Duration.ofMillis(500));
    }
    time.advanceTimeBy(Duration.ofMinutes(10));
    int before = service.described.get();
    time.advanceTimeBy(Duration.ofMinutes(10));

    // Twenty instances, two polls a minute, and one call for them all.
    assertThat(service.described.get() - before).isBetween(19, 21);
  }

  @Test
  void lateDisappearance_isNotFoundWithin40Seconds() {
    await("i-1", after(600, ""));
    time.advanceTimeBy(Duration.ofMinutes(12));

    assertThat(ending("i-1").result).isInstanceOf(NotFound.class);
    assertThat(ending("i-1").at).isBetween(Duration.ofSeconds(604), Duration.ofSeconds(640));
  }

  @Test
  void missingForAMoment_doesNotEndTheWait() {
    await("i-1", after(60, ""), after(66, "STOPPED"));
    time.advanceTimeBy(Duration.ofMinutes(2));

    assertDetected("i-1", Duration.ofSeconds(66), Duration.ofSeconds(70));
  }

  @Test
  void startedAgain_isReported() {
    await("i-1", after(40, "STARTING"), after(50, "RUNNING"));
    time.advanceTimeBy(Duration.ofMinutes(2));

    assertThat(ending("i-1").result).isEqualTo(new Reverted("STARTING"));
    // Reported at the third such poll: a single one may be a stale read.
    assertThat(ending("i-1").at).isLessThan(Duration.ofSeconds(50));
  }

  @Test
  void statusChange_resetsThePollInterval() {
    await("i-1", after(0, "RUNNING"), after(600, "STOPPING"), after(632, "STOPPED"));
    time.advanceTimeBy(Duration.ofMinutes(12));

    // Polled as STOPPING at 630 s at the latest, and then every other second.
    assertDetected("i-1", Duration.ofSeconds(632), Duration.ofSeconds(634));
  }

  @Test
  void timeout_endsThePolling() {
    await("i-1", Duration.ofSeconds(25));
    time.advanceTimeBy(Duration.ofMinutes(2));

    assertThat(ending("i-1").result).isEqualTo(new TimedOut(Duration.ofSeconds(25), "STOPPING"));
    assertThat(ending("i-1").at).isEqualTo(Duration.ofSeconds(25));
    assertThat(polls).allMatch(poll -> poll.at.compareTo(Duration.ofSeconds(25)) <= 0);
  }

  @Test
  void timeouts_endInTheirOrderWhilePollsHang() {
    service.onDescribe = ids -> Flux.never();
    for (int i = 0; i < 10; i++) {
      await("i-" + i, Duration.ofSeconds(60 - i));
    }
    time.advanceTimeBy(Duration.ofMinutes(2));

    for (int i = 0; i < 10; i++) {
      Duration timeout = Duration.ofSeconds(60 - i);
      assertThat(ending("i-" + i)).isEqualTo(new Ending(new TimedOut(timeout, null), timeout));
    }
  }

  @Test
  void waits_shareOneTimer() {
    service.onDescribe = ids -> Flux.never();
    List<Disposable> waiting = new ArrayList<>();
    long before = time.getScheduledTaskCount();
    for (int i = 0; i < 100; i++) {
      waiting.add(await("i-" + i));
    }
    // The other one is that of the poller.
    assertThat(time.getScheduledTaskCount() - before).isLessThanOrEqualTo(2);

    waiting.forEach(Disposable::dispose);
    time.advanceTimeBy(TIMEOUT.multipliedBy(2));
    assertThat(endings).isEmpty();
  }

  @Test
  void abort_endsAllWaitsAndLaterOnes() {
    Sinks.Empty<Void> end = Sinks.empty();
    waiter =
        StateWaiter.create(
            service.poller(), DEFAULT, end.asMono(), Context.empty(), Schedulers.parallel());
    await("i-1");
    await("i-2");
    time.advanceTimeBy(Duration.ofSeconds(2));
    end.tryEmitEmpty();
    await("i-3");
    time.advanceTimeBy(TIMEOUT.multipliedBy(2));

    Duration now = Duration.ofSeconds(2);
    assertThat(ending("i-1")).isEqualTo(new Ending(new Aborted("STOPPING"), now));
    assertThat(ending("i-2")).isEqualTo(new Ending(new Aborted("STOPPING"), now));
    assertThat(ending("i-3")).isEqualTo(new Ending(new Aborted(null), now));
    assertThat(service.described).hasValue(1);
  }

  @Test
  void failedPoll_isRepeated() {
    service.onDescribe =
        ids ->
            now().compareTo(Duration.ofSeconds(9)) < 0
                ? Flux.error(
                    EcsException.builder(EcsErrors.INTERNAL_ERROR, Delivery.UNKNOWN).build())
                : Flux.fromIterable(describe(ids));
    await("i-1", after(0, "STOPPED"));
    time.advanceTimeBy(Duration.ofSeconds(10));

    assertThat(ending("i-1").result).isInstanceOf(Reached.class);
    assertThat(service.described).hasValue(5);
  }

  @Test
  void cancelledWait_isPolledNoMore() {
    Disposable waiting = await("i-1");
    time.advanceTimeBy(Duration.ofSeconds(3));
    waiting.dispose();
    time.advanceTimeBy(Duration.ofMinutes(2));

    assertThat(polls).hasSize(1);
  }

  @Test
  void lessThanHalfAnInterval_isNotAddedToTheCall() {
    await("i-1");
    time.advanceTimeBy(Duration.ofMillis(1_500));
    await("i-2");
    time.advanceTimeBy(Duration.ofMillis(600));

    assertThat(polls).extracting(Poll::id).containsExactly("i-1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"InvalidInstance.NotFound", "InvalidArgument"})
  void rejectedId_hidesNoOtherInstance(String code) {
    EcsException refused =
        EcsException.builder(ErrorCode.classify(code, null, 404), Delivery.REJECTED).build();
    service.onDescribe =
        ids ->
            ids.contains("i-bad")
                ? Flux.error(refused)
                : Flux.fromIterable(ids).map(id -> StubService.instance(id, "STOPPED"));
    await("i-1");
    await("i-bad");
    await("i-3");
    time.advanceTimeBy(Duration.ofSeconds(5));

    assertThat(endings.get("i-1")).isNotNull();
    assertThat(endings.get("i-3")).isNotNull();
  }
}

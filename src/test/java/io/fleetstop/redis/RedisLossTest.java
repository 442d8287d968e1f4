package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.testkit.SimulatorAssert;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** A Redis that loses its last writes, by a failover or a power failure. */
@Tag("long")
class RedisLossTest {

  private static final int FLEET = 60;

  @SuppressWarnings("NullAway.Init")
  private static TestRedis redis;

  @BeforeAll
  static void startRedis() {
    redis = TestRedis.start();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  /** Starts workers that end by themselves, and collects what they emit. */
  private static List<ShutdownOutcome> start(DamagedRun run, int workers, List<Disposable> ends) {
    List<ShutdownOutcome> found = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < workers; i++) {
      ends.add(run.worker(120.0 / workers).outcomes().subscribe(found::add, error -> {}));
    }
    return found;
  }

  private static void assertEndsWithOneOutcomeEach(DamagedRun run, List<Disposable> ends) {
    DamagedRun.await(() -> ends.stream().allMatch(Disposable::isDisposed));
    assertThat(ends).allMatch(Disposable::isDisposed);
    assertThat(run.recorded()).containsExactlyInAnyOrderElementsOf(run.service.ids());
    SimulatorAssert.assertThatService(run.service).stoppedOnceEach(run.service.ids());
    SharedRunStatus status = run.status();
    assertThat(status.isDone()).isTrue();
    assertThat(status.open()).isZero();
    assertThat(status.outcomes()).containsEntry(Kind.STOPPED, (long) FLEET);
  }

  @ParameterizedTest(name = "{0} workers, set back from {2} to {1} calls")
  @CsvSource({"1, 0, 20", "1, 10, 35", "1, 30, 59", "1, 20, 60", "3, 5, 25", "3, 20, 60"})
  void lostWrites_areRepairedByTheWorkers(int workers, int from, int to, TestInfo test) {
    try (DamagedRun run = new DamagedRun(redis, test.getDisplayName(), FLEET)) {
      List<Disposable> ends = new ArrayList<>();
      if (from == 0) {
        run.save();
      }
      List<ShutdownOutcome> found = start(run, workers, ends);
      run.awaitEffects(from);
      if (from > 0) {
        run.save();
      }
      run.awaitEffects(to);
      run.setBack();

      assertEndsWithOneOutcomeEach(run, ends);
      if (workers == 1) {
        assertThat(found.stream().map(outcome -> outcome.instanceId().value()).toList())
            .containsExactlyInAnyOrderElementsOf(run.service.ids());
        assertThat(run.service.ledger().calls("StopInstance")).isEqualTo(FLEET);
      }
    }
  }

  /** Repeatedly, as a pair of servers that do not agree. */
  @Test
  void repeatedLosses_areRepaired(TestInfo test) {
    try (DamagedRun run = new DamagedRun(redis, test.getDisplayName(), FLEET)) {
      List<Disposable> ends = new ArrayList<>();
      start(run, 2, ends);
      for (int effects = 5; effects <= 45; effects += 10) {
        run.awaitEffects(effects);
        run.save();
        run.awaitEffects(effects + 8);
        run.setBack();
      }
      assertEndsWithOneOutcomeEach(run, ends);
    }
  }

  /** More was lost than a worker remembers: an old outcome, whose instance is queued again. */
  @Test
  void instanceThatIsHandedOutAgain_isProcessedAgain(TestInfo test) {
    try (DamagedRun run = new DamagedRun(redis, test.getDisplayName(), FLEET)) {
      List<Disposable> ends = new ArrayList<>();
      start(run, 1, ends);
      DamagedRun.await(() -> run.recorded().size() >= 10);
      run.change(
          """
          local first = redis.call('XRANGE', outcomes, '-', '+', 'COUNT', 1)[1]
          redis.call('XDEL', outcomes, first[1])
          redis.call('LPUSH', todo, string.match(first[2][2], '^%a([^\\t]*)'))
          redis.call('HINCRBY', head, 'taken', -1)
          redis.call('HINCRBY', head, 'STOPPED', -1)
          """);
      DamagedRun.await(() -> ends.get(0).isDisposed());
      assertThat(ends.get(0).isDisposed()).isTrue();
      assertThat(run.recorded()).containsExactlyInAnyOrderElementsOf(run.service.ids());
      assertThat(run.service.ledger().effects()).isEqualTo(FLEET);
    }
  }

  /** What was lost is not asked for again and again. */
  @Test
  void workerWithoutRegistration_sendsFewCommands(TestInfo test) {
    try (DamagedRun run =
        new DamagedRun(redis, test.getDisplayName(), FLEET, Duration.ofSeconds(2))) {
      List<Disposable> ends = new ArrayList<>();
      start(run, 1, ends);
      run.awaitEffects(30);
      long before = redis.scriptCalls();
      Flux.interval(Duration.ofMillis(20), Schedulers.boundedElastic())
          .take(50)
          .doOnNext(tick -> run.change("redis.call('DEL', workers)"))
          .blockLast(DamagedRun.LIMIT);
      assertThat(redis.scriptCalls() - before).isLessThan(50 + 60);
      ends.forEach(Disposable::dispose);
    }
  }
}

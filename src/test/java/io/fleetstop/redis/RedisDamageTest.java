package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.testkit.SimulatorAssert;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Keys of a run that something else has changed: the run is repaired, or ends with an error. */
@Tag("long")
class RedisDamageTest {

  private static final int FLEET = 40;

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

  /** The workers have all that is missing in their memory. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis.call('DEL', workers)",
        "redis.call('DEL', open)",
        "redis.call('DEL', replies)",
        "redis.call('DEL', workers, replies, open)",
        "redis.call('HSET', replies, redis.call('ZRANGE', workers, 0, 0)[1], 'garbage')"
      })
  void damageThatTheWorkersKnowBetter_isRepaired(String damage, TestInfo test) {
    try (DamagedRun run = new DamagedRun(redis, test.getDisplayName(), FLEET)) {
      List<ShutdownOutcome> found = new ArrayList<>();
      Disposable end = run.worker(80).outcomes().subscribe(found::add, error -> {});
      run.awaitEffects(FLEET / 2);
      run.change(damage);

      DamagedRun.await(end::isDisposed);
      assertThat(end.isDisposed()).isTrue();
      assertThat(run.recorded()).containsExactlyInAnyOrderElementsOf(run.service.ids());
      assertThat(found).hasSize(FLEET);
      SimulatorAssert.assertThatService(run.service).stoppedOnceEach(run.service.ids());
    }
  }

  /** The owner has ended, and its lease is not there to expire. */
  @ParameterizedTest
  @ValueSource(strings = {"1t", "1c", "0c", "0t", "x"})
  void openInstanceOfNoWorker_isTakenOver(String owner, TestInfo test) {
    try (DamagedRun run = new DamagedRun(redis, test.getDisplayName(), FLEET)) {
      run.change(
          "redis.call('HSET', open, redis.call('LPOP', todo), '"
              + owner
              + "') redis.call('HINCRBY', head, 'taken', 1)");
      assertThat(run.worker(200).outcomes().count().block(DamagedRun.LIMIT)).isEqualTo(FLEET);
      assertThat(run.recorded()).containsExactlyInAnyOrderElementsOf(run.service.ids());
    }
  }

  /** Each would be a success, an endless run, or a stack trace. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "redis.call('DEL', todo) redis.call('HINCRBY', head, 'STOPPED', 20) | outcomes, and has recorded",
        "redis.call('HINCRBY', head, 'STOPPED', 1) | outcomes, and has recorded",
        "redis.call('DEL', todo) | neither queued nor open",
        "redis.call('HSET', head, 'total', 999) | was changed",
        "redis.call('HSET', head, 'total', 39) | was changed",
        "redis.call('LPUSH', todo, 'i-forged') | more instances",
        "redis.call('XADD', outcomes, '*', 'o', 'Si-forged') | outcomes, and has recorded",
        "redis.call('DEL', outcomes) | outcomes, and has recorded",
        "redis.call('XADD', outcomes, '18446744073709551615-18446744073709551615', 'o', 'S')"
            + " redis.call('HINCRBY', head, 'STOPPED', 1) redis.call('LPOP', todo) | changed them",
        "redis.call('DEL', open) redis.call('LPUSH', open, '1') | changed them",
        "redis.call('HSET', head, 'STOPPED', 'x') | changed them"
      })
  void damageBeyondRepair_endsTheRunWithAnError(String damage, String message, TestInfo test) {
    try (DamagedRun run = new DamagedRun(redis, test.getDisplayName(), 4 * FLEET)) {
      Mono<Void> end =
          run.worker(40)
              .outcomes()
              .publishOn(Schedulers.boundedElastic())
              .index()
              .doOnNext(
                  outcome -> {
                    if (outcome.getT1() == 5) {
                      run.change(damage);
                    }
                  })
              .then();
      assertThatThrownBy(() -> end.block(DamagedRun.LIMIT))
          .isInstanceOf(EcsException.class)
          .hasMessageContaining(message)
          .hasNoCause();
    }
  }

  /** As the run is found by a machine that comes later. */
  @Test
  void forgedEnd_isNoSuccess(TestInfo test) {
    try (DamagedRun run = new DamagedRun(redis, test.getDisplayName(), FLEET)) {
      run.change("redis.call('DEL', todo) redis.call('HSET', head, 'STOPPED', 40)");
      assertThat(run.status().isDone()).isFalse();
      Mono<Void> end = run.worker(80).outcomes().then();
      assertThatThrownBy(() -> end.block(DamagedRun.LIMIT))
          .hasMessageContaining("counts 40 outcomes, and has recorded 0")
          .hasMessageContaining("start a run with another id");
      assertThat(run.service.calls()).isZero();
    }
  }
}

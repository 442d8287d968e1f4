package io.fleetstop.simulated;

import static io.fleetstop.simulated.Simulated.PATIENCE;
import static io.fleetstop.simulated.Simulated.client;
import static io.fleetstop.simulated.Simulated.options;
import static io.fleetstop.simulated.Simulated.simulator;
import static io.fleetstop.simulated.Simulated.stop;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A wall clock that jumps back and forth during a run. */
class JumpingClockTest {

  private final EcsSimulator simulator = simulator().instances(1_000).startNow();
  private final AtomicLong readings = new AtomicLong();

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private List<ShutdownOutcome> stopWith(InstantSource clock, Duration stopTimeout) {
    EcsClient client = client(simulator).clock(clock).build();
    try {
      return stop(
          client,
          options()
              .awaitOptions(wait -> wait.timeout(stopTimeout))
              .failureLimit(FailureLimit.none())
              .build(),
          simulator.ids());
    } finally {
      client.closeAsync().block(PATIENCE);
    }
  }

  @Tag("guarantee:clock")
  @Test
  void occasionalClockJump_corrected() {
    // Three hours forward after a tenth of the fleet, and back before the last tenth: a call that
    // meets both jumps would be re-signed only once.
    InstantSource clock =
        () -> {
          long effects = simulator.ledger().effects();
          return Instant.now().plus(Duration.ofHours(effects >= 100 && effects < 900 ? 3 : 0));
        };

    assertThat(stopWith(clock, PATIENCE))
        .hasSize(1_000)
        .allSatisfy(
            outcome -> {
              assertThat(outcome).isInstanceOf(Stopped.class);
              // Deadlines and delays do not use the wall clock.
              assertThat(outcome.stats().elapsed()).isLessThan(PATIENCE);
            });
    assertThat(simulator.ledger().codes()).containsKey("InvalidTimestamp");
    assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
  }

  @Test
  void erraticClock_noWrongOutcome() {
    InstantSource clock =
        () -> Instant.now().plus(Duration.ofHours(readings.incrementAndGet() * 7 % 5 - 2));

    List<ShutdownOutcome> outcomes = stopWith(clock, Duration.ofSeconds(3));

    assertThat(outcomes).hasSize(1_000);
    for (ShutdownOutcome outcome : outcomes) {
      String id = outcome.instanceId().value();
      int effects = simulator.ledger().effects(id);
      assertThat(simulator.ledger().tokens(id)).hasSizeLessThanOrEqualTo(1);
      if (outcome instanceof Failed failed) {
        assertThat(failed.error().category()).isEqualTo(Category.CLOCK);
        assertThat(effects).as("%s", outcome).isZero();
      } else if (outcome instanceof Unconfirmed) {
        assertThat(effects).as("%s", outcome).isEqualTo(1);
      } else {
        assertThat(outcome).isInstanceOf(Stopped.class);
        assertThat(simulator.status(id)).isEqualTo("STOPPED");
      }
    }
  }
}

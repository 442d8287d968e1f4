package io.fleetstop.simulated;

import static io.fleetstop.simulated.Simulated.client;
import static io.fleetstop.simulated.Simulated.ids;
import static io.fleetstop.simulated.Simulated.options;
import static io.fleetstop.simulated.Simulated.patience;
import static io.fleetstop.simulated.Simulated.simulator;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.retry.Backoff;
import io.fleetstop.simulator.Condition;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.Ledger;
import io.fleetstop.simulator.Quota;
import io.fleetstop.simulator.RandomFaults;
import io.fleetstop.simulator.SimulatedInstance;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A large fleet with every kind of instance, compared with the ledger of the service. One seed, or
 * {@code -Dseeds=10}.
 */
@Tag("long")
class TenThousandTest {

  private static final Logger LOG = LoggerFactory.getLogger(TenThousandTest.class);

  private static final int FLEET = 10_000;
  private static final int PER_CENT = FLEET / 100;
  private static final int LOCKED_FOR_EVER = 5;
  private static final long FIRST_SEED = 20261123;

  /** Long enough that most instances are called, and rejected, before it ends. */
  private static final Duration PASSING = Duration.ofSeconds(10);

  private static final Duration AT_MOST = Duration.ofMinutes(4);

  /** A kind of instance, with its expected outcome. */
  private enum Kind {
    RUNNING(1),
    LOCKED(1),
    CREATING_IMAGE(1),
    STARTING(1),
    STOPPED(0),
    NOT_FOUND(EcsErrors.INVALID_INSTANCE_NOT_FOUND),
    FORBIDDEN(GatewayErrors.ACCESS_DENIED),
    LOCKED_FOR_EVER(EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED);

    private final int effects;

    @SuppressWarnings("ImmutableEnumChecker") // records of strings and numbers
    private final List<ErrorCode> failure;

    Kind(int effects) {
      this.effects = effects;
      this.failure = List.of();
    }

    Kind(ErrorCode failure) {
      this.effects = 0;
      this.failure = List.of(failure);
    }

    /**
     * Compares the reported outcome with the expected one.
     *
     * @param replyLost whether the reply to a call for the instance was lost
     */
    void assertOutcome(ShutdownOutcome outcome, boolean replyLost) {
      EcsException error = errorOf(outcome, replyLost);
      if (error != null) {
        assertThat(failure).as("%s %s", this, outcome).contains(error.errorCode());
        return;
      }
      assertThat(failure).as("%s %s", this, outcome).isEmpty();
      // After a lost reply the client cannot know that the instance was stopped before.
      assertThat(outcome)
          .as("%s", this)
          .isInstanceOf(this == STOPPED && !replyLost ? AlreadyStopped.class : Stopped.class);
    }

    /** An instance rejected after a lost reply may still be stopping, as far as a client knows. */
    private static @Nullable EcsException errorOf(ShutdownOutcome outcome, boolean replyLost) {
      if (outcome instanceof Unconfirmed unconfirmed && replyLost) {
        return unconfirmed.error();
      }
      return outcome instanceof Failed failed ? failed.error() : null;
    }
  }

  private final Map<String, Kind> fleet = new LinkedHashMap<>();
  private @Nullable EcsSimulator simulator;
  private @Nullable EcsClient client;

  static LongStream seeds() {
    return LongStream.range(FIRST_SEED, FIRST_SEED + Integer.getInteger("seeds", 1));
  }

  private static EcsClient connect(EcsSimulator simulator) {
    return client(simulator)
        // However slow the machine is, no reply but the lost ones is missed.
        .retryPolicy(
            patience()
                .attemptTimeout(Duration.ofSeconds(30))
                .deadline(Duration.ofSeconds(90))
                .build())
        .rateLimiters(
            RateLimiterRegistry.of(
                scope ->
                    scope.action().equals("StopInstance")
                        ? RateLimiter.adaptive(
                            AdaptiveOptions.builder().initialRate(1_000).ceiling(2_000).build())
                        : RateLimiter.tokenBucket(50, 10)))
        .build();
  }

  private EcsSimulator start(long seed) {
    EcsSimulator started =
        simulator()
            .seed(seed)
            .stopDelay(Duration.ofSeconds(1))
            .startDelay(PASSING)
            .quota("StopInstance", Quota.tokenBucket(500, 10))
            .faults(
                RandomFaults.builder()
                    .actions("StopInstance")
                    .fault(Fault.LOST_REPLY, 0.02)
                    .build())
            .startNow();
    List<Kind> kinds = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      int count =
          switch (kind) {
            case RUNNING -> FLEET - 6 * PER_CENT - LOCKED_FOR_EVER;
            case LOCKED_FOR_EVER -> LOCKED_FOR_EVER;
            default -> PER_CENT;
          };
      kinds.addAll(Collections.nCopies(count, kind));
    }
    Collections.shuffle(kinds, new Random(seed));
    for (int i = 0; i < FLEET; i++) {
      add(started, "i-" + i, kinds.get(i));
    }
    return started;
  }

  private void add(EcsSimulator started, String id, Kind kind) {
    fleet.put(id, kind);
    SimulatedInstance.Builder instance = SimulatedInstance.builder(id);
    switch (kind) {
      case RUNNING, LOCKED, CREATING_IMAGE, STARTING -> started.add(instance.build());
      case LOCKED_FOR_EVER -> started.add(instance.condition(Condition.LOCKED).build());
      case STOPPED -> started.add(instance.status("STOPPED").build());
      case FORBIDDEN -> {
        started.add(instance.build());
        started.failAlways(id, GatewayErrors.ACCESS_DENIED);
      }
      case NOT_FOUND -> {
        // No instance has this id.
      }
    }
  }

  /** Transient states begin with the run, however long the set-up of the fleet took. */
  private void beginWhatPasses(EcsSimulator simulator) {
    fleet.forEach(
        (id, kind) -> {
          switch (kind) {
            case LOCKED -> simulator.setCondition(id, Condition.LOCKED, PASSING);
            case CREATING_IMAGE -> simulator.setCondition(id, Condition.CREATING_IMAGE, PASSING);
            case STARTING -> simulator.setState(id, "STARTING");
            default -> {
              // Unchanged.
            }
          }
        });
  }

  @AfterEach
  void dispose() {
    if (client != null) {
      client.closeAsync().block(Simulated.PATIENCE);
    }
    if (simulator != null) {
      simulator.disposeLater().block(Simulated.PATIENCE);
    }
  }

  @Tag("guarantee:no-false-failure")
  @ParameterizedTest
  @MethodSource("seeds")
  @Timeout(300)
  void tenThousand_correctOutcomesAndOneStopEach(long seed) {
    EcsSimulator simulator = start(seed);
    EcsClient client = connect(simulator);
    this.simulator = simulator;
    this.client = client;
    ShutdownOptions options =
        options()
            .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(500)))
            .busyTimeout(Duration.ofSeconds(25))
            .busyBackoff(Backoff.fullJitter(Duration.ofSeconds(1), Duration.ofSeconds(4)))
            .awaitOptions(wait -> wait.timeout(Duration.ofMinutes(2)))
            .maxOpen(4_000)
            .failureLimit(FailureLimit.count(3 * PER_CENT))
            .build();
    List<ShutdownOutcome> outcomes =
        Objects.requireNonNull(
            FleetShutdown.create(client, options)
                .stop(ids(fleet.keySet()))
                .doFirst(() -> beginWhatPasses(simulator))
                .collectList()
                .block(AT_MOST));

    Ledger ledger = simulator.ledger();
    LOG.info("{} of seed {}", ledger, seed);
    Set<@Nullable String> unheard = new HashSet<>();
    for (Ledger.Call call : ledger.recent("StopInstance")) {
      if (call.fault() == Fault.LOST_REPLY) {
        unheard.add(call.instanceId());
      }
    }
    Set<String> emitted = new HashSet<>();
    for (ShutdownOutcome outcome : outcomes) {
      String id = outcome.instanceId().value();
      assertThat(emitted.add(id)).as("one outcome of %s", id).isTrue();
      kind(id).assertOutcome(outcome, unheard.contains(id));
    }
    assertThat(emitted).isEqualTo(fleet.keySet());
    fleet.forEach(
        (id, kind) -> {
          assertThat(ledger.effects(id)).as("effects on %s %s", kind, id).isEqualTo(kind.effects);
          assertThat(ledger.tokens(id)).as("tokens of %s", id).hasSizeLessThanOrEqualTo(1);
          if (kind.effects == 1) {
            assertThat(simulator.status(id)).as("%s %s", kind, id).isEqualTo("STOPPED");
          }
        });
    assertThatEverythingWasMet(ledger);
  }

  private Kind kind(String id) {
    return Objects.requireNonNull(fleet.get(id), id);
  }

  /** A run without faults would prove nothing. */
  private static void assertThatEverythingWasMet(Ledger ledger) {
    assertThat(ledger.faults(Fault.LOST_REPLY)).isGreaterThan(PER_CENT);
    assertThat(ledger.codes())
        .containsKeys(
            EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED.code(),
            EcsErrors.OPERATION_DENIED_INSTANCE_IS_CREATING_IMAGE.code(),
            EcsErrors.INVALID_INSTANCE_STATUS.code(),
            EcsErrors.INVALID_INSTANCE_NOT_FOUND.code(),
            GatewayErrors.ACCESS_DENIED.code(),
            GatewayErrors.FLOW_LIMIT_EXCEEDED.code());
  }
}

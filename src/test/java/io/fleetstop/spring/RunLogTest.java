package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.RunListener;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownRun;
import io.fleetstop.junit.CapturedStderr;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** The line that a run leaves in the log if it ends early. */
class RunLogTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static EcsSimulator simulator = EcsSimulator.builder().startNow();

  @BeforeAll
  static void start() {
    simulator.dispose();
    simulator = EcsSimulator.builder().instances(3).stopDelay(Duration.ofMillis(10)).startNow();
  }

  @AfterAll
  static void stop() {
    simulator.dispose();
  }

  private final CountDownLatch terminated = new CountDownLatch(1);

  private String logOf(Consumer<FleetShutdown> test, String... properties) {
    return CapturedStderr.during(
        () ->
            new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(FleetstopAutoConfiguration.class))
                .withPropertyValues(
                    "fleetstop.region=cn-beijing",
                    "fleetstop.endpoint=" + simulator.endpoint(),
                    "fleetstop.credentials.access-key-id=" + simulator.accessKeyId(),
                    "fleetstop.credentials.secret-access-key=" + simulator.secretAccessKey(),
                    "fleetstop.shutdown.poll-interval=50ms")
                .withPropertyValues(properties)
                .run(
                    context -> {
                      test.accept(context.getBean(FleetShutdown.class));
                      assertThat(terminated.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
                    }));
  }

  /** Stops instances; the line of a run is written before its subscriber's listener is notified. */
  private Flux<ShutdownOutcome> stop(FleetShutdown fleet, Flux<InstanceId> ids) {
    RunListener last =
        new RunListener() {
          @Override
          public void runTerminated(ShutdownRun run) {
            terminated.countDown();
          }
        };
    return fleet.stop(ids).contextWrite(context -> context.put(RunListener.CONTEXT_KEY, last));
  }

  private static Flux<InstanceId> ids() {
    return Flux.fromIterable(simulator.ids()).map(InstanceId::of);
  }

  @Test
  void rejectedCredentials_oneWarningHasReasonAndCounts() {
    String log =
        logOf(
            fleet ->
                StepVerifier.create(stop(fleet, ids()))
                    .thenConsumeWhile(outcome -> true)
                    .expectError()
                    .verify(PATIENCE),
            "fleetstop.credentials.secret-access-key=wrong",
            "fleetstop.shutdown.max-in-flight=1");

    assertThat(log.lines().filter(line -> line.contains(RunLog.LOGGER)))
        .singleElement()
        .asString()
        .contains("WARN", "A fleet run ended early with SignatureDoesNotMatch (", "FAILED 1")
        .contains("Ids without an outcome were not called; stop them in another run")
        .doesNotContain(simulator.accessKeyId());
  }

  @Test
  void drainedRun_oneLineHasCounts() {
    String log =
        logOf(
            fleet ->
                StepVerifier.create(stop(fleet, ids().take(1).concatWith(Flux.never())))
                    .expectNextCount(1)
                    .then(() -> fleet.drain().subscribe())
                    .expectComplete()
                    .verify(PATIENCE));

    assertThat(log.lines().filter(line -> line.contains(RunLog.LOGGER)))
        .singleElement()
        .asString()
        .contains("INFO", "A fleet run ended early: it was drained. Outcomes: STOPPED 1.");
  }

  @Test
  void errorOfTheIds_isNamedByItsTypeAlone() {
    String log =
        logOf(
            fleet ->
                StepVerifier.create(stop(fleet, Flux.error(new IllegalStateException("a secret"))))
                    .expectError(IllegalStateException.class)
                    .verify(PATIENCE));

    assertThat(log)
        .contains("A fleet run ended early with IllegalStateException. Outcomes: none.")
        .doesNotContain("a secret");
  }

  @Test
  void completedRun_leavesNoLine() {
    String log =
        logOf(
            fleet ->
                StepVerifier.create(stop(fleet, ids().skip(2)))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(PATIENCE));

    assertThat(log).doesNotContain(RunLog.LOGGER);
  }
}

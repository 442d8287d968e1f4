package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.core.publisher.Flux;

/** {@link FleetStart} beans: the default one, and one for each named client. */
class FleetStartBeanTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final EcsSimulator simulator =
      EcsSimulator.builder().instances(2).startDelay(Duration.ofMillis(10)).startNow();

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private ApplicationContextRunner runner() {
    return new ApplicationContextRunner()
        .withConfiguration(AutoConfigurations.of(FleetstopAutoConfiguration.class))
        .withPropertyValues(
            "fleetstop.region=cn-beijing",
            "fleetstop.endpoint=" + simulator.endpoint(),
            "fleetstop.credentials.access-key-id=" + simulator.accessKeyId(),
            "fleetstop.credentials.secret-access-key=" + simulator.secretAccessKey(),
            "fleetstop.shutdown.poll-interval=20ms",
            "fleetstop.shutdown.force-stop=true",
            "fleetstop.shutdown.batch-size=10",
            "fleetstop.clients.west.max-in-flight=2");
  }

  private JournaledRun stop(EcsClient client) {
    Path file = directory.resolve("run.jsonl");
    ShutdownJournal journal =
        Objects.requireNonNull(
            ShutdownJournal.create(file, ShutdownOptions.defaults()).block(PATIENCE));
    FleetShutdown.create(client, journal)
        .stop(Flux.fromIterable(simulator.ids()).map(InstanceId::of))
        .blockLast(PATIENCE);
    return Objects.requireNonNull(
        journal.disposeLater().then(JournaledRun.read(file)).block(PATIENCE));
  }

  private static List<Kind> kinds(FleetStart start, JournaledRun run) {
    return Objects.requireNonNull(
        start.start(run).map(ShutdownOutcome::kind).collectList().block(PATIENCE));
  }

  @Test
  void beans_startWhatARunStoppedAndAreDrainedWithTheContext() {
    runner()
        .run(
            context -> {
              FleetStart start = context.getBean(FleetStart.class);
              FleetStart west = context.getBean("westFleetStart", FleetStart.class);
              JournaledRun run = stop(context.getBean(EcsClient.class));

              ConfigurableApplicationContext application = context.getSourceApplicationContext();
              application.stop();
              assertThat(kinds(start, run)).isEmpty();
              assertThat(kinds(west, run)).isEmpty();

              application.start();
              assertThat(kinds(start, run)).containsExactly(Kind.STARTED, Kind.STARTED);
              assertThat(kinds(west, run)).containsOnly(Kind.ALREADY_RUNNING);
            });
  }

  @Test
  void ownBean_replacesTheDefault() {
    runner()
        .withBean(
            "own",
            FleetStart.class,
            () -> FleetStart.builder(EcsClient.create("cn-beijing")).build())
        .run(
            context ->
                assertThat(context.getBean(FleetStart.class)).isSameAs(context.getBean("own")));
  }
}

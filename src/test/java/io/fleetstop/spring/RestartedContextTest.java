package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** A context that is stopped and started again, as Spring's test framework does between classes. */
class RestartedContextTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @Test
  void contextStartsAgain_runsStopInstances() {
    EcsSimulator simulator = EcsSimulator.builder().instances(2).startNow();
    try {
      new ApplicationContextRunner()
          .withConfiguration(AutoConfigurations.of(FleetstopAutoConfiguration.class))
          .withPropertyValues(
              "fleetstop.region=cn-beijing",
              "fleetstop.endpoint=" + simulator.endpoint(),
              "fleetstop.credentials.access-key-id=" + simulator.accessKeyId(),
              "fleetstop.credentials.secret-access-key=" + simulator.secretAccessKey(),
              "fleetstop.shutdown.poll-interval=20ms",
              "fleetstop.clients.west.max-in-flight=2")
          .run(
              context -> {
                ConfigurableApplicationContext application = context.getSourceApplicationContext();
                application.stop();
                StepVerifier.create(outcomes(context.getBean(FleetShutdown.class), simulator, 0))
                    .expectComplete()
                    .verify(PATIENCE);

                application.start();

                assertStops(context.getBean(FleetShutdown.class), simulator, 0);
                assertStops(
                    context.getBean("westFleetShutdown", FleetShutdown.class), simulator, 1);
              });
    } finally {
      simulator.dispose();
    }
  }

  private static Flux<Kind> outcomes(FleetShutdown fleet, EcsSimulator simulator, int index) {
    return fleet
        .stop(Flux.just(InstanceId.of(simulator.ids().get(index))))
        .map(ShutdownOutcome::kind);
  }

  private static void assertStops(FleetShutdown fleet, EcsSimulator simulator, int index) {
    StepVerifier.create(outcomes(fleet, simulator, index))
        .assertNext(kind -> assertThat(kind).isEqualTo(Kind.STOPPED))
        .expectComplete()
        .verify(PATIENCE);
  }
}

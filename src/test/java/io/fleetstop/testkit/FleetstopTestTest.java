package io.fleetstop.testkit;

import static io.fleetstop.testkit.SimulatorAssert.assertThatService;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Import;
import org.springframework.stereotype.Component;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.TestContextManager;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/**
 * The test slice, by Spring's test context alone: its JUnit extension wants a newer JUnit than this
 * build has. The sample project uses the annotation as users do.
 */
class FleetstopTestTest {

  /** A test class of a user. */
  @FleetstopTest(properties = "fleetstop.max-in-flight=7")
  @ContextConfiguration(classes = Application.class)
  @Import(NightlyStop.class)
  static class UserTest {

    @Autowired private ApplicationContext context;
  }

  /** An application whose other parts must not start. */
  @SpringBootApplication
  static class Application {}

  @Component
  record NightlyStop(FleetShutdown fleet) {

    Flux<String> stop(List<String> ids) {
      return fleet
          .stop(Flux.fromIterable(ids).map(InstanceId::of))
          .map(outcome -> outcome.kind().name());
    }
  }

  @Test
  void slice_callsTheSimulator() throws Exception {
    TestContextManager manager = new TestContextManager(UserTest.class);
    UserTest test = new UserTest();
    manager.prepareTestInstance(test);
    try {
      EcsSimulator simulator = test.context.getBean(EcsSimulator.class);
      List<String> ids = simulator.ids().subList(0, 2);

      StepVerifier.create(test.context.getBean(NightlyStop.class).stop(ids))
          .expectNext("STOPPED", "STOPPED")
          .expectComplete()
          .verify(Duration.ofSeconds(20));

      assertThatService(simulator).stoppedOnly(ids);
      assertThat(simulator.ids()).hasSize(100);
      assertThat(test.context.getBean(EcsClient.class).gauges().maxInFlight()).isEqualTo(7);
      assertThat(test.context.containsBean("webHandler")).as("WebFlux is not started").isFalse();
    } finally {
      manager.getTestContext().markApplicationContextDirty(null);
    }
  }
}

package io.fleetstop.testkit;

import static io.fleetstop.testkit.SimulatorAssert.assertThatService;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.spring.EcsClientBuilderCustomizer;
import java.net.URI;
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

  /** A test class of an application with a client of another account. */
  @FleetstopTest(
      properties = {
        "fleetstop.clients.tenant.region=cn-shanghai",
        "fleetstop.clients.tenant.endpoint=https://127.0.0.1:1",
        "fleetstop.clients.tenant.credentials.profile=no-such-profile",
        "fleetstop.clients[other.one].credentials.access-key-id=AKLTother",
        "fleetstop.clients[other.one].credentials.secret-access-key=secret"
      })
  @ContextConfiguration(classes = Application.class)
  static class TenantTest {

    @Autowired private ApplicationContext context;
  }

  @Test
  void namedClients_callTheSimulatorToo() throws Exception {
    TestContextManager manager = new TestContextManager(TenantTest.class);
    TenantTest test = new TenantTest();
    manager.prepareTestInstance(test);
    try {
      EcsSimulator simulator = test.context.getBean(EcsSimulator.class);
      List<String> beans = List.of("tenantFleetShutdown", "other.oneFleetShutdown");
      for (int i = 0; i < beans.size(); i++) {
        FleetShutdown fleet = test.context.getBean(beans.get(i), FleetShutdown.class);
        StepVerifier.create(new NightlyStop(fleet).stop(List.of(simulator.ids().get(i))))
            .expectNext("STOPPED")
            .expectComplete()
            .verify(Duration.ofSeconds(20));
      }
      assertThatService(simulator).stoppedOnly(simulator.ids().subList(0, 2));
    } finally {
      manager.getTestContext().markApplicationContextDirty(null);
    }
  }

  /** A test class of an application that customizes its clients. */
  @FleetstopTest
  @ContextConfiguration(classes = Application.class)
  @Import(Elsewhere.class)
  static class CustomizedTest {

    @Autowired private ApplicationContext context;
  }

  @Component
  static final class Elsewhere implements EcsClientBuilderCustomizer {

    @Override
    public void customize(EcsClientBuilder builder) {
      builder.endpoint(URI.create("https://127.0.0.1:1"));
    }
  }

  @Test
  void customizedEndpoint_isNotCalled() throws Exception {
    TestContextManager manager = new TestContextManager(CustomizedTest.class);
    CustomizedTest test = new CustomizedTest();
    manager.prepareTestInstance(test);
    try {
      EcsSimulator simulator = test.context.getBean(EcsSimulator.class);
      FleetShutdown fleet = test.context.getBean(FleetShutdown.class);
      StepVerifier.create(new NightlyStop(fleet).stop(List.of(simulator.ids().get(0))))
          .expectNext("STOPPED")
          .expectComplete()
          .verify(Duration.ofSeconds(20));
    } finally {
      manager.getTestContext().markApplicationContextDirty(null);
    }
  }
}

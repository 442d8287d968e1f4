package io.fleetstop.testkit;

import static io.fleetstop.testkit.SimulatorAssert.assertThatService;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** The extension as a user registers it, and the assertions. */
class SimulatorExtensionTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @RegisterExtension
  static final SimulatorExtension SERVICE =
      SimulatorExtension.with(simulator -> simulator.instances(3));

  private static void stop(EcsClient client, String id) {
    StepVerifier.create(client.stopInstance(StopInstance.of(id)))
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void lostReply_instanceIsStoppedOnceByOneToken(EcsSimulator simulator, EcsClient client) {
    String id = simulator.ids().get(0);
    simulator.faultNext(id, Fault.LOST_REPLY, 1);

    StepVerifier.create(
            FleetShutdown.create(client, ShutdownOptions.defaults())
                .stop(Flux.just(InstanceId.of(id))))
        .assertNext(outcome -> assertThat(outcome.isSuccess()).isTrue())
        .expectComplete()
        .verify(PATIENCE);

    assertThatService(simulator)
        .stoppedOnly(Set.of(id))
        .receivedCalls("StopInstance", 2)
        .didNotReceiveStopOf(simulator.ids().get(1));
  }

  @Test
  void builder_isConnectedAndOpenForOptions(EcsClientBuilder builder, SimulatorAssert service) {
    EcsClient client = builder.maxInFlight(2).build();
    stop(client, "i-sim0000000002");
    client.close();

    assertThat(client.gauges().maxInFlight()).isEqualTo(2);
    service.stoppedOnceEach("i-sim0000000002");
  }

  @RepeatedTest(2)
  void eachTest_hasASimulatorOfItsOwn(EcsSimulator simulator, EcsClient client) {
    assertThat(simulator.ids()).hasSize(3);
    assertThatService(simulator).stoppedNothing();
    stop(client, simulator.ids().get(0));
  }

  @Test
  void failedAssertion_namesInstancesAndWhatArrived(EcsSimulator simulator, EcsClient client) {
    SimulatorAssert service = assertThatService(simulator);
    String id = simulator.ids().get(0);
    assertThatThrownBy(() -> service.stoppedOnceEach(simulator.ids()))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("each of 3 instances stopped once by one token")
        .hasMessageContaining(id + " was stopped 0 times with 0 tokens")
        .hasMessageContaining("Ledger[calls=0");

    stop(client, id);

    assertThatThrownBy(service::stoppedNothing).hasMessageContaining(id + " was stopped");
    assertThatThrownBy(() -> service.didNotReceiveStopOf(id))
        .hasMessageContaining(id + " had 1 calls");
    assertThatThrownBy(() -> service.receivedCalls("StopInstance", 2))
        .hasMessageContaining("2 calls of StopInstance. But 1 arrived");
  }

  @Test
  void twoTokensForAnInstance_areFound(EcsSimulator simulator, EcsClient client) {
    String id = simulator.ids().get(0);
    stop(client, id);
    StepVerifier.create(client.stopInstance(StopInstance.of(id))).expectError().verify(PATIENCE);

    assertThatThrownBy(() -> assertThatService(simulator).stoppedOnceEach(id))
        .hasMessageContaining("was stopped 1 times with 2 tokens");
  }
}

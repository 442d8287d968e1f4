package io.fleetstop.sample;

import static io.fleetstop.testkit.SimulatorAssert.assertThatService;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.testkit.FleetstopTest;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import reactor.core.publisher.Flux;

/** The test slice: fleetstop's beans and a simulated service, without the rest of the sample. */
@FleetstopTest
class NightlyStopTest {

  @Test
  void fleet_isStoppedOnceEach(@Autowired FleetShutdown fleet, @Autowired EcsSimulator service) {
    List<String> ids = service.ids().subList(0, 10);

    List<ShutdownOutcome> outcomes =
        fleet
            .stop(Flux.fromIterable(ids).map(InstanceId::of))
            .collectList()
            .block(Duration.ofSeconds(20));

    assertThat(outcomes).hasSize(10).allMatch(ShutdownOutcome::isSuccess);
    assertThatService(service).stoppedOnly(ids);
  }
}

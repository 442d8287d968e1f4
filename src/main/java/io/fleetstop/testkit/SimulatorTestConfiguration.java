package io.fleetstop.testkit;

import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.test.context.DynamicPropertyRegistrar;

/** The simulated service of {@link FleetstopTest}, and the properties that lead to it. */
@Configuration(proxyBeanMethods = false)
class SimulatorTestConfiguration {

  @Bean(destroyMethod = "dispose")
  EcsSimulator fleetstopSimulator(ObjectProvider<EcsSimulatorBuilder> builders) {
    return builders
        .getIfAvailable(() -> EcsSimulator.builder().instances(SimulatorExtension.INSTANCES))
        .startNow();
  }

  /** These come before all properties of the application, whose profile must not be used. */
  @Bean
  DynamicPropertyRegistrar fleetstopSimulatorProperties(EcsSimulator simulator) {
    return properties -> {
      properties.add("fleetstop.endpoint", simulator::endpoint);
      properties.add("fleetstop.credentials.access-key-id", simulator::accessKeyId);
      properties.add("fleetstop.credentials.secret-access-key", simulator::secretAccessKey);
      properties.add("fleetstop.credentials.session-token", () -> "");
      properties.add("fleetstop.credentials.profile", () -> "");
      properties.add("fleetstop.shutdown.poll-interval", () -> "20ms");
    };
  }
}

package io.fleetstop.testkit;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.spring.EcsClientBuilderCustomizer;
import java.util.Map;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.ResolvableType;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;
import org.springframework.test.context.DynamicPropertyRegistrar;
import org.springframework.test.context.DynamicPropertyRegistry;

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
  DynamicPropertyRegistrar fleetstopSimulatorProperties(
      EcsSimulator simulator, Environment environment) {
    return properties -> {
      properties.add("fleetstop.shutdown.poll-interval", () -> "20ms");
      register(properties, "fleetstop", simulator);
      clients(environment)
          .forEach(
              (name, client) -> {
                String prefix = "fleetstop.clients[" + name + "]";
                properties.add(prefix + ".endpoint", simulator::endpoint);
                if (client.containsKey("credentials")) {
                  register(properties, prefix, simulator);
                }
              });
    };
  }

  private static void register(
      DynamicPropertyRegistry properties, String prefix, EcsSimulator simulator) {
    properties.add(prefix + ".endpoint", simulator::endpoint);
    properties.add(prefix + ".credentials.access-key-id", simulator::accessKeyId);
    properties.add(prefix + ".credentials.secret-access-key", simulator::secretAccessKey);
    properties.add(prefix + ".credentials.session-token", () -> "");
    properties.add(prefix + ".credentials.profile", () -> "");
  }

  private static Map<String, Map<String, Object>> clients(Environment environment) {
    ResolvableType text = ResolvableType.forClass(String.class);
    ResolvableType client =
        ResolvableType.forClassWithGenerics(Map.class, String.class, Object.class);
    return Binder.get(environment)
        .bind(
            "fleetstop.clients",
            Bindable.<Map<String, Map<String, Object>>>of(
                ResolvableType.forClassWithGenerics(Map.class, text, client)))
        .orElse(Map.of());
  }

  /** The last of all customizers: none of the application may lead to the real service. */
  @Bean
  @Order(Ordered.LOWEST_PRECEDENCE)
  EcsClientBuilderCustomizer fleetstopSimulatorCustomizer(EcsSimulator simulator) {
    CredentialsProvider credentials =
        CredentialsProvider.fixed(
            Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey()));
    return builder -> builder.endpoint(simulator.endpoint()).credentials(credentials);
  }
}

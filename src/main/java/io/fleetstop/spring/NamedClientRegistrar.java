package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import java.util.Map;
import java.util.stream.Collectors;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.beans.factory.support.AutowireCandidateQualifier;
import org.springframework.beans.factory.support.BeanDefinitionRegistry;
import org.springframework.beans.factory.support.RootBeanDefinition;
import org.springframework.context.annotation.ImportBeanDefinitionRegistrar;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotationMetadata;

/**
 * Registers the beans of each client below {@code fleetstop.clients}: {@code westEcsClient} and
 * {@code westFleetShutdown} for a client named west, with its name as their qualifier. They are no
 * default candidates: an injection point without qualifier gets the client of {@code fleetstop}.
 */
final class NamedClientRegistrar implements ImportBeanDefinitionRegistrar {

  /** The bean whose methods create the beans. */
  static final String FACTORY = "fleetstopNamedClients";

  /** The name of the client that the properties of {@code fleetstop} itself configure. */
  static final String DEFAULT = "default";

  private static final String LIFECYCLE = "EcsClientLifecycle";

  private final Environment environment;

  NamedClientRegistrar(Environment environment) {
    this.environment = environment;
  }

  static String clientName(String name) {
    return name + "EcsClient";
  }

  static String lifecycleName(String name) {
    return name + LIFECYCLE;
  }

  /** Returns the lifecycles of all clients among {@code beans}, by the client's name. */
  static Map<String, EcsClientLifecycle> byName(Map<String, EcsClientLifecycle> beans) {
    return beans.entrySet().stream()
        .collect(Collectors.toMap(bean -> nameOf(bean.getKey()), Map.Entry::getValue));
  }

  private static String nameOf(String lifecycle) {
    return lifecycle.endsWith(LIFECYCLE)
        ? lifecycle.substring(0, lifecycle.length() - LIFECYCLE.length())
        : DEFAULT;
  }

  @Override
  public void registerBeanDefinitions(
      AnnotationMetadata importingClass, BeanDefinitionRegistry registry) {
    for (NamedClientProperties client : NamedClientProperties.all(environment)) {
      String name = client.name();
      register(registry, lifecycleName(name), EcsClientLifecycle.class, "lifecycle", name);
      register(registry, clientName(name), EcsClient.class, "client", name);
      register(registry, name + "FleetShutdown", FleetShutdown.class, "fleet", name);
      register(registry, name + "FleetStart", FleetStart.class, "fleetStart", name);
    }
  }

  private static void register(
      BeanDefinitionRegistry registry, String bean, Class<?> type, String method, String name) {
    RootBeanDefinition definition = new RootBeanDefinition();
    definition.setTargetType(type);
    definition.setFactoryBeanName(FACTORY);
    definition.setFactoryMethodName(method);
    definition.getConstructorArgumentValues().addIndexedArgumentValue(0, name);
    definition.addQualifier(new AutowireCandidateQualifier(Qualifier.class, name));
    definition.setDefaultCandidate(false);
    registry.registerBeanDefinition(bean, definition);
  }
}

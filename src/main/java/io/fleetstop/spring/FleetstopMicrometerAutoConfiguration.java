package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.micrometer.CallObservationConvention;
import io.fleetstop.micrometer.ClientMetrics;
import io.fleetstop.micrometer.FleetMetrics;
import io.fleetstop.micrometer.ObservationCallListener;
import io.fleetstop.micrometer.RateLimiterMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * Auto-configures observations and metrics. With an {@code ObservationRegistry}, the client's calls
 * are observed, named by the application's {@code CallObservationConvention} if there is one. With
 * a {@code MeterRegistry}, there are {@code fleetstopRateLimiterMetrics} and {@code
 * fleetstopClientMetrics}, which Spring Boot binds, and {@code fleetstopFleetMetrics}, which every
 * {@code FleetShutdown} bean notifies.
 */
@Conditional(JacksonCondition.class)
@AutoConfiguration(
    after = FleetstopAutoConfiguration.class,
    afterName = {
      "org.springframework.boot.actuate.autoconfigure.observation.ObservationAutoConfiguration",
      "org.springframework.boot.actuate.autoconfigure.metrics"
          + ".CompositeMeterRegistryAutoConfiguration",
      "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
      "org.springframework.boot.micrometer.metrics.autoconfigure"
          + ".CompositeMeterRegistryAutoConfiguration"
    })
public final class FleetstopMicrometerAutoConfiguration {

  /** Instantiated by Spring. */
  public FleetstopMicrometerAutoConfiguration() {}

  /** One observation per call. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ObservationRegistry.class)
  static class ObservationConfiguration {

    @Bean
    @ConditionalOnBean(ObservationRegistry.class)
    @ConditionalOnMissingBean
    ObservationCallListener fleetstopObservationCallListener(
        ObservationRegistry registry, ObjectProvider<CallObservationConvention> conventions) {
      CallObservationConvention convention = conventions.getIfUnique();
      return convention == null
          ? ObservationCallListener.of(registry)
          : ObservationCallListener.of(registry, convention);
    }
  }

  /** The binders and the counter of runs. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  static class MeterConfiguration {

    /** Tells clients apart; all have it, because some registries require equal keys. */
    private static final String CLIENT = "client";

    @Bean
    @ConditionalOnBean(MeterRegistry.class)
    @ConditionalOnSingleCandidate(RateLimiterRegistry.class)
    @ConditionalOnMissingBean
    RateLimiterMetrics fleetstopRateLimiterMetrics(RateLimiterRegistry limiters) {
      return new RateLimiterMetrics(limiters);
    }

    /** Only for the auto-configured client: another one may have no gauges. */
    @Bean
    @ConditionalOnBean({MeterRegistry.class, EcsClientLifecycle.class})
    @ConditionalOnMissingBean
    ClientMetrics fleetstopClientMetrics(EcsClient client) {
      return new ClientMetrics(client, Tags.of(CLIENT, NamedClientRegistrar.DEFAULT));
    }

    @Bean
    @ConditionalOnBean({MeterRegistry.class, NamedClients.class})
    MeterBinder fleetstopNamedClientMetrics(NamedClients clients, BeanFactory beans) {
      return registry -> clients.names().forEach(name -> bind(beans, name, registry));
    }

    private static void bind(BeanFactory beans, String name, MeterRegistry registry) {
      EcsClient client = beans.getBean(NamedClientRegistrar.clientName(name), EcsClient.class);
      new ClientMetrics(client, Tags.of(CLIENT, name)).bindTo(registry);
    }

    @Bean
    @ConditionalOnBean(MeterRegistry.class)
    @ConditionalOnMissingBean
    FleetMetrics fleetstopFleetMetrics(MeterRegistry registry) {
      return FleetMetrics.of(registry);
    }
  }
}

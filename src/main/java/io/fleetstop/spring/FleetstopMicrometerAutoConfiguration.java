package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.micrometer.CallObservationConvention;
import io.fleetstop.micrometer.ClientMetrics;
import io.fleetstop.micrometer.FleetMetrics;
import io.fleetstop.micrometer.ObservationCallListener;
import io.fleetstop.micrometer.RateLimiterMetrics;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Observes the client's calls where the application has an {@code ObservationRegistry}, by its
 * {@code CallObservationConvention} if there is one; and where it has a {@code MeterRegistry},
 * makes the meters {@code fleetstopRateLimiterMeters} and {@code fleetstopClientMeters}, which
 * Spring Boot binds, and {@code fleetstopFleetMeters}, which meters the runs it is handed.
 */
@AutoConfiguration(
    after = FleetstopAutoConfiguration.class,
    afterName = {
      "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
      "org.springframework.boot.micrometer.metrics.autoconfigure"
          + ".CompositeMeterRegistryAutoConfiguration"
    })
public final class FleetstopMicrometerAutoConfiguration {

  /** Made by Spring. */
  public FleetstopMicrometerAutoConfiguration() {}

  /** One observation for each call. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ObservationRegistry.class)
  static class ObservationConfiguration {

    @Bean
    @ConditionalOnBean(ObservationRegistry.class)
    @ConditionalOnMissingBean
    ObservationCallListener fleetstopObservedCalls(
        ObservationRegistry registry, ObjectProvider<CallObservationConvention> conventions) {
      CallObservationConvention convention = conventions.getIfUnique();
      return convention == null
          ? ObservationCallListener.of(registry)
          : ObservationCallListener.of(registry, convention);
    }
  }

  /** Live readings. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  static class MeterConfiguration {

    @Bean
    @ConditionalOnBean(MeterRegistry.class)
    @ConditionalOnSingleCandidate(RateLimiterRegistry.class)
    @ConditionalOnMissingBean
    RateLimiterMetrics fleetstopRateLimiterMeters(RateLimiterRegistry limiters) {
      return new RateLimiterMetrics(limiters);
    }

    /** For the client that is made here: others may not count. */
    @Bean
    @ConditionalOnBean({MeterRegistry.class, EcsClientLifecycle.class})
    @ConditionalOnMissingBean
    ClientMetrics fleetstopClientMeters(EcsClient client) {
      return new ClientMetrics(client);
    }

    @Bean
    @ConditionalOnBean(MeterRegistry.class)
    @ConditionalOnMissingBean
    FleetMetrics fleetstopFleetMeters(MeterRegistry registry) {
      return FleetMetrics.of(registry);
    }
  }
}

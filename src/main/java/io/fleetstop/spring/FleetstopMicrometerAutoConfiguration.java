package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.limit.RateLimiters;
import io.fleetstop.micrometer.CallObservationConvention;
import io.fleetstop.micrometer.ClientMeters;
import io.fleetstop.micrometer.FleetMeters;
import io.fleetstop.micrometer.ObservedCalls;
import io.fleetstop.micrometer.RateLimiterMeters;
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
    ObservedCalls fleetstopObservedCalls(
        ObservationRegistry registry, ObjectProvider<CallObservationConvention> conventions) {
      CallObservationConvention convention = conventions.getIfUnique();
      return convention == null
          ? ObservedCalls.of(registry)
          : ObservedCalls.of(registry, convention);
    }
  }

  /** Live readings. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  static class MeterConfiguration {

    @Bean
    @ConditionalOnBean(MeterRegistry.class)
    @ConditionalOnSingleCandidate(RateLimiters.class)
    @ConditionalOnMissingBean
    RateLimiterMeters fleetstopRateLimiterMeters(RateLimiters limiters) {
      return new RateLimiterMeters(limiters);
    }

    /** For the client that is made here: others may not count. */
    @Bean
    @ConditionalOnBean({MeterRegistry.class, ClientClosing.class})
    @ConditionalOnMissingBean
    ClientMeters fleetstopClientMeters(EcsClient client) {
      return new ClientMeters(client);
    }

    @Bean
    @ConditionalOnBean(MeterRegistry.class)
    @ConditionalOnMissingBean
    FleetMeters fleetstopFleetMeters(MeterRegistry registry) {
      return FleetMeters.of(registry);
    }
  }
}

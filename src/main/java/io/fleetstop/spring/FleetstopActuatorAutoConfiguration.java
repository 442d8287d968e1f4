package io.fleetstop.spring;

import io.fleetstop.credentials.CredentialsProvider;
import java.util.Map;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * Auto-configures the health indicator {@code fleetstop}, from Spring Boot 4.0 on, and a
 * contributor to the {@code info} endpoint, for the auto-configured client. Credentials are hidden
 * in all endpoints.
 */
@Conditional(JacksonCondition.class)
@AutoConfiguration(
    after = FleetstopAutoConfiguration.class,
    beforeName =
        "org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration")
public final class FleetstopActuatorAutoConfiguration {

  /** Instantiated by Spring. */
  public FleetstopActuatorAutoConfiguration() {}

  /** The health indicator, on an API that Spring Boot 3.5 does not have. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(ReactiveHealthIndicator.class)
  static class HealthConfiguration {

    @Bean
    @ConditionalOnEnabledHealthIndicator("fleetstop")
    @ConditionalOnBean(EcsClientLifecycle.class)
    @ConditionalOnMissingBean(name = "fleetstopHealthIndicator")
    ReactiveHealthIndicator fleetstopHealthIndicator(
        @Qualifier("fleetstopClientLifecycle") EcsClientLifecycle client,
        ListableBeanFactory beans,
        CredentialsProvider credentials,
        FleetstopProperties properties) {
      return new FleetstopHealthIndicator(
          client,
          NamedClientRegistrar.byName(beans.getBeansOfType(EcsClientLifecycle.class)),
          credentials,
          properties.health().resolveCredentials());
    }
  }

  /** Keeps credentials out of every endpoint that shows properties. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(SanitizingFunction.class)
  static class SanitizingConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = "fleetstopCredentialsSanitizer")
    SanitizingFunction fleetstopCredentialsSanitizer() {
      return new CredentialsSanitizer();
    }
  }

  /** The contributor to {@code info}. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(InfoContributor.class)
  static class InfoConfiguration {

    @Bean
    @ConditionalOnBean(EcsClientLifecycle.class)
    @ConditionalOnMissingBean(name = "fleetstopInfoContributor")
    InfoContributor fleetstopInfoContributor(
        FleetstopProperties properties, Environment environment) {
      String region = RegionLookup.require(environment);
      return builder ->
          builder.withDetail(
              "fleetstop",
              Map.of(
                  "region", region,
                  "endpoint", properties.endpointFor(region).toString(),
                  "account", properties.account(),
                  "stopInstanceRate", properties.pace().describe()));
    }
  }
}

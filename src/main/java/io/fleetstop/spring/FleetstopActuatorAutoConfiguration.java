package io.fleetstop.spring;

import io.fleetstop.credentials.CredentialsProvider;
import java.util.LinkedHashMap;
import java.util.Map;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;

/**
 * Auto-configures the health indicator {@code fleetstop}, from Spring Boot 4.0 on, and a
 * contributor to the {@code info} endpoint, for the auto-configured clients, the named ones
 * included. Credentials are hidden in all endpoints.
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
    @Conditional(HasClient.class)
    @ConditionalOnMissingBean(name = "fleetstopHealthIndicator")
    ReactiveHealthIndicator fleetstopHealthIndicator(
        ListableBeanFactory beans,
        CredentialsProvider credentials,
        FleetstopProperties properties) {
      return new FleetstopHealthIndicator(
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
    SanitizingFunction fleetstopCredentialsSanitizer(ConfigurableEnvironment environment) {
      return new CredentialsSanitizer(environment);
    }
  }

  /** The contributor to {@code info}. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(InfoContributor.class)
  static class InfoConfiguration {

    @Bean
    @Conditional(HasClient.class)
    @ConditionalOnMissingBean(name = "fleetstopInfoContributor")
    InfoContributor fleetstopInfoContributor(
        FleetstopProperties properties,
        NamedClients named,
        ObjectProvider<EcsClientLifecycle> client,
        Environment environment) {
      Map<String, Object> clients = new LinkedHashMap<>();
      if (client.getIfAvailable() != null) {
        clients.put(
            NamedClientRegistrar.DEFAULT, properties.info(RegionLookup.require(environment)));
      }
      clients.putAll(named.info());
      return builder -> builder.withDetail("fleetstop", Map.of("clients", clients));
    }
  }

  /** Matches if there is a client that fleetstop creates; the named ones are no candidates. */
  static final class HasClient extends AnyNestedCondition {

    HasClient() {
      super(ConfigurationPhase.REGISTER_BEAN);
    }

    @ConditionalOnBean(EcsClientLifecycle.class)
    static final class HasDefaultClient {}

    @Conditional(NamedClientProperties.Exist.class)
    static final class HasNamedClient {}
  }
}

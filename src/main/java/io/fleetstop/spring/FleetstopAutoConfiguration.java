package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.TransportOptions;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.ImportRuntimeHints;

/**
 * The client's beans, each of which backs off when the application has one of its type: {@code
 * fleetstopCredentialsProvider}, {@code fleetstopRateLimiters}, {@code fleetstopRetryPolicy} and,
 * where {@code fleetstop.region} is set, {@code ecsClient} and {@code fleetShutdown}.
 *
 * <p>The client uses the application's {@link HttpExchange}, if there is one, and tells every
 * {@link CallListener} bean of its calls. When the application stops, after its web server has, the
 * calls in flight may finish, for {@code fleetstop.close-timeout} at most; then the client is
 * closed. A client that the application made is the application's to close.
 */
@AutoConfiguration
@EnableConfigurationProperties(FleetstopProperties.class)
@ImportRuntimeHints(FleetstopRuntimeHints.class)
public final class FleetstopAutoConfiguration {

  /** Made by Spring. */
  public FleetstopAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  CredentialsProvider fleetstopCredentialsProvider(FleetstopProperties properties) {
    return properties.credentials().provider();
  }

  @Bean
  @ConditionalOnMissingBean
  RateLimiterRegistry fleetstopRateLimiters(FleetstopProperties properties) {
    return properties.pace().limiters();
  }

  @Bean
  @ConditionalOnMissingBean
  RetryPolicy fleetstopRetryPolicy(
      FleetstopProperties properties, ObjectProvider<RetryPolicyCustomizer> customizers) {
    RetryPolicy.Builder builder = properties.retry().policy().mutate();
    customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
    return builder.build();
  }

  @Bean
  @ConditionalOnSingleCandidate(EcsClient.class)
  @ConditionalOnMissingBean
  FleetShutdown fleetShutdown(
      EcsClient client,
      FleetstopProperties properties,
      ObjectProvider<ShutdownOptionsCustomizer> customizers) {
    ShutdownOptions.Builder builder = properties.shutdown().options().mutate();
    customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
    return FleetShutdown.create(client, builder.build());
  }

  /** The client, and what closes it. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnMissingBean(EcsClient.class)
  @ConditionalOnProperty("fleetstop.region")
  static class ClientConfiguration {

    @Bean
    EcsClientLifecycle fleetstopClientClosing(FleetstopProperties properties) {
      return new EcsClientLifecycle(new CallsInFlight(), properties.closeTimeout());
    }

    @Bean
    EcsClient ecsClient(
        FleetstopProperties properties,
        CredentialsProvider credentials,
        RateLimiterRegistry limiters,
        RetryPolicy retryPolicy,
        EcsClientLifecycle closing,
        ObjectProvider<CallListener> listeners,
        ObjectProvider<HttpExchange> transport,
        ObjectProvider<TransportOptionsCustomizer> transportCustomizers,
        ObjectProvider<EcsClientBuilderCustomizer> customizers) {
      EcsClientBuilder builder =
          properties
              .builder()
              .credentials(credentials)
              .rateLimiters(limiters)
              .retryPolicy(retryPolicy)
              .listener(closing.calls());
      listeners.orderedStream().forEach(builder::listener);
      HttpExchange given = transport.getIfAvailable();
      if (given != null) {
        builder.transport(given);
      } else {
        TransportOptions.Builder options = properties.transport().options().mutate();
        transportCustomizers.orderedStream().forEach(customizer -> customizer.customize(options));
        builder.transportOptions(options.build());
      }
      customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
      return closing.closes(builder.build());
    }
  }
}

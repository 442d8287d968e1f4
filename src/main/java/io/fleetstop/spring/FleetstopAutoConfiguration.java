package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.RunListener;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.ImportRuntimeHints;
import org.springframework.context.annotation.Scope;
import org.springframework.core.env.Environment;

/**
 * Auto-configures the client. Each bean backs off if the application defines one of its type:
 * {@code fleetstopCredentialsProvider}, {@code fleetstopRateLimiterRegistry}, {@code
 * fleetstopRetryPolicy}, {@code fleetstopShutdownOptions} and, if {@code fleetstop.region} or
 * {@code VOLCENGINE_REGION} is set, {@code ecsClient} and {@code fleetShutdown}.
 *
 * <p>Each name below {@code fleetstop.clients} adds an {@code EcsClient} and a {@code
 * FleetShutdown} with that name as qualifier. {@code ecsClientBuilder} is a prototype.
 *
 * <p>The client uses the application's {@link HttpExchange} bean, if there is one, and reports its
 * calls to every {@link CallListener} bean. When the application stops, before its web server, runs
 * are drained; after the web server, calls in flight have {@code fleetstop.close-timeout} to
 * finish; then the client is closed. A client that the application defines is not closed here.
 */
@Conditional(JacksonCondition.class)
@AutoConfiguration
@EnableConfigurationProperties(FleetstopProperties.class)
@Import({NamedClientRegistrar.class, ClientAssembly.class})
@ImportRuntimeHints(FleetstopRuntimeHints.class)
public final class FleetstopAutoConfiguration {

  /** The bean with the options that the properties set. */
  static final String SHUTDOWN_OPTIONS = "fleetstopShutdownOptions";

  private static final Logger LOG = LoggerFactory.getLogger(FleetstopAutoConfiguration.class);

  /** Instantiated by Spring. */
  public FleetstopAutoConfiguration() {}

  @Bean
  @ConditionalOnMissingBean
  CredentialsProvider fleetstopCredentialsProvider(
      FleetstopProperties properties, ClientAssembly assembly) {
    properties
        .credentials()
        .warnIfBlank(LOG, "fleetstop.credentials", "the credentials of the default chain");
    return properties
        .credentials()
        .existingProvider("fleetstop.credentials", () -> assembly.transportOptions(properties));
  }

  @Bean
  @ConditionalOnMissingBean
  RateLimiterRegistry fleetstopRateLimiterRegistry(
      FleetstopProperties properties, NamedClients clients) {
    return FleetstopProperties.Pace.rateLimiters(clients.paces(properties), properties.pace());
  }

  @Bean
  CallLog fleetstopCallLog() {
    return new CallLog();
  }

  @Bean
  RunLog fleetstopRunLog() {
    return new RunLog();
  }

  @Bean(NamedClientRegistrar.FACTORY)
  NamedClients fleetstopNamedClients(Environment environment, ListableBeanFactory beans) {
    return new NamedClients(environment, beans);
  }

  /** A builder with all properties, for clients that the application creates and closes itself. */
  @Bean
  @Scope(ConfigurableBeanFactory.SCOPE_PROTOTYPE)
  @ConditionalOnMissingBean
  EcsClientBuilder ecsClientBuilder(
      ClientAssembly assembly,
      FleetstopProperties properties,
      CredentialsProvider credentials,
      RetryPolicy retryPolicy,
      Environment environment) {
    return assembly.builder(
        properties, RegionLookup.of(environment), credentials, retryPolicy, null);
  }

  @Bean
  @ConditionalOnMissingBean
  static RetryPolicy fleetstopRetryPolicy(
      FleetstopProperties properties, ObjectProvider<RetryPolicyCustomizer> customizers) {
    RetryPolicy.Builder builder = properties.retry().policy().mutate();
    customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
    return builder.build();
  }

  @Bean(SHUTDOWN_OPTIONS)
  @ConditionalOnMissingBean
  static ShutdownOptions fleetstopShutdownOptions(
      FleetstopProperties properties, ObjectProvider<ShutdownOptionsCustomizer> customizers) {
    ShutdownOptions.Builder builder = properties.shutdown().options().mutate();
    customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
    return builder.build();
  }

  @Bean
  @ConditionalOnSingleCandidate(EcsClient.class)
  @ConditionalOnMissingBean
  FleetShutdown fleetShutdown(
      EcsClient client, ShutdownOptions options, ObjectProvider<RunListener> listeners) {
    return newFleet(client, options, listeners);
  }

  static FleetShutdown newFleet(
      EcsClient client, ShutdownOptions options, ObjectProvider<RunListener> listeners) {
    FleetShutdown.Builder fleet = FleetShutdown.builder(client).options(options);
    listeners.orderedStream().forEach(fleet::listener);
    return fleet.build();
  }

  /** The options of a stop alone are left at their defaults. */
  @Bean
  @ConditionalOnSingleCandidate(EcsClient.class)
  @ConditionalOnMissingBean
  FleetStart fleetStart(
      EcsClient client, ShutdownOptions options, ObjectProvider<RunListener> listeners) {
    return newStart(client, options, listeners);
  }

  static FleetStart newStart(
      EcsClient client, ShutdownOptions options, ObjectProvider<RunListener> listeners) {
    ShutdownOptions ofStart =
        options
            .mutate()
            .forceStop(false)
            .stoppedMode(StoppedMode.KEEP_CHARGING)
            .batchSize(1)
            .stopIfUnreadable(false)
            .build();
    FleetStart.Builder fleet = FleetStart.builder(client).options(ofStart);
    listeners.orderedStream().forEach(fleet::listener);
    return fleet.build();
  }

  @Bean
  FleetDrain fleetstopFleetDrain(FleetstopProperties properties, ListableBeanFactory beans) {
    return new FleetDrain(
        () ->
            Stream.concat(
                    beans.getBeansOfType(FleetShutdown.class, false, true).values().stream()
                        .map(FleetDrain.Fleet::of),
                    beans.getBeansOfType(FleetStart.class, false, true).values().stream()
                        .map(FleetDrain.Fleet::of))
                .toList(),
        properties.closeTimeout());
  }

  /** The client and its lifecycle. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnMissingBean(EcsClient.class)
  @Conditional(RegionLookup.IsSet.class)
  static class ClientConfiguration {

    @Bean
    EcsClientLifecycle fleetstopClientLifecycle(FleetstopProperties properties) {
      return new EcsClientLifecycle(new CallsInFlight(), properties.closeTimeout());
    }

    @Bean
    CredentialsCheck fleetstopCredentialsCheck(CredentialsProvider credentials) {
      return new CredentialsCheck(credentials);
    }

    /** {@link EcsClientLifecycle} closes the client, after its running calls. */
    @Bean(destroyMethod = "")
    EcsClient ecsClient(
        FleetstopProperties properties,
        ClientAssembly assembly,
        CredentialsProvider credentials,
        RetryPolicy retryPolicy,
        EcsClientLifecycle lifecycle,
        Environment environment,
        ListableBeanFactory beans) {
      String region = RegionLookup.require(environment);
      EcsClient client =
          lifecycle.manage(
              assembly
                  .builder(properties, region, credentials, retryPolicy, lifecycle.listener())
                  .build());
      StartupLog.log(LOG, properties, region, beans);
      return client;
    }
  }
}

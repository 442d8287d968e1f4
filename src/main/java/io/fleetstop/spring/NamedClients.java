package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.retry.RetryPolicy;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.core.env.Environment;

/**
 * The clients below {@code fleetstop.clients}. {@link NamedClientRegistrar} registers a bean for
 * each result of {@link #lifecycle}, {@link #client} and {@link #fleet}.
 */
final class NamedClients {

  private static final Logger LOG = LoggerFactory.getLogger(FleetstopAutoConfiguration.class);

  private final Map<String, FleetstopProperties> properties = new LinkedHashMap<>();
  private final Environment environment;
  private final BeanFactory beans;

  NamedClients(Environment environment, BeanFactory beans) {
    this.environment = environment;
    this.beans = beans;
    for (String name : NamedClientProperties.names(environment)) {
      properties.put(name, new NamedClientProperties(environment, name).bind());
    }
  }

  Collection<String> names() {
    return properties.keySet();
  }

  /**
   * Returns the pace of each account, of which all clients share the limiters.
   *
   * @throws InvalidPropertyException if two clients of an account have unequal ones
   */
  Map<String, FleetstopProperties.Pace> paces(FleetstopProperties defaults) {
    Map<String, FleetstopProperties.Pace> paces = new LinkedHashMap<>();
    paces.put(defaults.account(), defaults.pace());
    properties.forEach(
        (name, client) -> {
          FleetstopProperties.Pace other = paces.putIfAbsent(client.account(), client.pace());
          if (other != null && !other.equals(client.pace())) {
            throw new InvalidPropertyException(
                NamedClientProperties.PREFIX + "." + name + ".pace",
                "clients of one account share one pace, and account "
                    + client.account()
                    + " already has "
                    + other.describe()
                    + ", not "
                    + client.pace().describe()
                    + ": set the pace once, or give the client an account of its own",
                null);
          }
        });
    return paces;
  }

  EcsClientLifecycle lifecycle(String name) {
    return new EcsClientLifecycle(new CallsInFlight(), properties(name).closeTimeout());
  }

  EcsClient client(String name) {
    FleetstopProperties own = properties(name);
    NamedClientProperties overrides = new NamedClientProperties(environment, name);
    String region = own.region() != null ? own.region() : Region.require(environment, name);
    EcsClientLifecycle lifecycle =
        beans.getBean(NamedClientRegistrar.lifecycleName(name), EcsClientLifecycle.class);
    EcsClient client =
        lifecycle.manage(
            beans
                .getBean(ClientAssembly.class)
                .builder(
                    own,
                    region,
                    overrides.overridesCredentials()
                        ? own.credentials().existingProvider(credentialsGroup(name))
                        : beans.getBean(CredentialsProvider.class),
                    overrides.overrides("retry")
                        ? retryPolicy(own)
                        : beans.getBean(RetryPolicy.class),
                    lifecycle.calls())
                .build());
    LOG.info(
        "fleetstop client {} calls ECS in {} at {}; credentials: {}; account: {}; StopInstance: {}",
        name,
        region,
        own.endpointFor(region),
        overrides.overridesCredentials() ? own.credentials().describe() : "shared",
        own.account(),
        own.pace().describe());
    return client;
  }

  private static String credentialsGroup(String name) {
    return NamedClientProperties.PREFIX + "." + name + ".credentials";
  }

  private RetryPolicy retryPolicy(FleetstopProperties own) {
    RetryPolicy.Builder builder = own.retry().policy().mutate();
    ObjectProvider<RetryPolicyCustomizer> customizers =
        beans.getBeanProvider(RetryPolicyCustomizer.class);
    customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
    return builder.build();
  }

  FleetShutdown fleet(String name) {
    return FleetShutdown.create(
        beans.getBean(NamedClientRegistrar.clientName(name), EcsClient.class),
        new NamedClientProperties(environment, name).overrides("shutdown")
            ? shutdownOptions(properties(name))
            : beans.getBean(ShutdownOptions.class));
  }

  private ShutdownOptions shutdownOptions(FleetstopProperties own) {
    ShutdownOptions.Builder builder = own.shutdown().options().mutate();
    ObjectProvider<ShutdownOptionsCustomizer> customizers =
        beans.getBeanProvider(ShutdownOptionsCustomizer.class);
    customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
    return builder.build();
  }

  private FleetstopProperties properties(String name) {
    return Objects.requireNonNull(properties.get(name), name);
  }
}

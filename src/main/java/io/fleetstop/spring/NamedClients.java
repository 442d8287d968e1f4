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
import org.springframework.core.env.Environment;

/**
 * The clients below {@code fleetstop.clients}. {@link NamedClientRegistrar} registers a bean for
 * each result of {@link #lifecycle}, {@link #client} and {@link #fleet}.
 */
final class NamedClients {

  private static final Logger LOG = LoggerFactory.getLogger(FleetstopAutoConfiguration.class);

  /** A client's own properties, and what they are together with the shared ones. */
  private record Settings(NamedClientProperties own, FleetstopProperties all) {}

  private final Map<String, Settings> settings = new LinkedHashMap<>();
  private final Environment environment;
  private final BeanFactory beans;

  NamedClients(Environment environment, BeanFactory beans) {
    this.environment = environment;
    this.beans = beans;
    for (String name : NamedClientProperties.names(environment)) {
      NamedClientProperties own = new NamedClientProperties(environment, name);
      settings.put(name, new Settings(own, own.bind()));
    }
  }

  Collection<String> names() {
    return settings.keySet();
  }

  /**
   * Returns the pace of each account, of which all clients share the limiters.
   *
   * @throws InvalidPropertyException if two clients of an account have unequal ones
   */
  Map<String, FleetstopProperties.Pace> paces(FleetstopProperties defaults) {
    Map<String, FleetstopProperties.Pace> paces = new LinkedHashMap<>();
    paces.put(defaults.account(), defaults.pace());
    settings.forEach(
        (name, named) -> {
          FleetstopProperties client = named.all();
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
    return new EcsClientLifecycle(new CallsInFlight(), settings(name).all().closeTimeout());
  }

  EcsClient client(String name) {
    Settings named = settings(name);
    FleetstopProperties all = named.all();
    boolean ownCredentials = named.own().overridesCredentials();
    String region = all.region() != null ? all.region() : RegionLookup.require(environment, name);
    EcsClientLifecycle lifecycle =
        beans.getBean(NamedClientRegistrar.lifecycleName(name), EcsClientLifecycle.class);
    EcsClient client =
        lifecycle.manage(
            beans
                .getBean(ClientAssembly.class)
                .builder(
                    all,
                    region,
                    ownCredentials
                        ? all.credentials().existingProvider(credentialsGroup(name))
                        : beans.getBean(CredentialsProvider.class),
                    named.own().overrides("retry")
                        ? FleetstopAutoConfiguration.fleetstopRetryPolicy(
                            all, beans.getBeanProvider(RetryPolicyCustomizer.class))
                        : beans.getBean(RetryPolicy.class),
                    lifecycle.calls())
                .build());
    LOG.info(
        "fleetstop client {} calls ECS in {} at {}; credentials: {}; account: {}; StopInstance: {}",
        name,
        region,
        all.endpointFor(region),
        ownCredentials ? all.credentials().describe() : "shared",
        all.account(),
        all.pace().describe());
    return client;
  }

  private static String credentialsGroup(String name) {
    return NamedClientProperties.PREFIX + "." + name + ".credentials";
  }

  FleetShutdown fleet(String name) {
    Settings named = settings(name);
    return FleetShutdown.create(
        beans.getBean(NamedClientRegistrar.clientName(name), EcsClient.class),
        named.own().overrides("shutdown")
            ? FleetstopAutoConfiguration.fleetstopShutdownOptions(
                named.all(), beans.getBeanProvider(ShutdownOptionsCustomizer.class))
            : beans.getBean(ShutdownOptions.class));
  }

  private Settings settings(String name) {
    return Objects.requireNonNull(settings.get(name), name);
  }
}

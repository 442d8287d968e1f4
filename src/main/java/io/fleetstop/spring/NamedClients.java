package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.RunListener;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.retry.RetryPolicy;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ListableBeanFactory;
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
  private final ListableBeanFactory beans;

  NamedClients(Environment environment, ListableBeanFactory beans) {
    this.environment = environment;
    this.beans = beans;
    for (NamedClientProperties own : NamedClientProperties.all(environment)) {
      settings.put(own.name(), new Settings(own, own.bind()));
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
                named.own().group("pace"),
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
    String region =
        all.region() != null ? all.region() : RegionLookup.require(environment, named.own());
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
                        ? all.credentials().existingProvider(named.own().group("credentials"))
                        : beans.getBean(CredentialsProvider.class),
                    named.own().overrides("retry")
                        ? FleetstopAutoConfiguration.fleetstopRetryPolicy(
                            all, beans.getBeanProvider(RetryPolicyCustomizer.class))
                        : beans.getBean(RetryPolicy.class),
                    lifecycle.listener())
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

  FleetShutdown fleet(String name) {
    return FleetstopAutoConfiguration.withListeners(
        FleetShutdown.create(
            beans.getBean(NamedClientRegistrar.clientName(name), EcsClient.class),
            shutdownOptions(settings(name))),
        beans.getBeanProvider(RunListener.class));
  }

  private ShutdownOptions shutdownOptions(Settings named) {
    if (!named.own().overrides("shutdown")) {
      return beans.getBean(ShutdownOptions.class);
    }
    if (!beans.containsBean(FleetstopAutoConfiguration.SHUTDOWN_OPTIONS)) {
      // Options without the application's exclusions could stop what the application protects.
      throw new InvalidPropertyException(
          named.own().group("shutdown"),
          "the properties of a named client cannot replace parts of the application's"
              + " ShutdownOptions bean: remove them, or replace the bean by a"
              + " ShutdownOptionsCustomizer",
          null);
    }
    return FleetstopAutoConfiguration.fleetstopShutdownOptions(
        named.all(), beans.getBeanProvider(ShutdownOptionsCustomizer.class));
  }

  private Settings settings(String name) {
    return Objects.requireNonNull(settings.get(name), name);
  }
}

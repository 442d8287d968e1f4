package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.RunListener;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.retry.RetryPolicy;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.core.env.Environment;

/**
 * The clients below {@code fleetstop.clients}. {@link NamedClientRegistrar} registers a bean for
 * each result of {@link #lifecycle}, {@link #client} and {@link #fleet}.
 */
final class NamedClients {

  private static final String SHARED_PACE = "fleetstop.pace";

  private static final Logger LOG = LoggerFactory.getLogger(FleetstopAutoConfiguration.class);

  /** A client's own properties, and what they are together with the shared ones. */
  private record Settings(NamedClientProperties own, FleetstopProperties all) {}

  private final Map<String, Settings> settings = new LinkedHashMap<>();
  private final Environment environment;
  private final ListableBeanFactory beans;

  NamedClients(Environment environment, ListableBeanFactory beans) {
    this.environment = environment;
    this.beans = beans;
    KnownProperties.check(environment);
    for (NamedClientProperties own : NamedClientProperties.all(environment)) {
      if (own.name().equalsIgnoreCase(NamedClientRegistrar.DEFAULT)) {
        throw new InvalidPropertyException(
            own.prefix(),
            "a client must not be named "
                + NamedClientRegistrar.DEFAULT
                + ", the name of the client of fleetstop itself: choose another name",
            null);
      }
      if (own.overrides("redis")) {
        throw new InvalidPropertyException(
            own.group("redis"),
            "all clients share their rates through one Redis: set fleetstop.redis instead",
            null);
      }
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
    Map<String, String> groups = new HashMap<>();
    paces.put(defaults.account(), defaults.pace());
    groups.put(defaults.account(), SHARED_PACE);
    settings.forEach(
        (name, named) -> {
          FleetstopProperties client = named.all();
          String group = named.own().group("pace");
          FleetstopProperties.Pace other = paces.putIfAbsent(client.account(), client.pace());
          String otherGroup = groups.computeIfAbsent(client.account(), account -> group);
          if (other != null && !other.equals(client.pace())) {
            List<String> properties =
                differences(client.pace(), other).stream()
                    .flatMap(key -> Stream.of(otherGroup, SHARED_PACE, group).map(in -> in + key))
                    .distinct()
                    .toList();
            throw new InvalidPropertyException(
                group,
                "clients of one account share one pace, and account "
                    + client.account()
                    + " already has "
                    + other.describe()
                    + ", not "
                    + client.pace().describe()
                    + ": set the pace once, or give the client an account of its own",
                properties,
                null);
          }
        });
    return paces;
  }

  /** Returns the names of the properties in which two paces differ, with a leading dot. */
  private static List<String> differences(
      FleetstopProperties.Pace one, FleetstopProperties.Pace two) {
    Map<String, Function<FleetstopProperties.Pace, @Nullable Object>> properties =
        new LinkedHashMap<>();
    properties.put(".rate", FleetstopProperties.Pace::rate);
    properties.put(".max-rate", FleetstopProperties.Pace::maxRate);
    properties.put(".burst", FleetstopProperties.Pace::burst);
    properties.put(".max-describe-rate", FleetstopProperties.Pace::maxDescribeRate);
    return properties.entrySet().stream()
        .filter(property -> differs(property.getValue(), one, two))
        .map(Map.Entry::getKey)
        .toList();
  }

  private static boolean differs(
      Function<FleetstopProperties.Pace, @Nullable Object> property,
      FleetstopProperties.Pace one,
      FleetstopProperties.Pace two) {
    return !Objects.equals(property.apply(one), property.apply(two));
  }

  /** Returns what {@code info} shows of each client. */
  Map<String, Map<String, String>> info() {
    Map<String, Map<String, String>> info = new LinkedHashMap<>();
    settings.forEach((name, named) -> info.put(name, named.all().info(region(named))));
    return info;
  }

  private String region(Settings named) {
    String region = named.all().region();
    return region != null ? region : RegionLookup.require(environment, named.own());
  }

  EcsClientLifecycle lifecycle(String name) {
    return new EcsClientLifecycle(new CallsInFlight(), settings(name).all().closeTimeout());
  }

  EcsClient client(String name) {
    Settings named = settings(name);
    FleetstopProperties all = named.all();
    boolean ownCredentials = named.own().overridesCredentials();
    String region = region(named);
    EcsClientLifecycle lifecycle =
        beans.getBean(NamedClientRegistrar.lifecycleName(name), EcsClientLifecycle.class);
    all.credentials()
        .warnIfBlank(LOG, named.own().group("credentials"), "the credentials of fleetstop");
    ClientAssembly assembly = beans.getBean(ClientAssembly.class);
    EcsClient client =
        lifecycle.manage(
            assembly
                .builder(
                    all,
                    region,
                    ownCredentials
                        ? all.credentials()
                            .existingProvider(
                                named.own().group("credentials"),
                                () -> assembly.transportOptions(all))
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
    return FleetstopAutoConfiguration.newFleet(
        beans.getBean(NamedClientRegistrar.clientName(name), EcsClient.class),
        shutdownOptions(settings(name)),
        beans.getBeanProvider(RunListener.class));
  }

  FleetStart fleetStart(String name) {
    return FleetstopAutoConfiguration.newStart(
        beans.getBean(NamedClientRegistrar.clientName(name), EcsClient.class),
        shutdownOptions(settings(name)),
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

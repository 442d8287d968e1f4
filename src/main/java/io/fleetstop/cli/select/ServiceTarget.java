package io.fleetstop.cli.select;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.RegionNames;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.credentials.AssumeRoleOptions;
import io.fleetstop.credentials.CallerIdentity;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** The target of a command: region, endpoint, credentials and network, or an embedded simulator. */
public final class ServiceTarget implements AutoCloseable {

  /** A simulated instance takes a second to stop; polls every other second would show it late. */
  public static final Duration SIMULATED_POLL_INTERVAL = Duration.ofMillis(200);

  private static final String WHERE_FROM =
      "; set VOLCENGINE_ACCESS_KEY and VOLCENGINE_SECRET_KEY, or name a --profile";
  private static final String OF_PROFILE = "; correct the profile, or name another --profile";

  private static final Duration CREDENTIALS_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration IDENTITY_TIMEOUT = Duration.ofSeconds(5);

  private final TargetSettings settings;
  private final CredentialsProvider credentials;
  private final @Nullable EcsSimulator simulator;
  private final Mono<CallerIdentity> knownIdentity;
  private @Nullable EcsClient client;

  private ServiceTarget(
      TargetSettings settings, CredentialsProvider credentials, @Nullable EcsSimulator simulator) {
    this.settings = settings;
    this.credentials = credentials;
    this.simulator = simulator;
    this.knownIdentity = identity().timeout(IDENTITY_TIMEOUT).onErrorComplete().cache();
  }

  /**
   * Starts the simulator, or resolves region and credentials. Sends nothing to ECS.
   *
   * @throws CommandFailure if one of them is missing or wrong
   */
  public static ServiceTarget find(WhereArguments options, Terminal terminal) {
    Integer simulated = options.simulate;
    return simulated == null ? service(options, terminal, true) : simulator(options, simulated);
  }

  /** The same, but without a region if none is set. */
  public static ServiceTarget findWithoutRegion(WhereArguments options, Terminal terminal) {
    Integer simulated = options.simulate;
    return simulated == null ? service(options, terminal, false) : simulator(options, simulated);
  }

  private static ServiceTarget service(
      WhereArguments options, Terminal terminal, boolean needsRegion) {
    TargetSettings settings = TargetSettings.of(options, terminal);
    TargetSettings.Setting region = settings.region();
    if (needsRegion && (region == null || region.value().isBlank())) {
      throw CommandFailure.configuration(
          "the region is missing: set --region or VOLCENGINE_REGION, or the region of the profile,"
              + " for example cn-beijing");
    }
    String warning = region == null ? null : RegionNames.warning(region.value());
    if (warning != null) {
      Progress.NONE.print(terminal.err(), warning);
    }
    CredentialsProvider provider =
        assumed(options.roleTrn(), terminal.credentials(settings.credentials()), settings);
    requireCredentials(provider, options);
    return new ServiceTarget(settings, provider, null);
  }

  private static CredentialsProvider assumed(
      @Nullable String roleTrn, CredentialsProvider own, TargetSettings settings) {
    if (roleTrn == null) {
      return own;
    }
    try {
      AssumeRoleOptions.Builder role =
          AssumeRoleOptions.builder(roleTrn).transportOptions(settings.transport());
      URI sts = settings.identityOptions().stsEndpoint();
      return CredentialsProvider.assumeRole(own, (sts == null ? role : role.endpoint(sts)).build());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage("--role-trn: " + e.getMessage());
    }
  }

  private static ServiceTarget simulator(WhereArguments options, int instances) {
    EcsSimulatorBuilder builder = EcsSimulator.builder().instances(instances);
    if (options.region() != null) {
      builder.region(options.region());
    }
    EcsSimulator simulator = builder.startNow();
    Credentials key = Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey());
    return new ServiceTarget(
        TargetSettings.ofSimulator(simulator.region(), simulator.endpoint()),
        CredentialsProvider.fixed(key),
        simulator);
  }

  // Resolved once before any output; the chain caches the result.
  private static void requireCredentials(CredentialsProvider provider, WhereArguments options) {
    // With a profile, the variables are not read.
    String whereFrom = options.profile() == null ? WHERE_FROM : OF_PROFILE;
    try {
      Objects.requireNonNull(
          provider.resolve().block(CREDENTIALS_TIMEOUT), "the chain gave no credentials");
    } catch (EcsException e) {
      if (options.roleTrn() != null && e.reason().startsWith("AssumeRole")) {
        throw CommandFailure.configuration(
            "the role cannot be assumed: "
                + e.reason()
                + "; check the TRN of the role, and that the role trusts the identity that fleetstop whoami"
                + " shows");
      }
      throw CommandFailure.configuration("there are no credentials: " + e.reason() + whereFrom);
    } catch (RuntimeException e) {
      throw CommandFailure.configuration("there are no credentials: " + e.getMessage() + whereFrom);
    }
  }

  /** Builds a client of this target, which is closed with it. */
  public EcsClient connect(EcsClientBuilder builder) {
    try {
      URI endpoint = settings.givenEndpoint();
      if (endpoint != null) {
        builder.endpoint(endpoint);
      }
      EcsClient connected =
          builder
              .region(region())
              .credentials(credentials)
              .transportOptions(settings.transport())
              .build();
      client = connected;
      return connected;
    } catch (IllegalArgumentException e) {
      throw CommandFailure.configuration(e.getMessage());
    }
  }

  /** Returns the instances of the simulator; none for the service. */
  Set<InstanceId> simulatedIds() {
    Set<InstanceId> ids = new LinkedHashSet<>();
    if (simulator != null) {
      simulator.ids().forEach(id -> ids.add(InstanceId.of(id)));
    }
    return ids;
  }

  /** Returns the scope of the ids, for the journal. */
  public String scope() {
    return simulator == null ? region() : "the simulator";
  }

  public String region() {
    return Objects.requireNonNull(settings.region(), "a target with a region").value();
  }

  /** Returns the settings. */
  public TargetSettings settings() {
    return settings;
  }

  /** Returns where the credentials come from. */
  public String credentialsSource() {
    return credentials.describe();
  }

  /** Emits the identity, which STS reports. */
  public Mono<CallerIdentity> identity() {
    return CallerIdentity.of(credentials, settings.identityOptions());
  }

  /** Asks STS for the identity, so that {@link #knownIdentity()} has it soon. */
  public void requestIdentity() {
    knownIdentity.subscribe();
  }

  /** Returns the identity, or {@code null} if STS does not show it within a few seconds. */
  public @Nullable CallerIdentity knownIdentity() {
    return knownIdentity.block();
  }

  /** Whether the service is an embedded simulator. */
  public boolean isSimulated() {
    return simulator != null;
  }

  @Override
  public void close() {
    if (client != null) {
      client.closeAsync().timeout(CLOSE_TIMEOUT).onErrorComplete().block();
    }
    if (simulator != null) {
      simulator.dispose();
    }
  }
}

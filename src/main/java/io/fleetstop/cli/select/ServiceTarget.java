package io.fleetstop.cli.select;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.transport.TransportOptions;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The target of a command: region, endpoint, credentials and network, or an embedded simulator. */
public final class ServiceTarget implements AutoCloseable {

  /** A simulated instance takes a second to stop; polls every other second would show it late. */
  public static final Duration SIMULATED_POLL_INTERVAL = Duration.ofMillis(200);

  private static final String WHERE_FROM =
      "; set VOLCENGINE_ACCESS_KEY and VOLCENGINE_SECRET_KEY, or name a --profile";

  private static final Duration CREDENTIALS_TIMEOUT = Duration.ofSeconds(60);
  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final String region;
  private final @Nullable URI endpoint;
  private final CredentialsProvider credentials;
  private final TransportOptions transport;
  private final @Nullable EcsSimulator simulator;
  private @Nullable EcsClient client;

  private ServiceTarget(
      String region,
      @Nullable URI endpoint,
      CredentialsProvider credentials,
      TransportOptions transport,
      @Nullable EcsSimulator simulator) {
    this.region = region;
    this.endpoint = endpoint;
    this.credentials = credentials;
    this.transport = transport;
    this.simulator = simulator;
  }

  /**
   * Starts the simulator, or resolves region and credentials. Sends nothing to ECS.
   *
   * @throws CommandFailure if one of them is missing or wrong
   */
  public static ServiceTarget find(WhereArguments options, Terminal terminal) {
    Integer simulated = options.simulate;
    return simulated == null ? service(options, terminal) : simulator(options, simulated);
  }

  private static ServiceTarget service(WhereArguments options, Terminal terminal) {
    String given = options.region;
    String region = given != null ? given : terminal.env("VOLCENGINE_REGION");
    if (region == null || region.isBlank()) {
      throw CommandFailure.configuration(
          "the region is missing: set --region or VOLCENGINE_REGION, for example cn-beijing");
    }
    String address = options.endpoint;
    URI endpoint = address == null ? null : endpoint(address);
    TransportOptions transport = ProxyAndTrustSettings.transport(options, terminal::env);
    CredentialsProvider provider = terminal.credentials(options.profile);
    requireCredentials(provider);
    return new ServiceTarget(region, endpoint, provider, transport, null);
  }

  private static ServiceTarget simulator(WhereArguments options, int instances) {
    EcsSimulatorBuilder builder = EcsSimulator.builder().instances(instances);
    if (options.region != null) {
      builder.region(options.region);
    }
    EcsSimulator simulator = builder.startNow();
    Credentials key = Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey());
    return new ServiceTarget(
        simulator.region(),
        simulator.endpoint(),
        CredentialsProvider.fixed(key),
        TransportOptions.defaults(),
        simulator);
  }

  private static URI endpoint(String address) {
    try {
      // As in other tools, a host alone means https.
      URI endpoint = new URI(address.contains("://") ? address : "https://" + address);
      if (!String.valueOf(endpoint.getRawAuthority()).endsWith(":")) {
        return endpoint;
      }
      // A scheme or a host whose rest is missing.
      throw new URISyntaxException(address, "the port is empty");
    } catch (URISyntaxException e) {
      throw CommandFailure.configuration(
          "--endpoint must be [http(s)://]host[:port][/path], was \"" + address + "\"");
    }
  }

  // Resolved once before any output; the chain caches the result.
  private static void requireCredentials(CredentialsProvider provider) {
    try {
      Objects.requireNonNull(
          provider.resolve().block(CREDENTIALS_TIMEOUT), "the chain gave no credentials");
    } catch (EcsException e) {
      throw CommandFailure.configuration("there are no credentials: " + e.reason() + WHERE_FROM);
    } catch (RuntimeException e) {
      throw CommandFailure.configuration(
          "there are no credentials: " + e.getMessage() + WHERE_FROM);
    }
  }

  /** Builds a client of this target, which is closed with it. */
  public EcsClient connect(EcsClientBuilder builder) {
    try {
      if (endpoint != null) {
        builder.endpoint(endpoint);
      }
      EcsClient connected =
          builder.region(region).credentials(credentials).transportOptions(transport).build();
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
    return simulator == null ? region : "the simulator";
  }

  public String region() {
    return region;
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

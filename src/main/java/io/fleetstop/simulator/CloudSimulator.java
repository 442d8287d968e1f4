package io.fleetstop.simulator;

import io.fleetstop.error.ErrorCode;
import io.fleetstop.simulator.IdentitySimulator.IssuedKey;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;

/**
 * Several accounts and regions on one port: for each pair the service that {@link EcsSimulator} is,
 * with instances, quotas and a ledger of its own; and STS, which answers {@code GetCallerIdentity}
 * and {@code AssumeRole}. The access key of a call determines the account, the region of its
 * signature the region. {@code DescribeRegions} lists all regions of the cloud.
 *
 * <p>Thread-safe. The caller that starts it must dispose it, which also ends its threads.
 */
public final class CloudSimulator implements Disposable {

  private static final long FIRST_ACCOUNT = SimulatedIdentity.ACCOUNT;
  private static final int IDS_PER_TARGET = 1_000_000;

  /** The service in one account and region. */
  record Service(Gateway gateway, Fleet fleet, Ledger ledger) {}

  private final Map<String, Map<String, Service>> services;
  private final List<String> accounts;
  private final List<String> regions;
  private final EcsSimulatorBuilder options;
  private final LoopbackServer loopback;
  private final DisposableServer server;

  private CloudSimulator(Builder builder) {
    this.options = builder.options;
    this.regions = List.copyOf(builder.regions);
    this.accounts = builder.accountIds();
    Map<String, CloudGateway.Caller> callers = callers();
    SignatureVerifier verifier = CloudGateway.verifier(callers, options);
    this.services = builder.services(verifier);
    this.loopback =
        new LoopbackServer(
            options,
            new GatewayHttpHandler(
                new CloudGateway(services, callers, verifier, options),
                options.clock,
                options.scheduler));
    this.server = loopback.bindNow();
  }

  /** Returns a builder. */
  public static Builder builder() {
    return new Builder();
  }

  /** The address of ECS and STS: {@code http://host:port}. */
  public URI endpoint() {
    return URI.create("http://" + options.host + ":" + server.port());
  }

  /** The ids of the accounts. */
  public List<String> accounts() {
    return accounts;
  }

  /** The regions of every account. */
  public List<String> regions() {
    return regions;
  }

  /** The permanent access key of an account; that of the first one is the simulator's sample. */
  public String accessKeyId(String account) {
    int number = number(account);
    return number == 0
        ? EcsSimulator.SAMPLE_ACCESS_KEY_ID
        : EcsSimulator.SAMPLE_ACCESS_KEY_ID + (number + 1);
  }

  /** The secret of every permanent access key. */
  public String secretAccessKey() {
    return EcsSimulator.SAMPLE_SECRET_ACCESS_KEY;
  }

  /** The role of an account that a caller of any account may assume. */
  public String roleTrn(String account) {
    return "trn:iam::" + accounts.get(number(account)) + ":role/fleetstop";
  }

  /**
   * The record of the calls and effects in one account and region.
   *
   * @throws IllegalArgumentException if the cloud does not have them
   */
  public Ledger ledger(String account, String region) {
    return service(account, region).ledger();
  }

  /** The ids of the instances in one account and region, which no other one has. */
  public List<String> ids(String account, String region) {
    return service(account, region).fleet().ids();
  }

  /** The current status of an instance. */
  public String status(String account, String region, String instanceId) {
    Gateway gateway = service(account, region).gateway();
    InstanceRuntime instance = service(account, region).fleet().find(instanceId, gateway.now());
    if (instance == null) {
      throw new IllegalArgumentException(
          "no instance has the id " + instanceId + "; use one of ids()");
    }
    return instance.phase(gateway.now()).status();
  }

  /** Replaces the random faults in one account and region. */
  public void setFaults(String account, String region, RandomFaults faults) {
    service(account, region).gateway().setPlan(faults);
  }

  /**
   * Rejects every call to an action or an instance in one account and region, as {@link
   * EcsSimulator#failAlways} does.
   */
  public void failAlways(String account, String region, String target, ErrorCode code) {
    service(account, region).gateway().errors().addAlways(target, code);
  }

  /** Clears all scripted errors of an action or an instance in one account and region. */
  public void clearFaults(String account, String region, String target) {
    service(account, region).gateway().errors().clear(target);
  }

  private Service service(String account, String region) {
    Service service = services.getOrDefault(account, Map.of()).get(region);
    if (service == null) {
      throw new IllegalArgumentException(
          "no target "
              + account
              + "/"
              + region
              + "; the accounts are "
              + accounts()
              + " and the regions "
              + regions);
    }
    return service;
  }

  private int number(String account) {
    int number = accounts().indexOf(account);
    if (number < 0) {
      throw new IllegalArgumentException(
          "account must be one of " + accounts() + ", was " + account);
    }
    return number;
  }

  private Map<String, CloudGateway.Caller> callers() {
    Map<String, CloudGateway.Caller> callers = new HashMap<>();
    for (int i = 0; i < accounts.size(); i++) {
      String account = accounts.get(i);
      IssuedKey role = IdentitySimulator.issued(i + 1);
      callers.put(
          accessKeyId(account),
          new CloudGateway.Caller(account, "", new SignatureVerifier.Key(secretAccessKey(), null)));
      callers.put(
          role.accessKeyId(),
          new CloudGateway.Caller(
              account,
              roleTrn(account),
              new SignatureVerifier.Key(role.secretAccessKey(), role.sessionToken())));
    }
    return callers;
  }

  /** Closes the port and all connections without waiting; see {@link #disposeLater()}. */
  @Override
  public void dispose() {
    disposeLater().subscribe();
  }

  @Override
  public boolean isDisposed() {
    return server.isDisposed();
  }

  /** Closes the port and all connections; completes when they are closed. Cold. */
  public Mono<Void> disposeLater() {
    return loopback.dispose(server);
  }

  /** The address, the accounts and the regions. */
  @Override
  public String toString() {
    return "CloudSimulator[" + endpoint() + ", " + accounts() + ", " + regions + "]";
  }

  /** Builds {@link CloudSimulator}. Not thread-safe. */
  public static final class Builder {

    private final EcsSimulatorBuilder options = EcsSimulator.builder();
    private final List<BiConsumer<String, EcsSimulatorBuilder>> changes = new ArrayList<>();
    private int accounts = 1;
    private int instances;
    private List<String> regions = List.of("cn-beijing");

    private Builder() {}

    /**
     * Sets the number of accounts, whose ids are {@code 2100000001} and the following. Default: 1.
     *
     * @throws IllegalArgumentException if there are none or more than 100
     */
    public Builder accounts(int accounts) {
      if (accounts < 1 || accounts > 100) {
        throw new IllegalArgumentException("accounts must be 1 to 100, was " + accounts);
      }
      this.accounts = accounts;
      return this;
    }

    /**
     * Sets the regions of every account. Default: {@code cn-beijing}.
     *
     * @throws IllegalArgumentException if there are none, or a name is blank
     */
    public Builder regions(List<String> regions) {
      if (regions.isEmpty() || regions.stream().anyMatch(String::isBlank)) {
        throw new IllegalArgumentException("regions must be names, were " + regions);
      }
      this.regions = regions.stream().distinct().toList();
      return this;
    }

    /**
     * Sets the number of running instances in each account and region. Default: none.
     *
     * @throws IllegalArgumentException if {@code instances} is negative or a million
     */
    public Builder instances(int instances) {
      if (instances < 0 || instances >= IDS_PER_TARGET) {
        throw new IllegalArgumentException(
            "instances must be 0 to " + (IDS_PER_TARGET - 1) + ", was " + instances);
      }
      this.instances = instances;
      return this;
    }

    /** Sets the port to listen on. Default: a free one. */
    public Builder port(int port) {
      options.port(port);
      return this;
    }

    /**
     * Changes the service of every account and region, such as its quota; {@link #target} for one
     * of them is applied after it.
     */
    public Builder all(Consumer<EcsSimulatorBuilder> change) {
      Objects.requireNonNull(change, "change");
      change.accept(options);
      changes.add((target, builder) -> change.accept(builder));
      return this;
    }

    /** Changes the service of one account and region. Instances are added to those of all. */
    public Builder target(String account, String region, Consumer<EcsSimulatorBuilder> change) {
      Objects.requireNonNull(change, "change");
      changes.add(
          (target, builder) -> {
            if (target.equals(account + "/" + region)) {
              change.accept(builder);
            }
          });
      return this;
    }

    /** Starts the simulator and blocks until it listens. */
    public CloudSimulator startNow() {
      return new CloudSimulator(this);
    }

    private List<String> accountIds() {
      return LongStream.range(FIRST_ACCOUNT, FIRST_ACCOUNT + accounts)
          .mapToObj(Long::toString)
          .toList();
    }

    private Map<String, Map<String, Service>> services(SignatureVerifier verifier) {
      Map<String, Map<String, Service>> all = new LinkedHashMap<>();
      int first = 0;
      for (String account : accountIds()) {
        Map<String, Service> ofAccount = new LinkedHashMap<>();
        for (String region : regions) {
          ofAccount.put(region, service(account, region, first, verifier));
          first += IDS_PER_TARGET;
        }
        all.put(account, ofAccount);
      }
      return all;
    }

    private Service service(
        String account, String region, int firstNumber, SignatureVerifier verifier) {
      EcsSimulatorBuilder builder = EcsSimulator.builder().region(region).regions(regions);
      builder.account = Long.parseLong(account);
      changes.forEach(change -> change.accept(account + "/" + region, builder));
      Fleet fleet = new Fleet(builder);
      Ledger ledger = new Ledger();
      Gateway gateway = new Gateway(verifier, fleet, ledger, builder);
      // Ids are unique in the cloud.
      for (int i = 1; i <= instances + builder.generated; i++) {
        fleet.add(SimulatedInstance.generated(firstNumber + i, region), gateway.now());
      }
      builder.instances.forEach(spec -> fleet.add(spec, gateway.now()));
      return new Service(gateway, fleet, ledger);
    }
  }
}

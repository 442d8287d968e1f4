package io.fleetstop.simulator;

import io.fleetstop.error.Preconditions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The options of an {@link EcsSimulator}. Not thread-safe; one builder can start several. */
public final class EcsSimulatorBuilder {

  private static final String DEFAULT_REGION = "cn-beijing";

  String host = "127.0.0.1";
  int port;
  int generated;
  final List<SimulatedInstance> instances = new ArrayList<>();
  final Map<String, SignatureVerifier.Key> keys = new LinkedHashMap<>();
  @Nullable String region;
  final List<String> regions = new ArrayList<>();
  long account = SimulatedIdentity.ACCOUNT;
  boolean denied;
  Quota quota = Quota.unlimited();
  final Map<String, Quota> quotas = new LinkedHashMap<>();
  Duration stopDelay = Duration.ofSeconds(1);
  Duration startDelay = Duration.ofSeconds(1);
  int startCapacity = Integer.MAX_VALUE;
  Duration latency = Duration.ZERO;
  Duration maxClockSkew = Duration.ofMinutes(15);
  long seed = 1;
  RandomFaults faults = RandomFaults.none();
  boolean replayBatches = true;
  boolean shuffleBatchReplies;
  boolean rejectWholeBatches;
  InstantSource clock = InstantSource.system();
  Scheduler scheduler = Schedulers.parallel();

  EcsSimulatorBuilder() {}

  private EcsSimulatorBuilder(EcsSimulatorBuilder other) {
    this.host = other.host;
    this.port = other.port;
    this.generated = other.generated;
    this.instances.addAll(other.instances);
    this.keys.putAll(other.keys);
    this.region = other.region;
    this.regions.addAll(other.regions);
    this.account = other.account;
    this.denied = other.denied;
    this.quota = other.quota;
    this.quotas.putAll(other.quotas);
    this.stopDelay = other.stopDelay;
    this.startDelay = other.startDelay;
    this.startCapacity = other.startCapacity;
    this.latency = other.latency;
    this.maxClockSkew = other.maxClockSkew;
    this.seed = other.seed;
    this.faults = other.faults;
    this.replayBatches = other.replayBatches;
    this.shuffleBatchReplies = other.shuffleBatchReplies;
    this.rejectWholeBatches = other.rejectWholeBatches;
    this.clock = other.clock;
    this.scheduler = other.scheduler;
  }

  /** Sets the address to listen on. Default: {@code 127.0.0.1}. */
  public EcsSimulatorBuilder host(String host) {
    this.host = Objects.requireNonNull(host, "host");
    return this;
  }

  /**
   * Sets the port to listen on. Default: a free one.
   *
   * @throws IllegalArgumentException if {@code port} is not 1 to 65535
   */
  public EcsSimulatorBuilder port(int port) {
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("port must be 1 to 65535, was " + port);
    }
    this.port = port;
    return this;
  }

  /**
   * Adds {@code count} running instances, from {@code i-sim0000000001}, spread evenly over zones
   * {@code a} to {@code c}, the projects {@code default}, {@code batch} and {@code web}, the VPCs
   * {@code vpc-sim01} and {@code vpc-sim02}, and the tags {@code env} (dev, staging, prod) and
   * {@code role} (web, worker). Default: none.
   *
   * @throws IllegalArgumentException if {@code count} is less than 1
   */
  public EcsSimulatorBuilder instances(int count) {
    if (count < 1) {
      throw new IllegalArgumentException("instances must be at least 1, was " + count);
    }
    generated += count;
    return this;
  }

  /**
   * Adds an instance in a status, with defaults for everything else. Default: none.
   *
   * @throws IllegalArgumentException if {@code id} is not a valid id, or {@code status} is blank
   */
  public EcsSimulatorBuilder instance(String id, String status) {
    return instance(SimulatedInstance.of(id, status));
  }

  /** Adds an instance. Default: none. */
  public EcsSimulatorBuilder instance(SimulatedInstance instance) {
    instances.add(Objects.requireNonNull(instance, "instance"));
    return this;
  }

  /**
   * Adds an accepted permanent access key. Default: {@link EcsSimulator#SAMPLE_ACCESS_KEY_ID} if no
   * key is added.
   */
  public EcsSimulatorBuilder accessKey(String accessKeyId, String secretAccessKey) {
    keys.put(accessKeyId, new SignatureVerifier.Key(secretAccessKey, null));
    return this;
  }

  /** Accepts a temporary access key together with its session token. */
  public EcsSimulatorBuilder accessKey(
      String accessKeyId, String secretAccessKey, String sessionToken) {
    Objects.requireNonNull(sessionToken, "sessionToken");
    keys.put(accessKeyId, new SignatureVerifier.Key(secretAccessKey, sessionToken));
    return this;
  }

  /**
   * Sets the region that has the instances; other regions are empty. Default: every region has
   * them, in zones of {@code cn-beijing}.
   */
  public EcsSimulatorBuilder region(String region) {
    this.region = Objects.requireNonNull(region, "region");
    return this;
  }

  /** Sets the regions that {@code DescribeRegions} lists. Default: the {@link #region}. */
  public EcsSimulatorBuilder regions(List<String> regions) {
    this.regions.clear();
    this.regions.addAll(regions);
    return this;
  }

  /**
   * Sets whether the account has no permission: every call but {@code DescribeRegions} is rejected
   * with {@code AccessDenied}. Default: {@code false}.
   */
  public EcsSimulatorBuilder denied(boolean denied) {
    this.denied = denied;
    return this;
  }

  /** Sets the quota of every action without a quota of its own. Default: unlimited. */
  public EcsSimulatorBuilder quota(Quota quota) {
    this.quota = Objects.requireNonNull(quota, "quota");
    return this;
  }

  /** Sets the quota of one action. Default: {@link #quota(Quota)}. */
  public EcsSimulatorBuilder quota(String action, Quota quota) {
    quotas.put(action, quota);
    return this;
  }

  /**
   * Sets the time an instance is {@code STOPPING}. Default: 1 s.
   *
   * @throws IllegalArgumentException if {@code stopDelay} is not 0 to 365 days
   */
  public EcsSimulatorBuilder stopDelay(Duration stopDelay) {
    this.stopDelay = Preconditions.notNegative("stopDelay", stopDelay);
    return this;
  }

  /**
   * Sets the time an instance is in any other transient state. Default: 1 s.
   *
   * @throws IllegalArgumentException if {@code startDelay} is not 0 to 365 days
   */
  public EcsSimulatorBuilder startDelay(Duration startDelay) {
    this.startDelay = Preconditions.notNegative("startDelay", startDelay);
    return this;
  }

  /**
   * Sets how many instances that are stopped with {@code StopCharging} can be started; the starts
   * of others fail with {@code Insufficient.InstanceCapacity}. An instance that was stopped
   * otherwise has kept its resources. Default: any number.
   *
   * @throws IllegalArgumentException if {@code startCapacity} is negative
   * @see EcsSimulator#setStartCapacity
   */
  public EcsSimulatorBuilder startCapacity(int startCapacity) {
    this.startCapacity = Fleet.requireCapacity(startCapacity);
    return this;
  }

  /**
   * Sets the delay of every reply; until then the client token of the call is in process. Default:
   * 0 s.
   *
   * @throws IllegalArgumentException if {@code latency} is not 0 to 365 days
   */
  public EcsSimulatorBuilder latency(Duration latency) {
    this.latency = Preconditions.notNegative("latency", latency);
    return this;
  }

  /**
   * Sets the largest accepted difference between the time of a signature and the clock. Default: 15
   * min.
   *
   * @throws IllegalArgumentException if {@code maxClockSkew} is not 1 ms to 365 days
   */
  public EcsSimulatorBuilder maxClockSkew(Duration maxClockSkew) {
    this.maxClockSkew = Preconditions.positive("maxClockSkew", maxClockSkew);
    return this;
  }

  /** Sets the seed of the random faults. Default: 1. */
  public EcsSimulatorBuilder seed(long seed) {
    this.seed = seed;
    return this;
  }

  /** Sets the plan of random faults. Default: none. */
  public EcsSimulatorBuilder faults(RandomFaults faults) {
    this.faults = Objects.requireNonNull(faults, "faults");
    return this;
  }

  /**
   * Sets whether a {@code StopInstances} call with the token of an earlier one gets the reply of
   * that call. Otherwise its instances are checked again, and those that the first call stopped are
   * rejected by their status. The service documents neither. Default: {@code true}.
   */
  public EcsSimulatorBuilder replayBatches(boolean replayBatches) {
    this.replayBatches = replayBatches;
    return this;
  }

  /**
   * Sets whether replies to {@code StopInstances} name the instances in an order drawn from the
   * seed, and not in that of the request. The service documents no order. Default: {@code false}.
   */
  public EcsSimulatorBuilder shuffleBatchReplies(boolean shuffleBatchReplies) {
    this.shuffleBatchReplies = shuffleBatchReplies;
    return this;
  }

  /**
   * Sets whether {@code StopInstances} is rejected as a whole, without any effect, if one of its
   * instances cannot be stopped, as other services do. Default: {@code false}, as documented.
   */
  public EcsSimulatorBuilder rejectWholeBatches(boolean rejectWholeBatches) {
    this.rejectWholeBatches = rejectWholeBatches;
    return this;
  }

  /** Sets the wall clock for signatures and the {@code Date} header. Default: the system clock. */
  public EcsSimulatorBuilder clock(InstantSource clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
    return this;
  }

  /**
   * Sets the scheduler whose time drives states, quotas and delays; with virtual time they are
   * exact. Default: {@link Schedulers#parallel()}.
   */
  public EcsSimulatorBuilder scheduler(Scheduler scheduler) {
    this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
    return this;
  }

  /** Starts one simulator per subscription; fails if the port is in use. */
  public Mono<EcsSimulator> start() {
    EcsSimulatorBuilder copy = complete();
    return Mono.defer(() -> new EcsSimulator.Unbound(copy).bind());
  }

  /** Starts a simulator and blocks until it listens. */
  public EcsSimulator startNow() {
    return new EcsSimulator.Unbound(complete()).bindNow();
  }

  String regionName() {
    return region == null ? DEFAULT_REGION : region;
  }

  // A simulator keeps the options of its start: later changes of this builder do not affect it.
  private EcsSimulatorBuilder complete() {
    EcsSimulatorBuilder copy = new EcsSimulatorBuilder(this);
    if (copy.keys.isEmpty()) {
      copy.accessKey(EcsSimulator.SAMPLE_ACCESS_KEY_ID, EcsSimulator.SAMPLE_SECRET_ACCESS_KEY);
    }
    return copy;
  }
}

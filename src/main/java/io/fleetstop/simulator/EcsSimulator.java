package io.fleetstop.simulator;

import io.fleetstop.error.ErrorCode;
import io.netty.channel.group.ChannelGroup;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.FutureMono;
import reactor.netty.resources.LoopResources;

/**
 * A server on the loopback interface that behaves as the documented ECS service: it verifies
 * signatures, keeps instances in their states, remembers client tokens, holds to quotas, and fails
 * as it is told to. {@code StopInstance}, {@code StartInstance} and {@code DescribeInstances} are
 * the actions it knows.
 *
 * <p>{@link #ledger()} tells what really happened, whatever clients were told. All access keys
 * belong to one account, so that instances, quotas and client tokens are shared by them.
 *
 * <p>Thread-safe. Whoever starts a simulator disposes it; it has threads of its own, which end with
 * it.
 */
public final class EcsSimulator implements Disposable {

  /** The key that is let in if no other is named. It opens nothing else. */
  public static final String SAMPLE_ACCESS_KEY_ID = "AKLTfleetstopsimulatorsample";

  /** The secret of {@link #SAMPLE_ACCESS_KEY_ID}. */
  public static final String SAMPLE_SECRET_ACCESS_KEY = "c2ltdWxhdG9yLW9ubHktbm90LWEtc2VjcmV0";

  private final DisposableServer server;
  private final ChannelGroup connections;
  private final LoopResources loops;
  private final Gateway gateway;
  private final Fleet fleet;
  private final Ledger ledger;
  private final Builder options;

  private EcsSimulator(DisposableServer server, ServerParts parts) {
    this.server = server;
    this.connections = parts.connections;
    this.loops = parts.loops;
    this.gateway = parts.gateway;
    this.fleet = parts.fleet;
    this.ledger = parts.ledger;
    this.options = parts.options;
  }

  /** Starts the description of a simulator that has no instances. */
  public static Builder builder() {
    return new Builder();
  }

  /** Where clients call it: {@code http://host:port}. */
  public URI endpoint() {
    return URI.create("http://" + options.host + ":" + port());
  }

  /** The port it listens on. */
  public int port() {
    return server.port();
  }

  /** The first access key that is let in. */
  public String accessKeyId() {
    return options.keys.keySet().iterator().next();
  }

  /** The secret of {@link #accessKeyId()}. */
  public String secretAccessKey() {
    return options.keys.values().iterator().next().secretKey();
  }

  /** The region its instances are in. */
  public String region() {
    return options.regionName();
  }

  /** The ids of all instances that it ever had, in their order. */
  public List<String> ids() {
    return fleet.ids();
  }

  /** What really happened. */
  public Ledger ledger() {
    return ledger;
  }

  /** How many calls arrived. */
  public long calls() {
    return ledger.calls();
  }

  /**
   * The status an instance is in.
   *
   * @throws IllegalArgumentException if there is none of that id, or no more
   */
  public String status(String instanceId) {
    return machine(instanceId).phase(gateway.now()).status();
  }

  /**
   * Puts an instance into a status, from which it goes on as {@link SimulatedInstance} says.
   *
   * @throws IllegalArgumentException if there is none of that id, or no more
   */
  public void setState(String instanceId, String status) {
    machine(instanceId).force(status, gateway.now());
  }

  /**
   * Puts an instance under a condition for some time from now.
   *
   * @throws IllegalArgumentException if there is none of that id, or no more
   */
  public void setCondition(String instanceId, Condition condition, Duration lasting) {
    machine(instanceId)
        .setCondition(condition, Durations.positive("lasting", lasting), gateway.now());
  }

  /** Adds an instance. */
  public void add(SimulatedInstance instance) {
    fleet.add(instance, gateway.now());
  }

  /**
   * Answers the next {@code times} calls about {@code target} with an error, before any effect.
   * Counts calls that passed the signature check and the quota; orders for one target are served
   * one after the other, those for an instance before those for its action.
   *
   * @param target an instance's id, for calls with that {@code InstanceId}, or an action's name
   * @param code any code that the service can send
   * @param times how often, at least 1
   */
  public void failNext(String target, ErrorCode code, int times) {
    gateway.errors().add(target, sendable(code), times);
  }

  /** As {@link #failNext}, for ever or until {@link #heal}. */
  public void failAlways(String target, ErrorCode code) {
    gateway.errors().addAlways(target, sendable(code));
  }

  /** Lets a fault befall the next {@code times} calls about {@code target}. */
  public void faultNext(String target, Fault fault, int times) {
    gateway.faults().add(target, fault, times);
  }

  /** Lets a fault befall all calls about {@code target} until {@link #heal}. */
  public void faultAlways(String target, Fault fault) {
    gateway.faults().addAlways(target, fault);
  }

  /** Forgets what {@code failNext} and its like ordered for {@code target}. */
  public void heal(String target) {
    gateway.errors().clear(target);
    gateway.faults().clear(target);
  }

  /** Changes the quota of every action; each starts afresh. */
  public void setQuota(Quota quota) {
    gateway.setQuota(quota);
  }

  /** Changes the quota of one action, which starts afresh. */
  public void setQuota(String action, Quota quota) {
    gateway.setQuota(action, quota);
  }

  /** Changes what befalls calls at random. */
  public void setFaults(FaultPlan faults) {
    gateway.setPlan(faults);
  }

  /** Changes how long every answer is held back. */
  public void setLatency(Duration latency) {
    gateway.setLatencyNanos(Durations.nanos(Durations.notNegative("latency", latency)));
  }

  /** Closes the port and all connections at once, without waiting; see {@link #disposeLater()}. */
  @Override
  public void dispose() {
    disposeLater().subscribe();
  }

  @Override
  public boolean isDisposed() {
    return server.isDisposed();
  }

  /** Closes the port and all connections at once; completes when that is done. Cold. */
  public Mono<Void> disposeLater() {
    return Mono.defer(
        () -> {
          server.dispose();
          return FutureMono.deferFuture(connections::close)
              .then(server.onDispose())
              .doFinally(end -> loops.dispose());
        });
  }

  /**
   * Takes no new connections, lets the calls in progress end for at most {@code patience}, then
   * closes the rest. Cold; waits on {@link Schedulers#boundedElastic()}.
   */
  public Mono<Void> disposeGracefully(Duration patience) {
    Durations.positive("patience", patience);
    return Mono.<Void>fromRunnable(() -> server.disposeNow(patience))
        .subscribeOn(Schedulers.boundedElastic())
        // What outlasts the patience is an error to the server, and to us the reason to close it.
        .onErrorComplete(IllegalStateException.class)
        .then(disposeLater());
  }

  /** Completes when the simulator was disposed. */
  public Mono<Void> onDispose() {
    return server.onDispose();
  }

  /** The address, and what has happened so far. */
  @Override
  public String toString() {
    return "EcsSimulator[" + endpoint() + ", " + ledger + "]";
  }

  private InstanceRuntime machine(String instanceId) {
    InstanceRuntime machine = fleet.find(instanceId, gateway.now());
    if (machine == null) {
      throw new IllegalArgumentException("no instance has the id " + instanceId);
    }
    return machine;
  }

  private static ErrorCode sendable(ErrorCode code) {
    if (code.scope() == ErrorCode.Scope.CLIENT) {
      throw new IllegalArgumentException("code must be one of the service, was " + code.code());
    }
    return code;
  }

  /** Collects what a simulator is like. Not thread-safe; one builder can start several. */
  public static final class Builder {

    private static final String DEFAULT_REGION = "cn-beijing";

    String host = "127.0.0.1";
    int port;
    int generated;
    final List<SimulatedInstance> instances = new ArrayList<>();
    final Map<String, SignatureVerifier.Key> keys = new LinkedHashMap<>();
    @Nullable String region;
    Quota quota = Quota.unlimited();
    final Map<String, Quota> quotas = new LinkedHashMap<>();
    Duration stopDelay = Duration.ofSeconds(1);
    Duration startDelay = Duration.ofSeconds(1);
    Duration latency = Duration.ZERO;
    Duration maxClockSkew = Duration.ofMinutes(15);
    long seed = 1;
    FaultPlan faults = FaultPlan.none();
    InstantSource clock = InstantSource.system();
    Scheduler scheduler = Schedulers.parallel();

    private Builder() {}

    private Builder(Builder other) {
      this.host = other.host;
      this.port = other.port;
      this.generated = other.generated;
      this.instances.addAll(other.instances);
      this.keys.putAll(other.keys);
      this.region = other.region;
      this.quota = other.quota;
      this.quotas.putAll(other.quotas);
      this.stopDelay = other.stopDelay;
      this.startDelay = other.startDelay;
      this.latency = other.latency;
      this.maxClockSkew = other.maxClockSkew;
      this.seed = other.seed;
      this.faults = other.faults;
      this.clock = other.clock;
      this.scheduler = other.scheduler;
    }

    /** The address to listen on. Default {@code 127.0.0.1}. */
    public Builder host(String host) {
      this.host = Objects.requireNonNull(host, "host");
      return this;
    }

    /** The port to listen on, 1 to 65535. Default a free one. */
    public Builder port(int port) {
      if (port < 1 || port > 65_535) {
        throw new IllegalArgumentException("port must be 1 to 65535, was " + port);
      }
      this.port = port;
      return this;
    }

    /**
     * Adds {@code count} running instances, {@code i-sim0000000001} and so on, spread evenly over
     * zones {@code a} to {@code c}, the projects {@code default}, {@code batch} and {@code web},
     * the networks {@code vpc-sim01} and {@code vpc-sim02}, and the tags {@code env} (dev, staging,
     * prod) and {@code role} (web, worker).
     */
    public Builder instances(int count) {
      if (count < 1) {
        throw new IllegalArgumentException("instances must be at least 1, was " + count);
      }
      generated += count;
      return this;
    }

    /** Adds an instance in a status, with everything else as by default. */
    public Builder instance(String id, String status) {
      return instance(SimulatedInstance.of(id, status));
    }

    /** Adds an instance. */
    public Builder instance(SimulatedInstance instance) {
      instances.add(Objects.requireNonNull(instance, "instance"));
      return this;
    }

    /**
     * Lets a permanent key in. Default {@link EcsSimulator#SAMPLE_ACCESS_KEY_ID} alone, as long as
     * none is named.
     */
    public Builder accessKey(String accessKeyId, String secretAccessKey) {
      keys.put(accessKeyId, new SignatureVerifier.Key(secretAccessKey, null));
      return this;
    }

    /** Lets a temporary key in, with its session token only. */
    public Builder accessKey(String accessKeyId, String secretAccessKey, String sessionToken) {
      Objects.requireNonNull(sessionToken, "sessionToken");
      keys.put(accessKeyId, new SignatureVerifier.Key(secretAccessKey, sessionToken));
      return this;
    }

    /**
     * The one region that has the instances; in others there are none. Default {@code cn-beijing}
     * for their zones, and shown in every region.
     */
    public Builder region(String region) {
      this.region = Objects.requireNonNull(region, "region");
      return this;
    }

    /** The quota of every action that has none of its own. Default unlimited. */
    public Builder quota(Quota quota) {
      this.quota = Objects.requireNonNull(quota, "quota");
      return this;
    }

    /** The quota of one action. */
    public Builder quota(String action, Quota quota) {
      quotas.put(action, quota);
      return this;
    }

    /** How long an instance is {@code STOPPING}. Default 1 s. */
    public Builder stopDelay(Duration stopDelay) {
      this.stopDelay = Durations.notNegative("stopDelay", stopDelay);
      return this;
    }

    /** How long an instance is in any other passing state. Default 1 s. */
    public Builder startDelay(Duration startDelay) {
      this.startDelay = Durations.notNegative("startDelay", startDelay);
      return this;
    }

    /** How long every answer is held back; the call's token is in process so long. Default 0. */
    public Builder latency(Duration latency) {
      this.latency = Durations.notNegative("latency", latency);
      return this;
    }

    /** How far a signature's time may be from the clock, to either side. Default 15 min. */
    public Builder maxClockSkew(Duration maxClockSkew) {
      this.maxClockSkew = Durations.positive("maxClockSkew", maxClockSkew);
      return this;
    }

    /** What the faults are drawn from. Default 1. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /** What befalls calls at random. Default nothing. */
    public Builder faults(FaultPlan faults) {
      this.faults = Objects.requireNonNull(faults, "faults");
      return this;
    }

    /** The time of day, for signatures and the {@code Date} header. Default the system's. */
    public Builder clock(InstantSource clock) {
      this.clock = Objects.requireNonNull(clock, "clock");
      return this;
    }

    /**
     * Whose time moves states, quotas and delays; a virtual one makes them exact. Default {@link
     * Schedulers#parallel()}.
     */
    public Builder scheduler(Scheduler scheduler) {
      this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
      return this;
    }

    /** Starts a simulator per subscription; fails if the port is taken. */
    public Mono<EcsSimulator> start() {
      Builder copy = complete();
      return Mono.defer(
          () -> {
            ServerParts parts = new ServerParts(copy);
            return parts
                .server()
                .bind()
                .<EcsSimulator>map(server -> new EcsSimulator(server, parts))
                .doOnError(e -> parts.loops.dispose());
          });
    }

    /** Starts a simulator and waits until it listens; not for threads that must not block. */
    public EcsSimulator startNow() {
      ServerParts parts = new ServerParts(complete());
      try {
        return new EcsSimulator(parts.server().bindNow(), parts);
      } catch (RuntimeException e) {
        parts.loops.dispose();
        throw e;
      }
    }

    String regionName() {
      return region == null ? DEFAULT_REGION : region;
    }

    // Later changes to this builder must not reach a simulator that was started from it.
    private Builder complete() {
      Builder copy = new Builder(this);
      if (copy.keys.isEmpty()) {
        copy.accessKey(SAMPLE_ACCESS_KEY_ID, SAMPLE_SECRET_ACCESS_KEY);
      }
      return copy;
    }
  }
}

package io.fleetstop.simulator;

import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.Preconditions;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;

/**
 * A server on the loopback interface that behaves like the documented ECS service: it verifies
 * signatures, tracks instance states and client tokens, enforces quotas and injects faults. It
 * supports {@code StopInstance}, {@code StopInstances}, {@code StartInstance}, {@code
 * DescribeInstances} and {@code DescribeRegions}. {@link CloudSimulator} has several accounts and
 * regions.
 *
 * <p>{@link #ledger()} records what the service did, including effects whose reply was lost. All
 * access keys belong to one account and share its instances, quotas and client tokens.
 *
 * <p>Thread-safe. The caller that starts a simulator must dispose it, which also ends its threads.
 */
public final class EcsSimulator implements Disposable {

  /** The access key that is accepted when none is configured. Valid for simulators only. */
  public static final String SAMPLE_ACCESS_KEY_ID = "AKLTfleetstopsimulatorsample";

  /** The secret of {@link #SAMPLE_ACCESS_KEY_ID}. */
  public static final String SAMPLE_SECRET_ACCESS_KEY = "c2ltdWxhdG9yLW9ubHktbm90LWEtc2VjcmV0";

  private final DisposableServer server;
  private final LoopbackServer loopback;
  private final Gateway gateway;
  private final Fleet fleet;
  private final Ledger ledger;
  private final EcsSimulatorBuilder options;

  private EcsSimulator(DisposableServer server, Unbound unbound) {
    this.server = server;
    this.loopback = unbound.loopback;
    this.gateway = unbound.gateway;
    this.fleet = unbound.fleet;
    this.ledger = unbound.ledger;
    this.options = unbound.options;
  }

  /** A builder for a simulator without instances. */
  public static EcsSimulatorBuilder builder() {
    return new EcsSimulatorBuilder();
  }

  /** The address clients call: {@code http://host:port}. */
  public URI endpoint() {
    return URI.create("http://" + options.host + ":" + port());
  }

  /** The port it listens on. */
  public int port() {
    return server.port();
  }

  /** The first access key that is accepted. */
  public String accessKeyId() {
    return options.keys.keySet().iterator().next();
  }

  /** The secret of {@link #accessKeyId()}. */
  public String secretAccessKey() {
    return options.keys.values().iterator().next().secretKey();
  }

  /** The region of the instances. */
  public String region() {
    return options.regionName();
  }

  /** The ids of all instances, deleted ones included, in the order they were added. */
  public List<String> ids() {
    return fleet.ids();
  }

  /** The record of all calls and their effects. */
  public Ledger ledger() {
    return ledger;
  }

  /** The number of calls that arrived. */
  public long calls() {
    return ledger.calls();
  }

  /**
   * The current status of an instance.
   *
   * @throws IllegalArgumentException if no instance has the id, or it was deleted
   */
  public String status(String instanceId) {
    return instance(instanceId).phase(gateway.now()).status();
  }

  /**
   * Forces an instance into a status. It moves on from there as {@link SimulatedInstance}
   * describes.
   *
   * @throws IllegalArgumentException if no instance has the id, or it was deleted
   */
  public void setState(String instanceId, String status) {
    instance(instanceId).force(status, gateway.now());
  }

  /**
   * Sets a condition on an instance for a duration from now.
   *
   * @throws IllegalArgumentException if no instance has the id, or it was deleted
   */
  public void setCondition(String instanceId, Condition condition, Duration lasting) {
    instance(instanceId)
        .setCondition(condition, Preconditions.positive("lasting", lasting), gateway.now());
  }

  /**
   * Sets how many instances that are stopped with {@code StopCharging} can be started from now on.
   *
   * @throws IllegalArgumentException if {@code startCapacity} is negative
   */
  public void setStartCapacity(int startCapacity) {
    fleet.setCapacity(startCapacity);
  }

  /** Adds an instance. */
  public void add(SimulatedInstance instance) {
    fleet.add(instance, gateway.now());
  }

  /**
   * Rejects the next {@code times} calls to {@code target} with an error, before any effect. Only
   * calls that passed the signature check and the quota count. Scripted errors of one target apply
   * in order, those of an instance before those of its action. In a {@code StopInstances} call the
   * error of an instance is that of its result.
   *
   * @param target an instance id, for calls with that {@code InstanceId}, or an action name
   * @param code any code of the service
   * @param times the number of calls, at least 1
   */
  public void failNext(String target, ErrorCode code, int times) {
    gateway.errors().add(target, sendable(code), times);
  }

  /** Like {@link #failNext}, until {@link #clearFaults}. */
  public void failAlways(String target, ErrorCode code) {
    gateway.errors().addAlways(target, sendable(code));
  }

  /** Injects a fault into the next {@code times} calls to {@code target}. */
  public void faultNext(String target, Fault fault, int times) {
    gateway.faults().add(target, fault, times);
  }

  /** Injects a fault into every call to {@code target} until {@link #clearFaults}. */
  public void faultAlways(String target, Fault fault) {
    gateway.faults().addAlways(target, fault);
  }

  /** Clears all scripted errors and faults of {@code target}. */
  public void clearFaults(String target) {
    gateway.errors().clear(target);
    gateway.faults().clear(target);
  }

  /** Replaces the quota of every action; all counters restart. */
  public void setQuota(Quota quota) {
    gateway.setQuota(quota);
  }

  /** Replaces the quota of one action; its counter restarts. */
  public void setQuota(String action, Quota quota) {
    gateway.setQuota(action, quota);
  }

  /** Replaces the plan of random faults. */
  public void setFaults(RandomFaults faults) {
    gateway.setPlan(faults);
  }

  /** Sets the delay of every reply. */
  public void setLatency(Duration latency) {
    gateway.setLatencyNanos(Preconditions.notNegative("latency", latency).toNanos());
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

  /**
   * Accepts no new connections, waits at most {@code timeout} for calls in progress, then closes
   * the remaining connections. Cold; waits on {@link Schedulers#boundedElastic()}.
   */
  public Mono<Void> disposeGracefully(Duration timeout) {
    Preconditions.positive("timeout", timeout);
    return Mono.<Void>fromRunnable(() -> server.disposeNow(timeout))
        .subscribeOn(Schedulers.boundedElastic())
        // The server reports calls that outlast the timeout as an error; disposeLater closes them.
        .onErrorComplete(IllegalStateException.class)
        .then(disposeLater());
  }

  /** Completes when the simulator is disposed. */
  public Mono<Void> onDispose() {
    return server.onDispose();
  }

  /** The address and the counters. */
  @Override
  public String toString() {
    return "EcsSimulator[" + endpoint() + ", " + ledger + "]";
  }

  private InstanceRuntime instance(String instanceId) {
    InstanceRuntime instance = fleet.find(instanceId, gateway.now());
    if (instance == null) {
      throw new IllegalArgumentException(
          "no instance has the id " + instanceId + "; use one of ids()");
    }
    return instance;
  }

  private static ErrorCode sendable(ErrorCode code) {
    if (code.scope() == ErrorCode.Scope.CLIENT) {
      throw new IllegalArgumentException(
          "code must be a code of the service, was the client code " + code.code());
    }
    return code;
  }

  /** A simulator whose port is not bound yet. */
  static final class Unbound {

    private final EcsSimulatorBuilder options;
    private final Fleet fleet;
    private final Ledger ledger = new Ledger();
    private final Gateway gateway;
    private final LoopbackServer loopback;

    Unbound(EcsSimulatorBuilder options) {
      this.options = options;
      this.fleet = new Fleet(options);
      SignatureVerifier verifier =
          new SignatureVerifier(options.keys, options.clock, options.maxClockSkew);
      this.gateway = new Gateway(verifier, fleet, ledger, options);
      long now = gateway.now();
      for (int i = 1; i <= options.generated; i++) {
        fleet.add(SimulatedInstance.generated(i, options.regionName()), now);
      }
      options.instances.forEach(spec -> fleet.add(spec, now));
      this.loopback =
          new LoopbackServer(
              options, new GatewayHttpHandler(gateway, options.clock, options.scheduler));
    }

    Mono<EcsSimulator> bind() {
      return loopback.bind(server -> new EcsSimulator(server, this));
    }

    EcsSimulator bindNow() {
      return new EcsSimulator(loopback.bindNow(), this);
    }
  }
}

package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.model.EcsAction;
import io.fleetstop.simulator.SignatureVerifier.SignedRequest;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.node.ObjectNode;

/**
 * Handles one request: authentication, quota, scripted errors, then the operation. It knows no
 * sockets; {@link GatewayHttpHandler} sends the response and damages it as the fault demands.
 */
final class Gateway implements GatewayHttpHandler.RequestHandler {

  /** An action of the service. */
  @FunctionalInterface
  interface Operation {

    /** Returns the {@code Result} of the call; rejects it by throwing an {@link ApiError}. */
    ObjectNode run(OperationRequest request);
  }

  /**
   * A request that the gateway admitted.
   *
   * @param action the action
   * @param query the parameters
   * @param fleet the instances of the requested region
   * @param now the time of arrival
   * @param answeredAt the time of the reply
   */
  record OperationRequest(
      String action, RequestQuery query, Fleet fleet, long now, long answeredAt) {}

  /**
   * The response to a request.
   *
   * @param requestId the request id
   * @param status the HTTP status
   * @param body the JSON body
   * @param retryAfterSeconds the {@code Retry-After} header, 0 for none
   * @param delayNanos the delay of the response
   * @param fault the injected fault, or {@code null}
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record SimulatedResponse(
      String requestId,
      int status,
      byte[] body,
      long retryAfterSeconds,
      long delayNanos,
      @Nullable Fault fault) {}

  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

  // The stride of SplitMix64: the n-th draw depends on the seed and n only, without a lock.
  private static final long DRAW_STRIDE = 0x9E3779B97F4A7C15L;

  static final String REGIONS = "DescribeRegions";

  private final SignatureVerifier verifier;
  private final ReplyEncoder replies;
  private final Fleet fleet;
  private final Fleet emptyFleet;
  private final @Nullable String region;
  private final long account;
  private final boolean denied;
  private final Ledger ledger;
  private final Scheduler scheduler;
  private final Map<String, Operation> operations;
  private final Map<String, Quota.Gate> gates = new ConcurrentHashMap<>();
  private final ScriptedFaults<ErrorCode> errors = new ScriptedFaults<>();
  private final ScriptedFaults<Fault> faults = new ScriptedFaults<>();
  private final AtomicLong drawState;
  private volatile RandomFaults plan;
  private volatile long latencyNanos;

  Gateway(SignatureVerifier verifier, Fleet fleet, Ledger ledger, EcsSimulatorBuilder options) {
    this.verifier = verifier;
    this.fleet = fleet;
    this.emptyFleet = new Fleet(options);
    this.region = options.region;
    this.account = options.account;
    this.denied = options.denied;
    this.ledger = ledger;
    this.scheduler = options.scheduler;
    this.replies = new ReplyEncoder(options.clock, options.seed);
    this.drawState = new AtomicLong(options.seed);
    this.plan = options.faults;
    this.latencyNanos = options.latency.toNanos();
    IdempotencyStore tokens = new IdempotencyStore();
    PowerOperation.Stop stop = new PowerOperation.Stop(tokens, ledger);
    this.operations =
        Map.of(
            "StopInstance",
            stop,
            "StopInstances",
            new BatchStopOperation(tokens, stop, errors, options),
            "StartInstance",
            new PowerOperation.Start(tokens, ledger),
            "DescribeInstances",
            new DescribeOperation(options.clock),
            REGIONS,
            DescribeOperation.regions(regionsOf(options)));
    operations.keySet().forEach(action -> setQuota(action, options.quota));
    options.quotas.forEach(this::setQuota);
  }

  private static List<String> regionsOf(EcsSimulatorBuilder options) {
    return options.regions.isEmpty() ? List.of(options.regionName()) : options.regions;
  }

  ScriptedFaults<ErrorCode> errors() {
    return errors;
  }

  ScriptedFaults<Fault> faults() {
    return faults;
  }

  void setPlan(RandomFaults plan) {
    this.plan = plan;
  }

  void setLatencyNanos(long latencyNanos) {
    this.latencyNanos = latencyNanos;
  }

  void setQuota(Quota quota) {
    operations.keySet().forEach(action -> setQuota(action, quota));
  }

  void setQuota(String action, Quota quota) {
    if (!operations.containsKey(action)) {
      throw new IllegalArgumentException(
          "action must be one of " + operations.keySet() + ", was " + action);
    }
    gates.put(action, new Quota.Gate(quota, now()));
  }

  long now() {
    return scheduler.now(TimeUnit.NANOSECONDS);
  }

  /** Handles a request; its effect is complete on return. */
  @Override
  public SimulatedResponse handle(SignedRequest request) {
    long arrival = now();
    RequestQuery query = request.query();
    String action = query.nonEmpty("Action");
    if (SimulatedIdentity.ACTION.equals(action)) {
      return identity(request, query);
    }
    String id = query.nonEmpty("InstanceId");
    String name = action == null ? "" : action;
    long number = ledger.recordArrival(name, operations.containsKey(name));
    recordStopCalls(query, name, id, arrival);
    Fault fault = nextFault(name, id);
    long delay = latencyNanos + (fault == Fault.SLOW ? plan.slowBy().toNanos() : 0);
    Draft draft = new Draft(replies.requestId(), arrival, arrival + delay);
    process(request, name, id, fault, draft);
    ledger.recordReply(
        new Ledger.Call(
            number,
            arrival,
            name,
            id,
            query.nonEmpty("ClientToken"),
            draft.status,
            draft.code,
            fault));
    return new SimulatedResponse(
        draft.requestId, draft.status, draft.body, draft.retryAfterSeconds, delay, fault);
  }

  private void recordStopCalls(
      RequestQuery query, String action, @Nullable String id, long arrival) {
    List<String> named =
        switch (action) {
          case "StopInstance" -> id == null ? List.of() : List.of(id);
          case "StopInstances" -> BatchStopOperation.idsOf(query);
          default -> List.of();
        };
    for (String one : named) {
      if (fleet.find(one, arrival) != null) {
        ledger.recordStopCall(one, query.nonEmpty("ClientToken"));
      }
    }
  }

  /** Answers for STS, whose calls have no quota, no faults and no place in the ledger. */
  private SimulatedResponse identity(SignedRequest request, RequestQuery query) {
    String requestId = replies.requestId();
    try {
      SignatureParameters caller = verifier.verify(request);
      if (!caller.service().equals(SimulatedIdentity.SERVICE)
          || !SimulatedIdentity.VERSION.equals(query.get("Version"))) {
        throw ApiError.of(
            GatewayErrors.INVALID_ACTION_OR_VERSION,
            SimulatedIdentity.ACTION,
            query.get("Version"));
      }
      byte[] body =
          replies.success(requestId, query, caller, SimulatedIdentity.of(caller, account));
      return new SimulatedResponse(requestId, 200, body, 0, latencyNanos, null);
    } catch (ApiError error) {
      byte[] body = replies.failure(requestId, query, null, error.code(), error.text());
      return new SimulatedResponse(requestId, error.httpStatus(), body, 0, latencyNanos, null);
    }
  }

  private @Nullable Fault nextFault(String action, @Nullable String id) {
    Fault scripted = faults.take(id);
    if (scripted == null) {
      scripted = faults.take(action);
    }
    RandomFaults current = plan;
    if (scripted != null || !current.appliesTo(action)) {
      return scripted;
    }
    return current.pick(new SplittableRandom(drawState.addAndGet(DRAW_STRIDE)).nextDouble());
  }

  private void process(
      SignedRequest request,
      String action,
      @Nullable String id,
      @Nullable Fault fault,
      Draft draft) {
    try {
      failBeforeEffect(fault);
      requireActionAndVersion(request.query());
      SignatureParameters caller = verifier.verify(request);
      draft.caller = caller;
      Operation operation = admit(request, action, caller);
      if (denied && !action.equals(REGIONS)) {
        throw ApiError.of(GatewayErrors.ACCESS_DENIED, "ecs:" + action, "trn:ecs:" + region);
      }
      acquireQuota(action, draft);
      failAsScripted(action, id);
      Fleet visible = region == null || region.equals(caller.region()) ? fleet : emptyFleet;
      ObjectNode result =
          operation.run(
              new OperationRequest(
                  action, request.query(), visible, draft.arrival, draft.answeredAt));
      if (fault == Fault.INTERNAL_ERROR_AFTER) {
        throw ApiError.of(EcsErrors.INTERNAL_ERROR);
      }
      draft.body = replies.success(draft.requestId, request.query(), caller, result);
    } catch (ApiError error) {
      reject(request, error, draft);
    } catch (RuntimeException e) {
      LOG.error("The simulator failed to process {}; the client gets InternalError", action, e);
      reject(request, ApiError.of(GatewayErrors.INTERNAL_ERROR), draft);
    }
  }

  private static void failBeforeEffect(@Nullable Fault fault) {
    if (fault == null || !fault.isBeforeEffect()) {
      return;
    }
    throw switch (fault) {
      case THROTTLE -> ApiError.of(GatewayErrors.FLOW_LIMIT_EXCEEDED);
      case PROCESSING -> ApiError.of(EcsErrors.IDEMPOTENT_PROCESSING);
      // Shown in the ledger for faults that send no code or no reply.
      default -> ApiError.of(EcsErrors.INTERNAL_ERROR);
    };
  }

  private static void requireActionAndVersion(RequestQuery query) {
    for (String name : new String[] {"Action", "Version"}) {
      if (query.nonEmpty(name) == null) {
        throw ApiError.of(GatewayErrors.MISSING_PARAMETER, name);
      }
    }
  }

  private Operation admit(SignedRequest request, String action, SignatureParameters caller) {
    if (!caller.service().equals("ecs")) {
      throw ApiError.of(GatewayErrors.SERVICE_NOT_FOUND, caller.service());
    }
    Operation operation = operations.get(action);
    String version = request.query().get("Version");
    if (operation == null || !EcsAction.ECS_VERSION.equals(version)) {
      throw ApiError.of(GatewayErrors.INVALID_ACTION_OR_VERSION, action, version);
    }
    if (!RequestQuery.canonicalPath(request.target()).equals("/")) {
      throw ApiError.of(GatewayErrors.INVALID_ACTION_OR_VERSION, action, version);
    }
    if (!request.method().equals("GET")) {
      throw ApiError.of(GatewayErrors.METHOD_NOT_ALLOWED);
    }
    return operation;
  }

  private void acquireQuota(String action, Draft draft) {
    Quota.Gate gate = gates.get(action);
    long wait = gate == null ? 0 : gate.tryAcquire(draft.arrival);
    if (gate != null && wait > 0) {
      if (gate.quota().isRetryAfter()) {
        draft.retryAfterSeconds = TimeUnit.NANOSECONDS.toSeconds(wait + 999_999_999L);
      }
      throw ApiError.of(
          gate.quota().isAccountLevel()
              ? GatewayErrors.ACCOUNT_FLOW_LIMIT_EXCEEDED
              : GatewayErrors.FLOW_LIMIT_EXCEEDED);
    }
  }

  private void failAsScripted(String action, @Nullable String id) {
    ErrorCode scripted = errors.take(id);
    if (scripted == null) {
      scripted = errors.take(action);
    }
    if (scripted != null) {
      throw ApiError.of(scripted);
    }
  }

  private void reject(SignedRequest request, ApiError error, Draft draft) {
    draft.status = error.httpStatus();
    draft.code = error.code().code();
    draft.body =
        replies.failure(draft.requestId, request.query(), draft.caller, error.code(), error.text());
  }

  /** A response under construction. */
  private static final class Draft {

    private final String requestId;
    private final long arrival;
    private final long answeredAt;
    private @Nullable SignatureParameters caller;
    private int status = 200;
    private String code = "";
    private byte[] body = new byte[0];
    private long retryAfterSeconds;

    Draft(String requestId, long arrival, long answeredAt) {
      this.requestId = requestId;
      this.arrival = arrival;
      this.answeredAt = answeredAt;
    }
  }
}

package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.model.EcsAction;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Scheduler;
import tools.jackson.databind.node.ObjectNode;

/**
 * Decides what one request is answered with: who sends it, whether it may, what it does. Knows no
 * sockets; what a fault does to the answer on its way is for {@link GatewayHttpHandler}.
 */
final class Gateway {

  private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);

  private final SignatureVerifier verifier;
  private final Replies replies;
  private final Fleet fleet;
  private final Fleet nothing;
  private final @Nullable String region;
  private final Ledger ledger;
  private final Scheduler scheduler;
  private final Map<String, Operation> operations;
  private final Map<String, QuotaGate> gates = new ConcurrentHashMap<>();
  private final ScriptedFaults<ErrorCode> errors = new ScriptedFaults<>();
  private final ScriptedFaults<Fault> faults = new ScriptedFaults<>();
  private final SeededRandom draws;
  private volatile FaultPlan plan;
  private volatile long latencyNanos;

  Gateway(SignatureVerifier verifier, Fleet fleet, Ledger ledger, EcsSimulator.Builder options) {
    this.verifier = verifier;
    this.fleet = fleet;
    this.nothing = new Fleet(options);
    this.region = options.region;
    this.ledger = ledger;
    this.scheduler = options.scheduler;
    this.replies = new Replies(options.clock, options.seed);
    this.draws = new SeededRandom(options.seed);
    this.plan = options.faults;
    this.latencyNanos = Durations.nanos(options.latency);
    IdempotencyStore tokens = new IdempotencyStore();
    this.operations =
        Map.of(
            "StopInstance", new PowerOperation.Stop(tokens, ledger),
            "StartInstance", new PowerOperation.Start(tokens, ledger),
            "DescribeInstances", new DescribeOperation());
    operations.keySet().forEach(action -> setQuota(action, options.quota));
    options.quotas.forEach(this::setQuota);
  }

  ScriptedFaults<ErrorCode> errors() {
    return errors;
  }

  ScriptedFaults<Fault> faults() {
    return faults;
  }

  void setPlan(FaultPlan plan) {
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
    gates.put(action, new QuotaGate(quota, now()));
  }

  long now() {
    return scheduler.now(TimeUnit.NANOSECONDS);
  }

  /** The answer to a request; whatever effect it has is done when this returns. */
  SimulatedResponse answer(SignedRequest request) {
    long arrival = now();
    RequestQuery query = request.query();
    String action = query.nonEmpty("Action");
    String id = query.nonEmpty("InstanceId");
    String name = action == null ? "" : action;
    long number = ledger.arrived(name, operations.containsKey(name));
    if (name.equals("StopInstance") && id != null && fleet.find(id, arrival) != null) {
      ledger.stopAsked(id, query.nonEmpty("ClientToken"));
    }
    Fault fault = nextFault(name, id);
    long delay = latencyNanos + (fault == Fault.SLOW ? Durations.nanos(plan.slowBy()) : 0);
    Draft draft = new Draft(replies.requestId(), arrival, arrival + delay);
    decide(request, name, id, fault, draft);
    ledger.answered(
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

  private @Nullable Fault nextFault(String action, @Nullable String id) {
    Fault ordered = faults.take(id);
    if (ordered == null) {
      ordered = faults.take(action);
    }
    FaultPlan current = plan;
    if (ordered != null || !current.concerns(action)) {
      return ordered;
    }
    return current.pick(draws.next());
  }

  private void decide(
      SignedRequest request,
      String action,
      @Nullable String id,
      @Nullable Fault fault,
      Draft draft) {
    try {
      spoil(fault);
      checkNamed(request.query());
      Authorization caller = verifier.verify(request);
      draft.caller = caller;
      Operation operation = admit(request, action, caller);
      enterQuota(action, draft);
      failAsOrdered(action, id);
      Fleet here = region == null || region.equals(caller.region()) ? fleet : nothing;
      ObjectNode result =
          operation.run(
              new GatewayRequest(action, request.query(), here, draft.arrival, draft.answeredAt));
      if (fault == Fault.INTERNAL_ERROR_AFTER) {
        throw ApiError.of(EcsErrors.INTERNAL_ERROR);
      }
      draft.body = replies.success(draft.requestId, request.query(), caller, result);
    } catch (ApiError refusal) {
      refuse(request, refusal, draft);
    } catch (RuntimeException e) {
      LOG.error("The simulator failed at {}", action, e);
      refuse(request, ApiError.of(GatewayErrors.INTERNAL_ERROR), draft);
    }
  }

  private static void spoil(@Nullable Fault fault) {
    if (fault == null || !fault.isBeforeEffect()) {
      return;
    }
    throw switch (fault) {
      case THROTTLE -> ApiError.of(GatewayErrors.FLOW_LIMIT_EXCEEDED);
      case PROCESSING -> ApiError.of(EcsErrors.IDEMPOTENT_PROCESSING);
      // The others answer with no code, or not at all: this is what the ledger shows for them.
      default -> ApiError.of(EcsErrors.INTERNAL_ERROR);
    };
  }

  private static void checkNamed(RequestQuery query) {
    for (String name : new String[] {"Action", "Version"}) {
      if (query.nonEmpty(name) == null) {
        throw ApiError.of(GatewayErrors.MISSING_PARAMETER, name);
      }
    }
  }

  private Operation admit(SignedRequest request, String action, Authorization caller) {
    if (!caller.service().equals("ecs")) {
      throw ApiError.of(GatewayErrors.SERVICE_NOT_FOUND, caller.service());
    }
    Operation operation = operations.get(action);
    String version = request.query().get("Version");
    if (operation == null || !EcsAction.ECS_VERSION.equals(version)) {
      throw ApiError.of(GatewayErrors.INVALID_ACTION_OR_VERSION, action, version);
    }
    if (!request.method().equals("GET")) {
      throw ApiError.of(GatewayErrors.METHOD_NOT_ALLOWED);
    }
    return operation;
  }

  private void enterQuota(String action, Draft draft) {
    QuotaGate gate = gates.get(action);
    long wait = gate == null ? 0 : gate.enter(draft.arrival);
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

  private void failAsOrdered(String action, @Nullable String id) {
    ErrorCode ordered = errors.take(id);
    if (ordered == null) {
      ordered = errors.take(action);
    }
    if (ordered != null) {
      throw ApiError.of(ordered);
    }
  }

  private void refuse(SignedRequest request, ApiError refusal, Draft draft) {
    draft.status = refusal.httpStatus();
    draft.code = refusal.code().code();
    draft.body =
        replies.failure(
            draft.requestId, request.query(), draft.caller, refusal.code(), refusal.text());
  }

  /** An answer in the making. */
  private static final class Draft {

    private final String requestId;
    private final long arrival;
    private final long answeredAt;
    private @Nullable Authorization caller;
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

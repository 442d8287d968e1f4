package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.model.StopInstance;
import io.fleetstop.simulator.Gateway.OperationRequest;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code StopInstance} and {@code StartInstance}: one instance, a client token, a dry run. */
abstract class PowerOperation implements Gateway.Operation {

  private final IdempotencyStore tokens;

  PowerOperation(IdempotencyStore tokens) {
    this.tokens = tokens;
  }

  /** The names of the parameters of the action. */
  abstract Set<String> parameters();

  /** The normalised parameters of the action: equal for identical requests. */
  abstract String fingerprint(RequestQuery query);

  /** Rejects the request if the instance does not allow the change. */
  abstract void check(InstanceRuntime instance, OperationRequest request);

  /** Changes the instance; returns {@code false} if its status has changed since the check. */
  abstract boolean change(InstanceRuntime instance, OperationRequest request);

  @Override
  public final ObjectNode run(OperationRequest request) {
    RequestQuery query = request.query();
    query.requireKnown(parameters()::contains);
    String id = query.nonEmpty("InstanceId");
    if (id == null) {
      throw ApiError.of(EcsErrors.MISSING_PARAMETER_INSTANCE_ID);
    }
    String token = query.get("ClientToken");
    checkToken(token);
    boolean dryRun = flag(query, "DryRun");
    String fingerprint = id + '\n' + dryRun + '\n' + fingerprint(query);
    boolean fresh = token != null && tokens.claimFresh(request, token, fingerprint);
    if (token != null && !fresh) {
      return JsonNodeFactory.instance.objectNode();
    }
    boolean done = false;
    try {
      InstanceRuntime instance = request.fleet().find(id, request.now());
      if (instance == null) {
        throw ApiError.of(EcsErrors.INVALID_INSTANCE_NOT_FOUND);
      }
      check(instance, request);
      if (dryRun) {
        throw ApiError.of(EcsErrors.DRY_RUN_OPERATION);
      }
      if (!change(instance, request)) {
        throw ApiError.of(EcsErrors.INVALID_INSTANCE_STATUS);
      }
      done = true;
    } finally {
      if (token != null) {
        if (done) {
          tokens.complete(request.action(), token, request.answeredAt(), null);
        } else {
          tokens.release(request.action(), token);
        }
      }
    }
    return JsonNodeFactory.instance.objectNode();
  }

  static boolean flag(RequestQuery query, String name) {
    String value = query.get(name);
    if (value == null || value.equals("false")) {
      return false;
    }
    if (value.equals("true")) {
      return true;
    }
    throw ApiError.of(EcsErrors.INVALID_ARGUMENT);
  }

  static void checkToken(@Nullable String token) {
    if (token != null
        && (token.isEmpty()
            || token.length() > StopInstance.MAX_CLIENT_TOKEN_LENGTH
            || token.chars().anyMatch(c -> c >= 0x80))) {
      throw ApiError.of(EcsErrors.INVALID_CLIENT_TOKEN_MALFORMED);
    }
  }

  /** Stops a running instance. */
  static final class Stop extends PowerOperation {

    private static final String STOP_CHARGING = StopInstance.StoppedMode.STOP_CHARGING.wireName();
    private static final String KEEP_CHARGING = StopInstance.StoppedMode.KEEP_CHARGING.wireName();

    private final Ledger ledger;

    Stop(IdempotencyStore tokens, Ledger ledger) {
      super(tokens);
      this.ledger = ledger;
    }

    @Override
    Set<String> parameters() {
      return Set.of("InstanceId", "ClientToken", "DryRun", "ForceStop", "StoppedMode");
    }

    @Override
    String fingerprint(RequestQuery query) {
      return mode(query) + flag(query, "ForceStop");
    }

    @Override
    void check(InstanceRuntime instance, OperationRequest request) {
      boolean stopCharging = mode(request.query()).equals(STOP_CHARGING);
      Condition condition = instance.rejecting(stopCharging, request.now());
      ErrorCode error = condition == null ? null : condition.code();
      if (error == null
          && !instance.phase(request.now()).status().equals(InstanceRuntime.RUNNING)) {
        error = EcsErrors.INVALID_INSTANCE_STATUS;
      }
      if (error == null && stopCharging && !instance.spec().chargeType().equals("PostPaid")) {
        error = EcsErrors.INVALID_STOPPED_MODE_CHARGE_TYPE_MISMATCH;
      }
      if (error != null) {
        throw ApiError.of(error);
      }
    }

    @Override
    boolean change(InstanceRuntime instance, OperationRequest request) {
      if (!instance.change(
          InstanceRuntime.RUNNING,
          InstanceRuntime.STOPPING,
          mode(request.query()),
          request.now())) {
        return false;
      }
      ledger.recordStop(instance.spec().id(), request.query().nonEmpty("ClientToken"));
      return true;
    }

    private static String mode(RequestQuery query) {
      String mode = query.get("StoppedMode");
      if (mode == null || mode.equals(KEEP_CHARGING)) {
        return KEEP_CHARGING;
      }
      if (mode.equals(STOP_CHARGING)) {
        return STOP_CHARGING;
      }
      throw ApiError.of(EcsErrors.INVALID_STOPPED_MODE_MALFORMED);
    }
  }

  /** Starts a stopped instance. */
  static final class Start extends PowerOperation {

    private final Ledger ledger;

    Start(IdempotencyStore tokens, Ledger ledger) {
      super(tokens);
      this.ledger = ledger;
    }

    @Override
    Set<String> parameters() {
      return Set.of("InstanceId", "ClientToken", "DryRun");
    }

    @Override
    String fingerprint(RequestQuery query) {
      return "";
    }

    @Override
    void check(InstanceRuntime instance, OperationRequest request) {
      InstanceRuntime.Phase phase = instance.phase(request.now());
      if (!phase.status().equals(InstanceRuntime.STOPPED)) {
        throw ApiError.of(EcsErrors.INVALID_INSTANCE_STATUS);
      }
      if (hasNoResources(phase) && !request.fleet().hasCapacity()) {
        throw ApiError.of(EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY);
      }
    }

    @Override
    boolean change(InstanceRuntime instance, OperationRequest request) {
      boolean needsCapacity = hasNoResources(instance.phase(request.now()));
      if (needsCapacity && !request.fleet().takeCapacity()) {
        throw ApiError.of(EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY);
      }
      if (!instance.change(InstanceRuntime.STOPPED, "STARTING", null, request.now())) {
        if (needsCapacity) {
          request.fleet().returnCapacity();
        }
        return false;
      }
      ledger.recordStart(instance.spec().id());
      return true;
    }

    private static boolean hasNoResources(InstanceRuntime.Phase phase) {
      return Stop.STOP_CHARGING.equals(phase.stoppedMode());
    }
  }
}

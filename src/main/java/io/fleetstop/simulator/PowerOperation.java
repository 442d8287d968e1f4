package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.model.StopInstance;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code StopInstance} and {@code StartInstance}: one instance, a client token, a dry run. */
abstract class PowerOperation implements Operation {

  private final IdempotencyStore tokens;

  PowerOperation(IdempotencyStore tokens) {
    this.tokens = tokens;
  }

  /** The parameters as they were meant: two calls are the same if these are equal. */
  abstract String meaning(RequestQuery query);

  /** Refuses the call if the instance cannot be changed so. */
  abstract void check(InstanceRuntime machine, GatewayRequest call);

  /** Changes the instance, unless its status is not the right one any more. */
  abstract boolean change(InstanceRuntime machine, GatewayRequest call);

  @Override
  public final ObjectNode run(GatewayRequest call) {
    RequestQuery query = call.query();
    String id = query.nonEmpty("InstanceId");
    if (id == null) {
      throw ApiError.of(EcsErrors.MISSING_PARAMETER_INSTANCE_ID);
    }
    String token = query.get("ClientToken");
    checkToken(token);
    boolean dryRun = flag(query, "DryRun");
    String meaning = id + '\n' + dryRun + '\n' + meaning(query);
    boolean fresh = token != null && isFresh(call, token, meaning);
    if (token != null && !fresh) {
      return JsonNodeFactory.instance.objectNode();
    }
    boolean done = false;
    try {
      InstanceRuntime machine = call.fleet().find(id, call.now());
      if (machine == null) {
        throw ApiError.of(EcsErrors.INVALID_INSTANCE_NOT_FOUND);
      }
      check(machine, call);
      if (dryRun) {
        throw ApiError.of(EcsErrors.DRY_RUN_OPERATION);
      }
      if (!change(machine, call)) {
        throw ApiError.of(EcsErrors.INVALID_INSTANCE_STATUS);
      }
      done = true;
    } finally {
      if (token != null) {
        if (done) {
          tokens.complete(call.action(), token, call.answeredAt());
        } else {
          tokens.release(call.action(), token);
        }
      }
    }
    return JsonNodeFactory.instance.objectNode();
  }

  private boolean isFresh(GatewayRequest call, String token, String meaning) {
    return switch (tokens.claim(call.action(), token, meaning, call.now())) {
      case FRESH -> true;
      case REPEATED -> false;
      case IN_PROCESS -> throw ApiError.of(EcsErrors.IDEMPOTENT_PROCESSING);
      case MISMATCH -> throw ApiError.of(EcsErrors.IDEMPOTENT_PARAMETER_MISMATCH);
    };
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

  private static void checkToken(@Nullable String token) {
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
    String meaning(RequestQuery query) {
      return mode(query) + flag(query, "ForceStop");
    }

    @Override
    void check(InstanceRuntime machine, GatewayRequest call) {
      boolean stopCharging = mode(call.query()).equals(STOP_CHARGING);
      Condition condition = machine.refusing(stopCharging, call.now());
      ErrorCode refusal = condition == null ? null : condition.code();
      if (refusal == null && !machine.phase(call.now()).status().equals(InstanceRuntime.RUNNING)) {
        refusal = EcsErrors.INVALID_INSTANCE_STATUS;
      }
      if (refusal == null && stopCharging && !machine.spec().chargeType().equals("PostPaid")) {
        refusal = EcsErrors.INVALID_STOPPED_MODE_CHARGE_TYPE_MISMATCH;
      }
      if (refusal != null) {
        throw ApiError.of(refusal);
      }
    }

    @Override
    boolean change(InstanceRuntime machine, GatewayRequest call) {
      if (!machine.change(
          InstanceRuntime.RUNNING, InstanceRuntime.STOPPING, mode(call.query()), call.now())) {
        return false;
      }
      ledger.stopped(machine.spec().id());
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
    String meaning(RequestQuery query) {
      return "";
    }

    @Override
    void check(InstanceRuntime machine, GatewayRequest call) {
      if (!machine.phase(call.now()).status().equals(InstanceRuntime.STOPPED)) {
        throw ApiError.of(EcsErrors.INVALID_INSTANCE_STATUS);
      }
    }

    @Override
    boolean change(InstanceRuntime machine, GatewayRequest call) {
      if (!machine.change(InstanceRuntime.STOPPED, "STARTING", null, call.now())) {
        return false;
      }
      ledger.started(machine.spec().id());
      return true;
    }
  }
}

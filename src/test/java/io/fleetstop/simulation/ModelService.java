package io.fleetstop.simulation;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A model of ECS: states, client tokens, a quota and a clock, without any code of the client. */
final class ModelService {

  /** How an instance behaves. */
  enum Kind {
    ORDINARY,
    STOPPED_BEFORE,
    STOPPING_BEFORE,
    STARTING,
    IN_ERROR,
    MISSING,
    LOCKED,
    NEVER_STOPS,
    OF_ANOTHER_SERVICE
  }

  /** A reply of the service. */
  record Reply(int status, String body) {

    /** The part that is equal for equal results. */
    String result() {
      return body.substring(Math.max(0, body.indexOf("\"Result\"")));
    }
  }

  /** An effect: an instance was told to stop, by a request of a life of the client. */
  record Effect(String instanceId, String token, int life) {}

  private static final class Machine {

    private final Kind kind;
    private String status;
    private long until = Long.MAX_VALUE;

    Machine(Kind kind, String status) {
      this.kind = kind;
      this.status = status;
    }
  }

  private static final DateTimeFormatter X_DATE =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'");
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final Duration MAX_SKEW = Duration.ofMinutes(15);

  private final SimulatedTime time;
  private final Duration stopDelay;
  private final double quota;
  private final BatchBehaviour batchBehaviour;
  private double tokensInBucket;
  private long refilledAt;
  private final Map<String, Machine> machines = new LinkedHashMap<>();
  private final Map<String, String> acceptedTokens = new HashMap<>();
  private final Map<String, Set<String>> tokens = new HashMap<>();
  private final Map<String, String> batchReplies = new HashMap<>();
  private final List<Effect> effects = new ArrayList<>();
  private long replies;

  /**
   * A service without instances.
   *
   * @param quota calls per second, infinite for no limit
   * @param batchBehaviour what is not documented about {@code StopInstances}
   */
  ModelService(
      SimulatedTime time, Duration stopDelay, double quota, BatchBehaviour batchBehaviour) {
    this.batchBehaviour = batchBehaviour;
    this.time = time;
    this.stopDelay = stopDelay;
    this.quota = quota;
    this.tokensInBucket = quota;
  }

  void add(String id, Kind kind, Duration transientFor) {
    String status =
        switch (kind) {
          case STOPPED_BEFORE -> "STOPPED";
          case STOPPING_BEFORE -> "STOPPING";
          case STARTING -> "STARTING";
          case IN_ERROR -> "ERROR";
          default -> "RUNNING";
        };
    Machine machine = new Machine(kind, status);
    machine.until = time.nanos() + transientFor.toNanos();
    machines.put(id, machine);
  }

  Instant wallClock() {
    return START.plusNanos(time.nanos());
  }

  Kind kind(String id) {
    return machine(id).kind;
  }

  /** The status of an instance now. */
  String status(String id) {
    Machine machine = machine(id);
    boolean over = time.nanos() >= machine.until;
    if (over && machine.status.equals("STARTING")) {
      machine.status = "RUNNING";
    } else if (over && machine.status.equals("STOPPING") && machine.kind != Kind.NEVER_STOPS) {
      machine.status = "STOPPED";
    }
    return machine.status;
  }

  /** The distinct tokens of the stop requests for an instance. */
  Set<String> tokens(String id) {
    return tokens.getOrDefault(id, Set.of());
  }

  List<Effect> effects(String id) {
    return effects.stream().filter(effect -> effect.instanceId().equals(id)).toList();
  }

  /** Handles a request; the effect is complete on return. */
  Reply handle(Map<String, String> query, @Nullable String date, int life) {
    if (!isCurrent(date)) {
      return error(GatewayErrors.INVALID_TIMESTAMP);
    }
    if (!acquireQuota()) {
      return error(GatewayErrors.FLOW_LIMIT_EXCEEDED);
    }
    return switch (query.getOrDefault("Action", "")) {
      case "DescribeInstances" -> describe(query);
      case "StopInstances" -> stopBatch(query, life);
      default -> stop(query, life);
    };
  }

  Reply error(ErrorCode code) {
    Integer status = code.httpStatus();
    return new Reply(
        status == null ? 400 : status,
        "{\"ResponseMetadata\":{\"RequestId\":\"r-"
            + ++replies
            + "\",\"Error\":{\"Code\":\""
            + code.code()
            + "\",\"Message\":\"modelled\"}}}");
  }

  private boolean isCurrent(@Nullable String date) {
    if (date == null) {
      return false;
    }
    Instant signed = LocalDateTime.parse(date, X_DATE).toInstant(ZoneOffset.UTC);
    return Duration.between(signed, wallClock()).abs().compareTo(MAX_SKEW) <= 0;
  }

  private boolean acquireQuota() {
    if (Double.isInfinite(quota)) {
      return true;
    }
    double earned = (time.nanos() - refilledAt) / 1e9 * quota;
    tokensInBucket = Math.min(quota, tokensInBucket + earned);
    refilledAt = time.nanos();
    if (tokensInBucket < 1) {
      return false;
    }
    tokensInBucket--;
    return true;
  }

  private Reply stop(Map<String, String> query, int life) {
    String id = query.getOrDefault("InstanceId", "");
    String token = query.getOrDefault("ClientToken", "");
    String fingerprint = query.get("InstanceId") + query.get("DryRun") + query.get("ForceStop");
    tokens.computeIfAbsent(id, key -> new LinkedHashSet<>()).add(token);
    String first = acceptedTokens.get(token);
    if (first != null) {
      return first.equals(fingerprint)
          ? success("{}")
          : error(EcsErrors.IDEMPOTENT_PARAMETER_MISMATCH);
    }
    ErrorCode rejection = rejection(id);
    if (rejection != null) {
      return error(rejection);
    }
    if ("true".equals(query.get("DryRun"))) {
      return error(EcsErrors.DRY_RUN_OPERATION);
    }
    Machine machine = machine(id);
    machine.status = "STOPPING";
    machine.until = time.nanos() + stopDelay.toNanos();
    acceptedTokens.put(token, fingerprint);
    effects.add(new Effect(id, token, life));
    return success("{}");
  }

  private Reply stopBatch(Map<String, String> query, int life) {
    List<String> ids = idsOf(query);
    String token = query.getOrDefault("ClientToken", "");
    String fingerprint = ids + query.get("ForceStop");
    ids.forEach(id -> tokens.computeIfAbsent(id, key -> new LinkedHashSet<>()).add(token));
    if (batchBehaviour.isDenied()) {
      return error(GatewayErrors.ACCESS_DENIED);
    }
    String first = acceptedTokens.get(token);
    if (first != null && !first.equals(fingerprint)) {
      return error(EcsErrors.IDEMPOTENT_PARAMETER_MISMATCH);
    }
    String details = first != null && batchBehaviour.isReplayed() ? batchReplies.get(token) : null;
    if (details == null) {
      if (first == null && batchBehaviour.isRejectedAsAWhole()) {
        for (String id : ids) {
          ErrorCode rejection = rejection(id);
          if (rejection != null) {
            return error(rejection);
          }
        }
      }
      details = batchDetails(ids, token, life);
      acceptedTokens.put(token, fingerprint);
      batchReplies.putIfAbsent(token, details);
    }
    return success("{\"OperationDetails\":[" + details + "]}");
  }

  private String batchDetails(List<String> ids, String token, int life) {
    List<String> details = new ArrayList<>();
    for (String id : ids) {
      ErrorCode rejection = rejection(id);
      BatchBehaviour.ItemFault fault = rejection == null ? batchBehaviour.fault() : null;
      ErrorCode code = rejection == null && fault != null ? fault.code() : rejection;
      if (rejection == null && (fault == null || fault.isAfterEffect())) {
        Machine machine = machine(id);
        machine.status = "STOPPING";
        machine.until = time.nanos() + stopDelay.toNanos();
        effects.add(new Effect(id, token, life));
      }
      if (fault != BatchBehaviour.ItemFault.OMITTED) {
        details.add(
            "{\"InstanceId\":\""
                + id
                + "\",\"Error\":"
                + (code == null ? "null" : "{\"Code\":\"" + code.code() + "\"}")
                + "}");
      }
    }
    return String.join(",", batchBehaviour.inOrder(details));
  }

  /** The instances that a call names by number. */
  static List<String> idsOf(Map<String, String> query) {
    List<String> ids = new ArrayList<>();
    for (int i = 1; query.containsKey("InstanceIds." + i); i++) {
      ids.add(query.getOrDefault("InstanceIds." + i, ""));
    }
    return ids;
  }

  private @Nullable ErrorCode rejection(String id) {
    Machine machine = machine(id);
    String status = status(id);
    return switch (machine.kind) {
      case MISSING -> EcsErrors.INVALID_INSTANCE_NOT_FOUND;
      case OF_ANOTHER_SERVICE -> EcsErrors.OPERATION_DENIED_RESOURCE_CREATED_BY_OTHER_SERVICE;
      default -> {
        if (machine.kind == Kind.LOCKED
            && status.equals("RUNNING")
            && time.nanos() < machine.until) {
          yield EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED;
        }
        yield status.equals("RUNNING") ? null : EcsErrors.INVALID_INSTANCE_STATUS;
      }
    };
  }

  private Reply describe(Map<String, String> query) {
    StringBuilder instances = new StringBuilder();
    int found = 0;
    for (String id : idsOf(query)) {
      if (machine(id).kind != Kind.MISSING) {
        instances
            .append(found++ == 0 ? "" : ",")
            .append("{\"InstanceId\":\"")
            .append(id)
            .append("\",\"Status\":\"")
            .append(status(id))
            .append("\",\"StoppedMode\":\"KeepCharging\"}");
      }
    }
    return success(
        "{\"Instances\":[" + instances + "],\"NextToken\":\"\",\"TotalCount\":" + found + "}");
  }

  private Reply success(String result) {
    return new Reply(
        200,
        "{\"ResponseMetadata\":{\"RequestId\":\"r-" + ++replies + "\"},\"Result\":" + result + "}");
  }

  private Machine machine(String id) {
    Machine machine = machines.get(id);
    if (machine == null) {
      throw new IllegalStateException("the client asked for an instance it was not given: " + id);
    }
    return machine;
  }
}

package io.fleetstop.model;

import com.fasterxml.jackson.annotation.JsonValue;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The {@code StopInstances} action: asks ECS to stop up to {@value #MAX_IDS} instances with one
 * call (docs/6396/101067). It has no dry run.
 *
 * <p>The service replies with HTTP 200 even if it rejected some of the instances, and then names
 * the error of each. Two facts are not documented, and nothing here depends on them: whether a
 * repeated client token gets the first reply again, and the order in which the reply lists the
 * instances. That the error is absent or {@code null} for an accepted instance is not documented
 * either; an error without a code leaves the result of its instance unknown.
 *
 * <p>Immutable. Build one with {@link #of(Collection)} or {@link #builder(Collection)}; change a
 * copy with {@link #mutate()}.
 */
public final class StopInstances implements EcsAction<StopInstances.Result> {

  /** The most instances of one request. */
  public static final int MAX_IDS = 100;

  private static final List<String> ID_NAMES =
      IntStream.rangeClosed(1, MAX_IDS).mapToObj(number -> "InstanceIds." + number).toList();

  /**
   * The reply of the service. Only the accessors are stable: components may be added.
   *
   * @param requestId the service's id of the request
   * @param attempts the number of attempts, the first included
   * @param instances one result for each instance of the request, in the order of the request
   * @param unrequestedIds what the reply names besides, which is ignored; usually empty
   */
  public record Result(
      String requestId, int attempts, List<InstanceResult> instances, List<String> unrequestedIds) {

    /** Copies the lists. */
    public Result {
      instances = List.copyOf(instances);
      unrequestedIds = List.copyOf(unrequestedIds);
    }
  }

  /**
   * The result of one instance: accepted, rejected or unknown. Only the accessors are stable:
   * components may be added.
   *
   * @param instanceId the instance
   * @param error why it was not accepted, with code, category and message, or {@code null} if it
   *     was accepted. Its delivery is {@code REJECTED} if the instance was not stopped by this
   *     request, and {@code UNKNOWN} if the reply does not show that, or does not name the instance
   */
  public record InstanceResult(InstanceId instanceId, @Nullable EcsException error) {

    /** Whether the service accepted to stop the instance. */
    public boolean isAccepted() {
      return error == null;
    }

    /** Whether the reply does not show if the service acted on the instance. */
    public boolean isUnknown() {
      return error != null && error.mayHaveTakenEffect();
    }

    /** Returns the JSON object of this result, as Jackson 2 and Jackson 3 write it. */
    @JsonValue
    public InstanceResultJson toJson() {
      return InstanceResultJson.of(this);
    }
  }

  /**
   * The {@code Result} of the reply, for the JSON decoder.
   *
   * @param operationDetails the instances, in any order
   */
  public record Details(@Nullable List<@Nullable Detail> operationDetails) {}

  /**
   * An instance in the reply, for the JSON decoder.
   *
   * @param instanceId the instance
   * @param error its error
   */
  public record Detail(@Nullable String instanceId, @Nullable DetailError error) {}

  /**
   * The error of an instance in the reply, for the JSON decoder.
   *
   * @param code the error code
   * @param message the message
   */
  public record DetailError(@Nullable String code, @Nullable String message) {}

  private final List<InstanceId> instanceIds;
  private final boolean forceStop;
  private final StoppedMode stoppedMode;
  private final @Nullable String clientToken;

  private StopInstances(Builder builder) {
    this.instanceIds = builder.instanceIds;
    this.forceStop = builder.forceStop;
    this.stoppedMode = builder.stoppedMode;
    this.clientToken = builder.clientToken;
  }

  /**
   * Stops the instances softly, and keeps charging.
   *
   * @throws IllegalArgumentException if there are none, more than {@value #MAX_IDS}, or duplicates
   */
  public static StopInstances of(Collection<InstanceId> instanceIds) {
    return builder(instanceIds).build();
  }

  /** Starts a request; {@link Builder#instanceIds} must be called. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Starts a request for instances.
   *
   * @throws IllegalArgumentException if there are none, more than {@value #MAX_IDS}, or duplicates
   */
  public static Builder builder(Collection<InstanceId> instanceIds) {
    return builder().instanceIds(instanceIds);
  }

  /** Starts a builder with the parameters of this request. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.instanceIds = instanceIds;
    copy.forceStop = forceStop;
    copy.stoppedMode = stoppedMode;
    copy.clientToken = clientToken;
    return copy;
  }

  /** The instances to stop, in the order of the request. Unmodifiable. */
  public List<InstanceId> instanceIds() {
    return instanceIds;
  }

  /** Whether the power is cut instead of shutting down the guests. */
  public boolean isForceStop() {
    return forceStop;
  }

  /** How the stopped instances are billed. */
  public StoppedMode stoppedMode() {
    return stoppedMode;
  }

  @Override
  public @Nullable String clientToken() {
    return clientToken;
  }

  @Override
  public String action() {
    return "StopInstances";
  }

  @Override
  public Map<String, String> parameters() {
    Map<String, String> parameters = new LinkedHashMap<>(2 * instanceIds.size() + 8);
    for (int i = 0; i < instanceIds.size(); i++) {
      parameters.put(ID_NAMES.get(i), instanceIds.get(i).value());
    }
    StopRequestBuilder.put(parameters, forceStop, stoppedMode, clientToken);
    return parameters;
  }

  @Override
  public Idempotency idempotency() {
    return Idempotency.TOKEN;
  }

  @Override
  public StopInstances withClientToken(String clientToken) {
    return mutate().clientToken(clientToken).build();
  }

  /** An instance that is rejected may have been stopped by the earlier attempt. */
  @Override
  public Result afterUnknownAttempt(Result result) {
    return new Result(
        result.requestId(),
        result.attempts(),
        result.instances().stream().map(StopInstances::mayHaveBeenStopped).toList(),
        result.unrequestedIds());
  }

  private static InstanceResult mayHaveBeenStopped(InstanceResult result) {
    EcsException error = result.error();
    return error == null || error.mayHaveTakenEffect()
        ? result
        : new InstanceResult(
            result.instanceId(), error.mutate().delivery(Delivery.UNKNOWN).build());
  }

  @Override
  public List<String> unrequestedIds(Result result) {
    return result.unrequestedIds();
  }

  @Override
  public Result decode(Reply reply) {
    @Nullable InstanceResult[] results = new InstanceResult[instanceIds.size()];
    @Nullable Detail[] first = new Detail[instanceIds.size()];
    List<String> unrequested = new ArrayList<>(0);
    List<@Nullable Detail> details = reply.received(Details.class).operationDetails();
    int likely = 0;
    for (Detail detail : details == null ? List.<@Nullable Detail>of() : details) {
      String named = detail == null || detail.instanceId() == null ? "" : detail.instanceId();
      int position = positionOf(named, likely++);
      if (detail == null || position < 0) {
        unrequested.add(reply.masked(named));
      } else {
        InstanceId id = instanceIds.get(position);
        Detail before = first[position];
        if (before == null) {
          first[position] = detail;
          results[position] = resultOf(id, detail.error(), reply);
        } else if (!isSame(before.error(), detail.error())) {
          results[position] = unknown(id, "The reply names the instance twice, differently", reply);
        }
      }
    }
    List<InstanceResult> all = new ArrayList<>(results.length);
    for (int i = 0; i < results.length; i++) {
      InstanceResult named = results[i];
      all.add(
          named != null
              ? named
              : unknown(instanceIds.get(i), "The reply does not name the instance", reply));
    }
    return new Result(reply.requestId(), reply.attempts(), all, unrequested);
  }

  /** Returns the position of an instance of this request, -1 if it is not one. */
  private int positionOf(String id, int likely) {
    // Without a map: a service that keeps the order is the usual one.
    if (likely < instanceIds.size() && instanceIds.get(likely).value().equals(id)) {
      return likely;
    }
    for (int i = 0; i < instanceIds.size(); i++) {
      if (instanceIds.get(i).value().equals(id)) {
        return i;
      }
    }
    return -1;
  }

  private static InstanceResult resultOf(InstanceId id, @Nullable DetailError detail, Reply reply) {
    if (detail == null) {
      return new InstanceResult(id, null);
    }
    String code = detail.code();
    if (code == null || code.isBlank()) {
      return unknown(id, "The reply has an error without a code for the instance", reply);
    }
    ErrorCode sent = ErrorCode.ofReplyDetail(code);
    ErrorCode errorCode =
        sent.scope() == ErrorCode.Scope.UNDOCUMENTED
            ? sent.withCode(reply.identifier(sent.code()))
            : sent;
    String message = detail.message();
    EcsException error =
        EcsException.builder(errorCode, deliveryOf(errorCode))
            .action("StopInstances")
            .detail(message == null || message.isBlank() ? null : reply.masked(message))
            .requestId(reply.requestId())
            .attempts(reply.attempts())
            .build();
    return new InstanceResult(id, error);
  }

  /** A code that is not documented has no status that would tell whether the service acted. */
  private static Delivery deliveryOf(ErrorCode code) {
    boolean guessed =
        code.scope() == ErrorCode.Scope.UNDOCUMENTED
            && code.category() != ErrorCode.Category.THROTTLED;
    return guessed || !code.isRejection() ? Delivery.UNKNOWN : Delivery.REJECTED;
  }

  /** Two statements about one instance count only if both say the same. */
  private static boolean isSame(@Nullable DetailError first, @Nullable DetailError second) {
    return (first == null) == (second == null)
        && (first == null || second == null || Objects.equals(first.code(), second.code()));
  }

  private static InstanceResult unknown(InstanceId id, String detail, Reply reply) {
    return new InstanceResult(
        id,
        EcsException.builder(ClientErrors.UNREADABLE_REPLY, Delivery.UNKNOWN)
            .action("StopInstances")
            .detail(detail)
            .requestId(reply.requestId())
            .attempts(reply.attempts())
            .build());
  }

  @Override
  public String toString() {
    return "StopInstances" + parameters();
  }

  /** Builds a request. Not thread-safe. */
  public static final class Builder extends StopRequestBuilder<Builder> {

    private List<InstanceId> instanceIds = List.of();

    private Builder() {}

    /**
     * Sets the instances to stop, in this order. Default: none; required.
     *
     * @throws IllegalArgumentException if there are none, more than {@value #MAX_IDS}, or
     *     duplicates
     */
    public Builder instanceIds(Collection<InstanceId> instanceIds) {
      List<InstanceId> ids = List.copyOf(Objects.requireNonNull(instanceIds, "instanceIds"));
      if (ids.isEmpty() || ids.size() > MAX_IDS) {
        throw new IllegalArgumentException(
            "InstanceIds must have 1 to "
                + MAX_IDS
                + " entries, has "
                + ids.size()
                + "; send several requests");
      }
      Set<InstanceId> distinct = new HashSet<>(2 * ids.size());
      for (InstanceId id : ids) {
        if (!distinct.add(id)) {
          throw new IllegalArgumentException(
              "InstanceIds must be distinct, has " + id + " twice; remove one of them");
        }
      }
      this.instanceIds = ids;
      return this;
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * Returns the request.
     *
     * @throws IllegalArgumentException if no instances were set
     */
    public StopInstances build() {
      if (instanceIds.isEmpty()) {
        throw new IllegalArgumentException(
            "InstanceIds must be set, call instanceIds(List.of(InstanceId.of(\"i-...\")))");
      }
      return new StopInstances(this);
    }
  }
}

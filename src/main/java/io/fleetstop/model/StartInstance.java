package io.fleetstop.model;

import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The {@code StartInstance} action: asks ECS to start one stopped instance.
 *
 * <p>The service accepts the request and starts the instance afterwards: success means accepted,
 * not running. An instance that was stopped with {@code StopCharging} has given up its resources,
 * so its start may fail with {@code Insufficient.InstanceCapacity}. A code that this library does
 * not know is kept as the service writes it.
 *
 * <p>Immutable. Build one with {@link #of(InstanceId)} or {@link #builder(InstanceId)}; change a
 * copy with {@link #mutate()}.
 */
public final class StartInstance implements EcsAction<StartInstance.Result> {

  /**
   * The reply of the service. Only the accessors are stable: components may be added.
   *
   * @param requestId the service's id of the request
   * @param attempts the number of attempts, the first included
   */
  public record Result(String requestId, int attempts) {}

  private final InstanceId instanceId;
  private final @Nullable String clientToken;
  private final boolean dryRun;

  private StartInstance(Builder builder, InstanceId instanceId) {
    this.instanceId = instanceId;
    this.clientToken = builder.clientToken;
    this.dryRun = builder.dryRun;
  }

  /** Starts the instance. */
  public static StartInstance of(InstanceId instanceId) {
    return builder(instanceId).build();
  }

  /** Starts the instance {@code instanceId}. */
  public static StartInstance of(String instanceId) {
    return of(InstanceId.of(instanceId));
  }

  /** Returns a builder; {@link Builder#instanceId} must be called. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder of a request for an instance. */
  public static Builder builder(InstanceId instanceId) {
    return builder().instanceId(instanceId);
  }

  /** Returns a builder of a request for the instance {@code instanceId}. */
  public static Builder builder(String instanceId) {
    return builder(InstanceId.of(instanceId));
  }

  /** Returns a builder with the parameters of this request. */
  public Builder mutate() {
    Builder copy = builder(instanceId);
    copy.clientToken = clientToken;
    copy.dryRun = dryRun;
    return copy;
  }

  /** Returns the instance to start. */
  public InstanceId instanceId() {
    return instanceId;
  }

  @Override
  public @Nullable String clientToken() {
    return clientToken;
  }

  /** Whether the request is only validated. */
  public boolean isDryRun() {
    return dryRun;
  }

  @Override
  public String action() {
    return "StartInstance";
  }

  @Override
  public Map<String, String> parameters() {
    Map<String, String> parameters = new LinkedHashMap<>(4);
    parameters.put("InstanceId", instanceId.value());
    if (clientToken != null) {
      parameters.put("ClientToken", clientToken);
    }
    if (dryRun) {
      parameters.put("DryRun", "true");
    }
    return parameters;
  }

  @Override
  public Idempotency idempotency() {
    return Idempotency.TOKEN;
  }

  @Override
  public StartInstance withClientToken(String clientToken) {
    return mutate().clientToken(clientToken).build();
  }

  /** A dry run that passed is answered by {@code DryRunOperation} with HTTP 412. */
  @Override
  public boolean isSuccess(ErrorCode errorCode) {
    return dryRun && errorCode.category() == Category.DRY_RUN_OK;
  }

  /**
   * A dry run that gets the reply of a start, with a request id and without an error, may have
   * taken effect: it fails with {@code Client.UnexpectedSuccess} and is not retried.
   */
  @Override
  public boolean isPlainSuccess() {
    return !dryRun;
  }

  @Override
  public Result decode(Reply reply) {
    return new Result(reply.requestId(), reply.attempts());
  }

  @Override
  public String toString() {
    return "StartInstance" + parameters();
  }

  /** Builds a request. Not thread-safe. */
  public static final class Builder {

    private @Nullable InstanceId instanceId;
    private @Nullable String clientToken;
    private boolean dryRun;

    private Builder() {}

    /** Sets the instance to start. Default: none; required. */
    public Builder instanceId(InstanceId instanceId) {
      this.instanceId = Objects.requireNonNull(instanceId, "instanceId");
      return this;
    }

    /**
     * Sets the id of the instance to start. Default: none; required.
     *
     * @throws IllegalArgumentException if {@code instanceId} is not a valid id
     */
    public Builder instanceId(String instanceId) {
      return instanceId(InstanceId.of(instanceId));
    }

    /**
     * Sets the token by which the service recognises a repetition of this request. Default: the
     * client makes one for each call, the same for all its attempts.
     *
     * @throws IllegalArgumentException if {@code clientToken} is empty, longer than {@value
     *     StopInstance#MAX_CLIENT_TOKEN_LENGTH} characters, or not printable ASCII
     */
    public Builder clientToken(String clientToken) {
      this.clientToken = Text.requireClientToken(clientToken);
      return this;
    }

    /**
     * Sets whether to validate the request without starting the instance. If the service replies as
     * if it had started the instance, the call fails with {@code Client.UnexpectedSuccess},
     * delivery {@code UNKNOWN}. Default: {@code false}.
     */
    public Builder dryRun(boolean dryRun) {
      this.dryRun = dryRun;
      return this;
    }

    /**
     * Returns the request.
     *
     * @throws IllegalArgumentException if no instance was set
     */
    public StartInstance build() {
      if (instanceId == null) {
        throw new IllegalArgumentException("InstanceId must be set, call instanceId(\"i-...\")");
      }
      return new StartInstance(this, instanceId);
    }
  }
}

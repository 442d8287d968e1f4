package io.fleetstop.model;

import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The {@code StopInstance} action: asks ECS to stop one instance (docs/6396/70468).
 *
 * <p>The service accepts the request and stops the instance afterwards: success means accepted, not
 * stopped. {@code StoppedMode} is always sent, because the documented default has changed over time
 * and may depend on the account.
 *
 * <p>Immutable. Build one with {@link #of(InstanceId)} or {@link #builder(InstanceId)}; change a
 * copy with {@link #mutate()}.
 */
public final class StopInstance implements EcsAction<StopInstance.Result> {

  /** The longest client token the service accepts, in characters. */
  public static final int MAX_CLIENT_TOKEN_LENGTH = 64;

  /** How a stopped instance is billed. */
  public enum StoppedMode {
    /** The instance keeps its vCPUs, GPUs and memory, and is billed as before. */
    KEEP_CHARGING("KeepCharging"),
    /**
     * Frees vCPUs, GPUs and memory and ends their charge; disks, public address and fixed bandwidth
     * stay billed. The next start may fail for lack of stock.
     */
    STOP_CHARGING("StopCharging");

    private final String wireName;

    StoppedMode(String wireName) {
      this.wireName = wireName;
    }

    /** The mode as the service writes it. */
    public String wireName() {
      return wireName;
    }

    /**
     * The mode that the service writes as {@code wireName}.
     *
     * @throws IllegalArgumentException if there is none
     */
    public static StoppedMode ofWireName(String wireName) {
      for (StoppedMode mode : values()) {
        if (mode.wireName.equals(wireName)) {
          return mode;
        }
      }
      throw new IllegalArgumentException(
          "StoppedMode must be KeepCharging or StopCharging, was " + Text.quote(wireName));
    }
  }

  /**
   * The reply of the service. Only the accessors are stable: components may be added.
   *
   * @param requestId the service's id of the request
   * @param attempts the number of attempts, the first included
   */
  public record Result(String requestId, int attempts) {}

  private final InstanceId instanceId;
  private final boolean forceStop;
  private final StoppedMode stoppedMode;
  private final @Nullable String clientToken;
  private final boolean dryRun;

  private StopInstance(Builder builder, InstanceId instanceId) {
    this.instanceId = instanceId;
    this.forceStop = builder.forceStop;
    this.stoppedMode = builder.stoppedMode;
    this.clientToken = builder.clientToken;
    this.dryRun = builder.dryRun;
  }

  /** Stops the instance softly, and keeps charging. */
  public static StopInstance of(InstanceId instanceId) {
    return builder(instanceId).build();
  }

  /** Stops the instance {@code instanceId} softly, and keeps charging. */
  public static StopInstance of(String instanceId) {
    return of(InstanceId.of(instanceId));
  }

  /** Starts a request; {@link Builder#instanceId} must be called. */
  public static Builder builder() {
    return new Builder();
  }

  /** Starts a request for an instance. */
  public static Builder builder(InstanceId instanceId) {
    return builder().instanceId(instanceId);
  }

  /** Starts a request for the instance {@code instanceId}. */
  public static Builder builder(String instanceId) {
    return builder(InstanceId.of(instanceId));
  }

  /** Starts a builder with the parameters of this request. */
  public Builder mutate() {
    Builder copy = builder(instanceId);
    copy.forceStop = forceStop;
    copy.stoppedMode = stoppedMode;
    copy.clientToken = clientToken;
    copy.dryRun = dryRun;
    return copy;
  }

  /** The instance to stop. */
  public InstanceId instanceId() {
    return instanceId;
  }

  /** Whether the power is cut instead of shutting down the guest. */
  public boolean isForceStop() {
    return forceStop;
  }

  /** How the stopped instance is billed. */
  public StoppedMode stoppedMode() {
    return stoppedMode;
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
    return "StopInstance";
  }

  @Override
  public Map<String, String> parameters() {
    Map<String, String> parameters = new LinkedHashMap<>(8);
    parameters.put("InstanceId", instanceId.value());
    StopRequestBuilder.put(parameters, forceStop, stoppedMode, clientToken);
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
  public StopInstance withClientToken(String clientToken) {
    return mutate().clientToken(clientToken).build();
  }

  /** A dry run that passed is answered by {@code DryRunOperation} with HTTP 412. */
  @Override
  public boolean isSuccess(ErrorCode errorCode) {
    return dryRun && errorCode.category() == Category.DRY_RUN_OK;
  }

  /**
   * A dry run that gets the reply of a stop, with a request id and without an error, may have taken
   * effect: it fails with {@code Client.UnexpectedSuccess} and is not retried.
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
    return "StopInstance" + parameters();
  }

  /** Builds a request. Not thread-safe. */
  public static final class Builder extends StopRequestBuilder<Builder> {

    private @Nullable InstanceId instanceId;
    private boolean dryRun;

    private Builder() {}

    /** Sets the instance to stop. Default: none; required. */
    public Builder instanceId(InstanceId instanceId) {
      this.instanceId = Objects.requireNonNull(instanceId, "instanceId");
      return this;
    }

    /**
     * Sets the id of the instance to stop. Default: none; required.
     *
     * @throws IllegalArgumentException if {@code instanceId} is not a valid id
     */
    public Builder instanceId(String instanceId) {
      return instanceId(InstanceId.of(instanceId));
    }

    @Override
    Builder self() {
      return this;
    }

    /**
     * Sets whether to validate the request without stopping the instance. If the service replies as
     * if it had stopped the instance, the call fails with {@code Client.UnexpectedSuccess},
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
    public StopInstance build() {
      if (instanceId == null) {
        throw new IllegalArgumentException("InstanceId must be set, call instanceId(\"i-...\")");
      }
      return new StopInstance(this, instanceId);
    }
  }
}

package io.fleetstop.model;

import io.fleetstop.model.StopInstance.StoppedMode;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What requests that stop instances have in common. Not thread-safe.
 *
 * @param <B> the builder itself
 */
abstract class StopRequestBuilder<B extends StopRequestBuilder<B>> {

  boolean forceStop;
  StoppedMode stoppedMode = StoppedMode.KEEP_CHARGING;
  @Nullable String clientToken;

  StopRequestBuilder() {}

  abstract B self();

  /**
   * Sets whether to cut the power instead of shutting down the guest system; unwritten data is
   * lost. The service always forces elastic bare metal. Default: {@code false}.
   */
  public B forceStop(boolean forceStop) {
    this.forceStop = forceStop;
    return self();
  }

  /** Sets how a stopped instance is billed. Default: {@link StoppedMode#KEEP_CHARGING}. */
  public B stoppedMode(StoppedMode stoppedMode) {
    this.stoppedMode = Objects.requireNonNull(stoppedMode, "stoppedMode");
    return self();
  }

  /**
   * Sets the token by which the service recognises a repetition of this request. Default: the
   * client makes one for each call, the same for all its attempts.
   *
   * @throws IllegalArgumentException if {@code clientToken} is empty, longer than {@value
   *     StopInstance#MAX_CLIENT_TOKEN_LENGTH} characters, or not printable ASCII
   */
  public B clientToken(String clientToken) {
    this.clientToken = Text.requireClientToken(clientToken);
    return self();
  }

  /** Puts the parameters of a request. */
  static void put(
      Map<String, String> parameters,
      boolean forceStop,
      StoppedMode stoppedMode,
      @Nullable String clientToken) {
    parameters.put("ForceStop", Boolean.toString(forceStop));
    parameters.put("StoppedMode", stoppedMode.wireName());
    if (clientToken != null) {
      parameters.put("ClientToken", clientToken);
    }
  }
}

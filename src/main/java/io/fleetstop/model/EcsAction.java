package io.fleetstop.model;

import io.fleetstop.error.ErrorCode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One call of the OpenAPI: which action, with which parameters, and what its reply means.
 *
 * <p>Implement it to call an action that fleetstop does not ship. Implementations are immutable; a
 * record is the natural form.
 *
 * @param <T> what a successful call gives
 */
public interface EcsAction<T> {

  /** The version of the ECS API that fleetstop was written against. */
  String ECS_VERSION = "2020-04-01";

  /** Whether a call whose fate is unknown may be sent again. */
  enum Idempotency {
    /** It changes nothing: may always be sent again. */
    READ,
    /** It carries a client token, by which the service recognises a repetition. */
    TOKEN,
    /** A repetition would act twice: sent again only if the service cannot have acted. */
    NONE
  }

  /** The name of the action, {@code StopInstance} for one. */
  String action();

  /** The version of the API; {@value #ECS_VERSION} by default. */
  default String version() {
    return ECS_VERSION;
  }

  /** The service in the scope of the signature; {@code ecs} by default. */
  default String service() {
    return "ecs";
  }

  /** The parameters beside {@code Action} and {@code Version}, not encoded. */
  Map<String, String> parameters();

  /** Whether the call may be repeated. */
  Idempotency idempotency();

  /** The client token this call carries, or {@code null} if it has none yet or takes none. */
  default @Nullable String clientToken() {
    return null;
  }

  /**
   * The same call with a client token. The client asks for it once per subscription where {@link
   * #idempotency()} is {@code TOKEN} and {@link #clientToken()} is {@code null}.
   */
  default EcsAction<T> withClientToken(String clientToken) {
    return this;
  }

  /**
   * Whether an error reply is this action's way to say that all went well, as {@code
   * DryRunOperation} is for a dry run. Never by default.
   */
  default boolean isSuccess(ErrorCode errorCode) {
    return false;
  }

  /**
   * Whether a reply without an error says that all went well. It does by default; where {@link
   * #isSuccess} alone does, it says that something else was done than was asked for, and the call
   * fails with {@code Client.UnexpectedSuccess}, delivery {@code UNKNOWN}.
   */
  default boolean isPlainSuccess() {
    return true;
  }

  /** What the reply of a successful call means. */
  T decode(Reply reply);

  /** A successful reply. Valid during {@link #decode} only. */
  interface Reply {

    /** The service's id of the request. */
    String requestId();

    /** How many tries it took, the first included. */
    int attempts();

    /**
     * The {@code Result} of the reply as a record: component names match the JSON's with a capital
     * first letter, JSON properties without a component are ignored, missing ones are null.
     */
    <B> B result(Class<B> type);
  }
}

package io.fleetstop.model;

import io.fleetstop.error.ErrorCode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An action of the OpenAPI: its name, its parameters, and how its reply is decoded.
 *
 * <p>Implement it to call an action that fleetstop does not ship. Implementations are immutable; a
 * record is the natural form.
 *
 * @param <T> the result of a successful call
 */
public interface EcsAction<T> {

  /** The version of the ECS API that fleetstop was written against. */
  String ECS_VERSION = "2020-04-01";

  /** Whether a call with an unknown outcome may be sent again. */
  enum Idempotency {
    /** A read: may always be sent again. */
    READ,
    /** Carries a client token, by which the service recognises a repetition. */
    TOKEN,
    /** A repetition would act twice: sent again only if the service cannot have acted. */
    NONE
  }

  /** The name of the action, such as {@code StopInstance}. */
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
   * Whether an error code means success for this action, as {@code DryRunOperation} does for a dry
   * run. Default {@code false}.
   */
  default boolean isSuccess(ErrorCode errorCode) {
    return false;
  }

  /**
   * Whether a reply without an error means success. Default {@code true}. If only {@link
   * #isSuccess} means success, a reply without an error shows that the service did something else
   * than it was asked for: the call fails with {@code Client.UnexpectedSuccess}, delivery {@code
   * UNKNOWN}.
   */
  default boolean isPlainSuccess() {
    return true;
  }

  /** Decodes the reply of a successful call. */
  T decode(Reply reply);

  /**
   * Returns the result of a call of which an earlier attempt may have taken effect without a reply:
   * what the last reply rejects may be rejected because of that effect. Default: {@code result}.
   */
  default T afterUnknownAttempt(T result) {
    return result;
  }

  /**
   * The ids in a reply that the call did not ask for. The result must not depend on them; the
   * client notifies its call listener. Default: none.
   */
  default List<String> unrequestedIds(T result) {
    return List.of();
  }

  /** A successful reply. Valid during {@link #decode} only. */
  interface Reply {

    /** The service's id of the request. */
    String requestId();

    /** The number of attempts, the first included. */
    int attempts();

    /**
     * The {@code Result} of the reply as a record: component names match the JSON's with a capital
     * first letter, JSON properties without a component are ignored, missing ones are null. What
     * the request was signed with is masked in each text, and in the names of a map. Another type
     * that Jackson can bind an object to is bound as it is, for example a {@code JsonNode} or a
     * {@code Map}. A text of more than 65,536 characters is cut there, and ends with an ellipsis.
     */
    <B> B result(Class<B> type);

    /**
     * The {@code Result} as the service sent it, for what the action decides by it: ids to match,
     * codes to classify, tokens to send back. A token of the credentials may hold any word, which
     * {@link #result} masks. What is shown or stored of it goes through {@link #masked}, {@link
     * #identifier} or {@link #value}. Default: {@link #result}, for replies of tests.
     */
    default <B> B received(Class<B> type) {
      return result(type);
    }

    /**
     * Returns a name, a tag or a status of the reply in which the credentials of the request are
     * hidden, and otherwise the same text. Default: the text as it is, for replies of tests.
     */
    default String value(String text) {
      return text;
    }

    /**
     * Returns a text of the reply in which the credentials of the request are hidden, for errors
     * and logs: the service may echo them. Default: the text as it is, for replies of tests.
     */
    default String masked(String text) {
      return text;
    }

    /**
     * Returns a code or an id of the reply, masked and bounded, in which every character that such
     * a word does not have is {@code _}. Default: the text as it is, for replies of tests.
     */
    default String identifier(String text) {
      return text;
    }
  }
}

package io.fleetstop.error;

import io.fleetstop.error.ErrorCode.Category;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A call that did not succeed: what the service or this client says went wrong, whether the service
 * may have acted all the same, and how it came to that.
 *
 * <p>Instances are immutable and carry no secret: neither keys, nor tokens, nor signatures.
 */
public final class EcsException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Whether the service may have acted on a request. Ordered by how much may have happened, so that
   * the delivery of a whole call is the greatest of its attempts'.
   */
  public enum Delivery {
    /** No byte of the request was sent. */
    NOT_SENT,
    /** The service received the request and said that it did not act. */
    REJECTED,
    /** The request was sent, or may have been, and nobody said what became of it. */
    UNKNOWN;

    /** The one of both that leaves more open. */
    public Delivery or(Delivery other) {
      return compareTo(other) >= 0 ? this : other;
    }
  }

  /** A limit of the caller's that ended a call. */
  public enum Limit {
    /** The call was tried as often as it may be. */
    ATTEMPTS,
    /** The call's time is up, or would have been before the next try. */
    DEADLINE,
    /** The retries that all calls of the client share are spent. */
    RETRY_BUDGET,
    /** Whoever made the call wanted no further try. */
    CALLER
  }

  /**
   * One failed try of a call. Only the accessors are stable: components may be added.
   *
   * @param number which try, counted from one
   * @param endedAfter the time from the start of the call to the end of this try
   * @param errorCode what ended it
   * @param httpStatus the status of the reply, or {@code null} if there was none
   * @param requestId the service's id of the request, or {@code null} if it gave none
   * @param delivery whether the service may have acted on this try
   * @param reaction what was done about it, in words
   */
  public record Attempt(
      int number,
      Duration endedAfter,
      ErrorCode errorCode,
      @Nullable Integer httpStatus,
      @Nullable String requestId,
      Delivery delivery,
      String reaction)
      implements Serializable {}

  private final ErrorCode errorCode;
  private final Delivery delivery;
  private final @Nullable String detail;
  private final @Nullable String action;
  private final @Nullable Integer httpStatus;
  private final @Nullable String requestId;
  private final @Nullable Duration retryAfter;
  private final @Nullable Long serverTimeMillis;
  private final @Nullable Limit exhaustedLimit;
  private final int attempts;

  @SuppressWarnings("serial") // made by List.copyOf, which is serializable
  private final List<Attempt> history;

  private EcsException(Builder builder) {
    super(describe(builder), builder.cause);
    this.errorCode = builder.errorCode;
    this.delivery = builder.delivery;
    this.detail = builder.detail;
    this.action = builder.action;
    this.httpStatus = builder.httpStatus;
    this.requestId = builder.requestId;
    this.retryAfter = builder.retryAfter;
    this.serverTimeMillis = builder.serverTimeMillis;
    this.exhaustedLimit = builder.exhaustedLimit;
    this.attempts = builder.attempts;
    this.history = List.copyOf(builder.history);
  }

  /** Starts an exception for {@code errorCode}, which leaves {@code delivery} open as it says. */
  public static Builder builder(ErrorCode errorCode, Delivery delivery) {
    return new Builder(errorCode, delivery);
  }

  /** A copy to change, with this exception's cause and stack trace. */
  public Builder mutate() {
    Builder copy = new Builder(errorCode, delivery);
    copy.detail = detail;
    copy.action = action;
    copy.httpStatus = httpStatus;
    copy.requestId = requestId;
    copy.retryAfter = retryAfter;
    copy.serverTimeMillis = serverTimeMillis;
    copy.exhaustedLimit = exhaustedLimit;
    copy.attempts = attempts;
    copy.history = history;
    copy.cause = getCause();
    copy.stackTrace = getStackTrace();
    return copy;
  }

  /** What went wrong. */
  public ErrorCode errorCode() {
    return errorCode;
  }

  /** Short for {@code errorCode().category()}. */
  public Category category() {
    return errorCode.category();
  }

  /** Whether the service may have acted, over all attempts of the call. */
  public Delivery delivery() {
    return delivery;
  }

  /** What the service, or this client, says about this one case, or {@code null}. */
  public @Nullable String detail() {
    return detail;
  }

  /** The action that was called, {@code StopInstance} for one, or {@code null} outside a call. */
  public @Nullable String action() {
    return action;
  }

  /** The HTTP status of the last reply, or {@code null} if there was no reply. */
  public @Nullable Integer httpStatus() {
    return httpStatus;
  }

  /** The service's id of the request, or {@code null} if it gave none. */
  public @Nullable String requestId() {
    return requestId;
  }

  /** How long the service asks to wait ({@code Retry-After}), or {@code null} if it does not. */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }

  /** The {@code Date} of the reply in milliseconds since the epoch, or {@code null}. */
  public @Nullable Long serverTimeMillis() {
    return serverTimeMillis;
  }

  /**
   * The limit that ended the call although its last error could have been tried again, or {@code
   * null} if no limit did.
   */
  public @Nullable Limit exhaustedLimit() {
    return exhaustedLimit;
  }

  /** How many tries were made, the first included; 0 if none was. */
  public int attempts() {
    return attempts;
  }

  /** Each failed try, oldest first; empty for an error that no call has handled yet. */
  public List<Attempt> history() {
    return history;
  }

  private static String describe(Builder builder) {
    StringBuilder text = new StringBuilder();
    if (builder.action != null) {
      text.append(builder.action).append(": ");
    }
    text.append(builder.errorCode.code());
    if (builder.httpStatus != null) {
      text.append(" (HTTP ").append(builder.httpStatus).append(')');
    }
    String what = builder.detail != null ? builder.detail : builder.errorCode.meaning();
    text.append(": ").append(what);
    text.append(" [delivery ").append(builder.delivery);
    if (builder.exhaustedLimit != null) {
      text.append(", ended by ").append(builder.exhaustedLimit);
    }
    if (builder.attempts > 0) {
      text.append(", attempts ").append(builder.attempts);
    }
    if (builder.requestId != null) {
      text.append(", request ").append(builder.requestId);
    }
    return text.append(']').toString();
  }

  /** Collects what is known about a failure. Not thread-safe. */
  public static final class Builder {

    private ErrorCode errorCode;
    private Delivery delivery;
    private @Nullable String detail;
    private @Nullable String action;
    private @Nullable Integer httpStatus;
    private @Nullable String requestId;
    private @Nullable Duration retryAfter;
    private @Nullable Long serverTimeMillis;
    private @Nullable Limit exhaustedLimit;
    private int attempts;
    private List<Attempt> history = List.of();
    private @Nullable Throwable cause;
    private StackTraceElement @Nullable [] stackTrace;

    private Builder(ErrorCode errorCode, Delivery delivery) {
      this.errorCode = Objects.requireNonNull(errorCode, "errorCode");
      this.delivery = Objects.requireNonNull(delivery, "delivery");
    }

    /** Replaces what went wrong. */
    public Builder errorCode(ErrorCode errorCode) {
      this.errorCode = Objects.requireNonNull(errorCode, "errorCode");
      return this;
    }

    /** Replaces whether the service may have acted. */
    public Builder delivery(Delivery delivery) {
      this.delivery = Objects.requireNonNull(delivery, "delivery");
      return this;
    }

    /** What is said about this one case; without it the code's meaning stands in the message. */
    public Builder detail(@Nullable String detail) {
      this.detail = detail == null ? null : Printable.of(detail);
      return this;
    }

    /** The action that was called. */
    public Builder action(String action) {
      this.action = action;
      return this;
    }

    /** The HTTP status of the reply. */
    public Builder httpStatus(@Nullable Integer httpStatus) {
      this.httpStatus = httpStatus;
      return this;
    }

    /** The service's id of the request. */
    public Builder requestId(@Nullable String requestId) {
      this.requestId = requestId;
      return this;
    }

    /** How long the service asks to wait. */
    public Builder retryAfter(@Nullable Duration retryAfter) {
      this.retryAfter = retryAfter;
      return this;
    }

    /** The {@code Date} of the reply, in milliseconds since the epoch. */
    public Builder serverTimeMillis(@Nullable Long serverTimeMillis) {
      this.serverTimeMillis = serverTimeMillis;
      return this;
    }

    /** The limit that ended the call. */
    public Builder exhaustedLimit(@Nullable Limit exhaustedLimit) {
      this.exhaustedLimit = exhaustedLimit;
      return this;
    }

    /** How many tries were made, the first included. */
    public Builder attempts(int attempts) {
      this.attempts = attempts;
      return this;
    }

    /** Each failed try, oldest first. */
    public Builder history(List<Attempt> history) {
      this.history = history;
      return this;
    }

    /** The failure underneath. */
    public Builder cause(@Nullable Throwable cause) {
      this.cause = cause;
      return this;
    }

    /** The exception as collected so far. */
    public EcsException build() {
      EcsException built = new EcsException(this);
      if (stackTrace != null) {
        built.setStackTrace(stackTrace);
      }
      return built;
    }
  }
}

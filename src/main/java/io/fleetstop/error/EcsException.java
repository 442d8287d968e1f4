package io.fleetstop.error;

import io.fleetstop.error.ErrorCode.Category;
import java.io.Serializable;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A failed call: the error of the service or of this client, whether the service may have acted
 * nevertheless, and the attempts that led to it.
 *
 * <p>Immutable. Carries no secret: neither keys, nor tokens, nor signatures.
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
    /** The service received the request and reported that it did not act. */
    REJECTED,
    /** The request was sent, or may have been, and its effect is not known. */
    UNKNOWN;

    /** The delivery of two attempts together: the greater of both. */
    public Delivery or(Delivery other) {
      return compareTo(other) >= 0 ? this : other;
    }
  }

  /** A limit that ended a call. */
  public enum Limit {
    /** The call had as many attempts as its policy allows. */
    ATTEMPTS,
    /** The deadline passed, or would have passed before the next attempt. */
    DEADLINE,
    /** The deadline passed after most of it had been spent in the queue for a permit or a slot. */
    QUEUE,
    /** The retries that the calls of a client share are spent. */
    RETRY_BUDGET,
    /** The caller's stop signal came. */
    CALLER
  }

  /**
   * One failed attempt of a call. Only the accessors are stable: components may be added.
   *
   * @param number the number of the attempt, from 1
   * @param endedAfter the time from the start of the call to the end of this attempt
   * @param errorCode the error that ended it
   * @param httpStatus the status of the reply, or {@code null} if there was none
   * @param requestId the service's id of the request, or {@code null} if it gave none
   * @param delivery whether the service may have acted on this attempt
   * @param reaction what followed, as text
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

  /** Starts an exception for an error code and a delivery. */
  public static Builder builder(ErrorCode errorCode, Delivery delivery) {
    return new Builder(errorCode, delivery);
  }

  /** Starts a builder with the values of this exception, its cause and its stack trace. */
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

  /** The error. */
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

  /** Whether the service or a limiter of its gateway throttled the call. */
  public boolean isThrottling() {
    return category() == Category.THROTTLED;
  }

  /**
   * Whether the same request may succeed later without a change to it. {@link
   * #mayHaveTakenEffect()} says whether sending it again may act twice: a request with a client
   * token, or a read, does not.
   */
  public boolean isRetryable() {
    return switch (category()) {
      case THROTTLED, SERVER, IN_PROGRESS, BUSY, CAPACITY, NETWORK -> true;
      case STATE, CONFLICT, NOT_FOUND, REQUEST, AUTH, CLOCK, PERMISSION, DRY_RUN_OK, LOCAL -> false;
    };
  }

  /** Whether the service may have acted on the call, or on one of its attempts, nevertheless. */
  public boolean mayHaveTakenEffect() {
    return delivery == Delivery.UNKNOWN;
  }

  /** The message of the service or of this client for this case, or {@code null}. */
  public @Nullable String detail() {
    return detail;
  }

  /** The {@link #detail()} if there is one, and otherwise the meaning of the error code. */
  public String reason() {
    return reason(detail(), errorCode());
  }

  /** The action that was called, such as {@code StopInstance}, or {@code null} outside a call. */
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

  /** The delay that the service asked for ({@code Retry-After}), or {@code null}. */
  public @Nullable Duration retryAfter() {
    return retryAfter;
  }

  /** The {@code Date} of the reply in milliseconds since the epoch, or {@code null}. */
  public @Nullable Long serverTimeMillis() {
    return serverTimeMillis;
  }

  /**
   * The limit that ended the call although its last error is retryable, or {@code null} if no limit
   * did.
   */
  public @Nullable Limit exhaustedLimit() {
    return exhaustedLimit;
  }

  /** The number of attempts, the first included; 0 if none was made. */
  public int attempts() {
    return attempts;
  }

  /** The failed attempts, oldest first; empty for an error that no call has handled yet. */
  public List<Attempt> history() {
    return history;
  }

  private static String reason(@Nullable String detail, ErrorCode errorCode) {
    return detail != null ? detail : errorCode.meaning();
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
    text.append(": ").append(reason(builder.detail, builder.errorCode));
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

  /** Builds an exception. Not thread-safe. */
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

    /** Sets the error. */
    public Builder errorCode(ErrorCode errorCode) {
      this.errorCode = Objects.requireNonNull(errorCode, "errorCode");
      return this;
    }

    /** Sets whether the service may have acted. */
    public Builder delivery(Delivery delivery) {
      this.delivery = Objects.requireNonNull(delivery, "delivery");
      return this;
    }

    /** Sets the message for this case. Default: the meaning of the error code. */
    public Builder detail(@Nullable String detail) {
      this.detail = detail == null ? null : Printable.of(detail);
      return this;
    }

    /** Sets the action that was called. Default: none. */
    public Builder action(String action) {
      this.action = action;
      return this;
    }

    /** Sets the HTTP status of the reply. Default: none. */
    public Builder httpStatus(@Nullable Integer httpStatus) {
      this.httpStatus = httpStatus;
      return this;
    }

    /** Sets the service's id of the request. Default: none. */
    public Builder requestId(@Nullable String requestId) {
      this.requestId = requestId;
      return this;
    }

    /** Sets the delay that the service asked for. Default: none. */
    public Builder retryAfter(@Nullable Duration retryAfter) {
      this.retryAfter = retryAfter;
      return this;
    }

    /** Sets the {@code Date} of the reply, in milliseconds since the epoch. Default: none. */
    public Builder serverTimeMillis(@Nullable Long serverTimeMillis) {
      this.serverTimeMillis = serverTimeMillis;
      return this;
    }

    /** Sets the limit that ended the call. Default: none. */
    public Builder exhaustedLimit(@Nullable Limit exhaustedLimit) {
      this.exhaustedLimit = exhaustedLimit;
      return this;
    }

    /** Sets the number of attempts, the first included. Default: 0. */
    public Builder attempts(int attempts) {
      this.attempts = attempts;
      return this;
    }

    /** Sets the failed attempts, oldest first. Default: none. */
    public Builder history(List<Attempt> history) {
      this.history = history;
      return this;
    }

    /** Sets the cause. Default: none. */
    public Builder cause(@Nullable Throwable cause) {
      this.cause = cause;
      return this;
    }

    /** Returns the exception. */
    public EcsException build() {
      EcsException built = new EcsException(this);
      if (stackTrace != null) {
        built.setStackTrace(stackTrace);
      }
      return built;
    }
  }
}

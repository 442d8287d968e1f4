package io.fleetstop;

import io.fleetstop.ActionCodec.DecodedReply;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.model.EcsAction;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.retry.RetryPolicy.Remedy;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.HttpExchange.Request;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The state of one call: its clock, its attempts, and what the service may have received so far.
 */
final class CallState<T> {

  private final ClientConfig config;
  private final EcsAction<T> action;
  private final RequestSigner signer;
  private final Request request;
  private final SafeListener listener;
  private final Scheduler scheduler = Schedulers.parallel();
  private final long startNanos = scheduler.now(TimeUnit.NANOSECONDS);
  private final AtomicBoolean terminated = new AtomicBoolean();
  private int attempts;
  private volatile @Nullable CallAttempt<T> currentAttempt;
  private volatile Delivery deliverySoFar = Delivery.NOT_SENT;
  private volatile boolean succeeded;
  private volatile boolean cancelled;

  CallState(
      ClientConfig config, EcsAction<T> action, ServiceAddress address, SafeListener listener) {
    this.config = config;
    this.action = action;
    this.signer = address.signer();
    this.request = ActionCodec.encode(address.endpoint(), action);
    this.listener = listener;
  }

  RetryPolicy policy() {
    return config.retryPolicy();
  }

  Scheduler scheduler() {
    return scheduler;
  }

  /** Attempts started so far. */
  int attempts() {
    return attempts;
  }

  /** Whether the service may have acted on the attempts that have ended. */
  Delivery deliverySoFar() {
    return deliverySoFar;
  }

  boolean isSucceeded() {
    return succeeded;
  }

  Duration elapsed() {
    return Duration.ofNanos(elapsedNanos());
  }

  /** Nanoseconds until the deadline; {@code Long.MAX_VALUE} without one. */
  long nanosLeft() {
    Duration deadline = policy().deadline();
    return deadline == null ? Long.MAX_VALUE : deadline.toNanos() - elapsedNanos();
  }

  private long elapsedNanos() {
    return scheduler.now(TimeUnit.NANOSECONDS) - startNanos;
  }

  CallAttempt<T> startAttempt() {
    int number = ++attempts;
    CallAttempt<T> attempt = new CallAttempt<>(config, action, signer, request, number, listener);
    currentAttempt = attempt;
    if (cancelled) {
      // cancel() may have read currentAttempt before it was set, and reported NOT_SENT.
      attempt.close();
    }
    listener.attemptStarted(attempt.number());
    return attempt;
  }

  T resultOf(DecodedReply<T> reply) {
    return deliverySoFar == Delivery.UNKNOWN
        ? action.afterUnknownAttempt(reply.result())
        : reply.result();
  }

  void attemptSucceeded(CallAttempt<T> attempt, DecodedReply<T> reply) {
    succeeded = true;
    listener.attemptSucceeded(attempt.number(), reply.httpStatus(), reply.requestId());
  }

  void attemptFailed(CallAttempt<T> attempt, EcsException failure) {
    deliverySoFar = deliverySoFar.or(failure.delivery());
    listener.attemptFailed(attempt.number(), failure);
  }

  void retrying(EcsException failure, Remedy remedy) {
    CallAttempt<T> ended = currentAttempt;
    Credentials refused = ended == null ? null : ended.usedCredentials();
    // During the delay no request can leave: deliverySoFar covers the ended attempt.
    currentAttempt = null;
    listener.retryDecided(attempts, failure);
    if (remedy == Remedy.CORRECT_CLOCK && failure.serverTimeMillis() != null) {
      config.clockSkew().update(request.uri(), failure.serverTimeMillis());
    }
    if (remedy == Remedy.REFRESH_CREDENTIALS && refused != null) {
      config.credentials().invalidate(refused);
    }
  }

  /** Closes the gate of the current attempt and returns the delivery of the whole call. */
  Delivery cancel() {
    // Before currentAttempt is read: an attempt that starts later sees this flag.
    cancelled = true;
    CallAttempt<T> attempt = currentAttempt;
    // The gate is closed before deliverySoFar is read: an attempt that ends now has updated it.
    Delivery last = attempt == null ? Delivery.NOT_SENT : attempt.close();
    return deliverySoFar.or(last);
  }

  boolean isCancelled() {
    return cancelled;
  }

  /** True once: a subscriber that has the result may still cancel, as {@code next()} does. */
  boolean tryTerminate() {
    return terminated.compareAndSet(false, true);
  }
}

package io.fleetstop.micrometer;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.observe.CallSubject;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** What is known of a call while it is observed. Holds neither credentials nor client tokens. */
public final class CallObservationContext extends SenderContext<CallSubject> {

  private final CallSubject subject;
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile int attempts;
  private volatile @Nullable Integer httpStatus;
  private volatile @Nullable String requestId;
  private volatile @Nullable Delivery cancelledAt;
  private volatile boolean isSucceeded;

  CallObservationContext(CallSubject subject) {
    // The carrier is written to by tracers that send headers along, which ours does not take.
    super((carrier, key, value) -> {}, Kind.CLIENT);
    this.subject = subject;
    setCarrier(subject);
    setRemoteServiceName(subject.service());
  }

  /** What the call is about. */
  public CallSubject subject() {
    return subject;
  }

  /** How many tries were begun. */
  public int attempts() {
    return attempts;
  }

  /** The HTTP status of the last reply, or {@code null} if there was none. */
  public @Nullable Integer httpStatus() {
    return httpStatus;
  }

  /** The service's id of the last request it answered, or {@code null}. */
  public @Nullable String requestId() {
    return requestId;
  }

  /** Whether the call has succeeded. */
  public boolean isSucceeded() {
    return isSucceeded;
  }

  /** The error that ended the call, or {@code null}. */
  public @Nullable EcsException failure() {
    return getError() instanceof EcsException failure ? failure : null;
  }

  /** Whether the service may have acted on a call that was cancelled; {@code null} otherwise. */
  public @Nullable Delivery cancelledAt() {
    return cancelledAt;
  }

  void attempt(int number) {
    attempts = number;
  }

  void answered(@Nullable Integer status, @Nullable String request) {
    httpStatus = status;
    requestId = request == null ? requestId : request;
  }

  void succeeded() {
    isSucceeded = true;
  }

  void cancelled(Delivery delivery) {
    cancelledAt = delivery;
  }

  /** Whether this is the first end: a cancel may meet the end of the call. */
  boolean end() {
    return ended.compareAndSet(false, true);
  }

  boolean hasEnded() {
    return ended.get();
  }
}

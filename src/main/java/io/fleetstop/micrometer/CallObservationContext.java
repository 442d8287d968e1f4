package io.fleetstop.micrometer;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.observe.CallSubject;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The context of an observed call. It contains neither credentials nor client tokens. */
public final class CallObservationContext extends SenderContext<CallSubject> {

  private final CallSubject subject;
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile int attempts;
  private volatile @Nullable Integer httpStatus;
  private volatile @Nullable String requestId;
  private volatile @Nullable Delivery cancelledAt;
  private volatile boolean succeeded;

  CallObservationContext(CallSubject subject) {
    // Tracers write headers into the carrier; it accepts none.
    super((carrier, key, value) -> {}, Kind.CLIENT);
    this.subject = subject;
    setCarrier(subject);
    setRemoteServiceName(subject.service());
  }

  /** Returns the subject of the call. */
  public CallSubject subject() {
    return subject;
  }

  /** Returns the number of attempts started. */
  public int attempts() {
    return attempts;
  }

  /** Returns the HTTP status of the last reply, or {@code null} if there was none. */
  public @Nullable Integer httpStatus() {
    return httpStatus;
  }

  /** Returns the request id of the last reply, or {@code null}. */
  public @Nullable String requestId() {
    return requestId;
  }

  /** Whether the call has succeeded. */
  public boolean isSucceeded() {
    return succeeded;
  }

  /** Returns the error that ended the call, or {@code null}. */
  public @Nullable EcsException failure() {
    return getError() instanceof EcsException failure ? failure : null;
  }

  /** Returns whether the service may have acted on a cancelled call; {@code null} otherwise. */
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
    succeeded = true;
  }

  void cancelled(Delivery delivery) {
    cancelledAt = delivery;
  }

  /** Returns whether this is the first termination: a cancel may race the end of the call. */
  boolean end() {
    return ended.compareAndSet(false, true);
  }

  boolean hasEnded() {
    return ended.get();
  }
}

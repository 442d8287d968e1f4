package io.fleetstop.error;

import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import java.time.Duration;

/**
 * Makes the errors that this side of the wire ends a call or an attempt with. The client, the fleet
 * and the {@code WebClient} filters share them, so that one event has one code and one text.
 */
public final class EcsExceptions {

  private static final int MAX_CAUSES = 20;

  private EcsExceptions() {}

  /** The attempt took longer than the attempt timeout. */
  public static EcsException attemptTimedOut(Duration timeout, Delivery delivery) {
    return EcsException.builder(ClientErrors.ATTEMPT_TIMEOUT, delivery)
        .detail(
            "The attempt took longer than the attempt timeout of " + Printable.duration(timeout))
        .build();
  }

  /** The call was still running at its deadline. */
  public static EcsException deadlineExceeded(Duration deadline, Delivery delivery) {
    return EcsException.builder(ClientErrors.DEADLINE_EXCEEDED, delivery)
        .detail("The call took longer than its deadline of " + Printable.duration(deadline))
        .exhaustedLimit(Limit.DEADLINE)
        .build();
  }

  /** The deadline ended an attempt that had spent more than half of it in a queue. */
  public static EcsException queuedTooLong(Duration deadline, Delivery delivery) {
    ErrorCode code =
        delivery == Delivery.NOT_SENT ? ClientErrors.QUEUE_TIMEOUT : ClientErrors.DEADLINE_EXCEEDED;
    return EcsException.builder(code, delivery)
        .detail(
            "The call spent most of its deadline of "
                + Printable.duration(deadline)
                + " in the queue for a permit or a slot, and got no reply in the rest"
                + "; allow a longer deadline or a higher rate")
        .exhaustedLimit(Limit.QUEUE)
        .build();
  }

  /** The call was still queued at its deadline. */
  public static EcsException queueTimedOut(Duration deadline) {
    return EcsException.builder(ClientErrors.QUEUE_TIMEOUT, Delivery.NOT_SENT)
        .detail(
            "The call was queued for a permit or a slot until its deadline of "
                + Printable.duration(deadline)
                + "; allow a longer deadline or a higher rate")
        .exhaustedLimit(Limit.DEADLINE)
        .build();
  }

  /** The caller's stop signal came before the attempt was sent. */
  public static EcsException stoppedByCaller() {
    return EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT)
        .detail("The caller stopped the call before this attempt was sent")
        .exhaustedLimit(Limit.CALLER)
        .build();
  }

  /** The client is closing, or is closed. */
  public static EcsException clientClosed() {
    return EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT)
        .detail("The client is closed, and nothing was sent; build another EcsClient")
        .build();
  }

  /** The transport completed without a reply. */
  public static EcsException noReply(Delivery delivery) {
    return EcsException.builder(ClientErrors.CONNECTION_LOST, delivery)
        .detail("The transport completed without a reply")
        .build();
  }

  /** The transport failed with something else than an {@code EcsException}. */
  public static EcsException transportFailed(Throwable failure, Delivery delivery) {
    return EcsException.builder(
            delivery == Delivery.NOT_SENT
                ? ClientErrors.CONNECT_FAILED
                : ClientErrors.CONNECTION_LOST,
            delivery)
        .detail("The transport failed with " + rootCause(failure).getClass().getSimpleName())
        .cause(failure)
        .build();
  }

  private static Throwable rootCause(Throwable failure) {
    Throwable root = failure;
    // Bounded: causes may form a cycle.
    for (int depth = 0; depth < MAX_CAUSES && root.getCause() != null; depth++) {
      root = root.getCause();
    }
    return root;
  }

  /** The credentials provider completed without credentials. */
  public static EcsException noCredentials() {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail("The credentials provider completed without credentials")
        .build();
  }

  /** The credentials provider failed with something else than an {@code EcsException}. */
  public static EcsException credentialsFailed(Throwable failure) {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail("The credentials provider failed with " + failure.getClass().getSimpleName())
        .cause(failure)
        .build();
  }

  /**
   * Returns {@code failure} if it is an {@code EcsException}, and otherwise an error that names it
   * as a defect of this client or of a part that was given to it.
   *
   * @param delivery whether the service may have acted, if {@code failure} does not say it
   */
  public static EcsException of(Throwable failure, Delivery delivery) {
    return failure instanceof EcsException error
        ? error
        : EcsException.builder(ClientErrors.UNEXPECTED_FAILURE, delivery)
            .detail(ClientErrors.UNEXPECTED_FAILURE.meaning() + " " + failure.getClass().getName())
            .cause(failure)
            .build();
  }

  /**
   * As {@link #of(Throwable, Delivery)}, for a call that the service may have acted on: names the
   * action unless the failure does.
   */
  public static EcsException of(String action, Throwable failure) {
    EcsException error = of(failure, Delivery.UNKNOWN);
    return error.action() == null ? error.mutate().action(action).build() : error;
  }
}

package io.fleetstop;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import java.time.Duration;

/** What ends a try on this side, as errors. */
final class AttemptErrors {

  private AttemptErrors() {}

  static EcsException timedOut(Duration timeout, Delivery delivery) {
    return EcsException.builder(ClientErrors.ATTEMPT_TIMEOUT, delivery)
        .detail("The try took longer than the attempt timeout of " + timeout)
        .build();
  }

  static EcsException deadlinePassed(Duration deadline, Delivery delivery) {
    return EcsException.builder(ClientErrors.DEADLINE_EXCEEDED, delivery)
        .detail("The call took longer than its deadline of " + deadline)
        .exhaustedLimit(Limit.DEADLINE)
        .build();
  }

  static EcsException queueTimedOut(Duration deadline) {
    return EcsException.builder(ClientErrors.QUEUE_TIMEOUT, Delivery.NOT_SENT)
        .detail("The call waited in line for a permit or a place until its deadline of " + deadline)
        .exhaustedLimit(Limit.DEADLINE)
        .build();
  }

  static EcsException notWanted() {
    return EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT)
        .detail("The caller wanted no further try before this one was sent")
        .exhaustedLimit(Limit.CALLER)
        .build();
  }

  static EcsException unanswered(Delivery delivery) {
    return EcsException.builder(ClientErrors.CONNECTION_LOST, delivery)
        .detail("The transport ended without a reply")
        .build();
  }

  static EcsException broken(Throwable failure, Delivery delivery) {
    return EcsException.builder(ClientErrors.CONNECTION_LOST, delivery)
        .detail("The transport failed with " + failure.getClass().getSimpleName())
        .cause(failure)
        .build();
  }

  static EcsException noCredentials() {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail("The credentials provider gave none")
        .build();
  }

  static EcsException noCredentials(Throwable failure) {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail("The credentials provider failed with " + failure.getClass().getSimpleName())
        .cause(failure)
        .build();
  }

  static EcsException unexpected(Throwable failure, Delivery delivery) {
    return EcsException.builder(ClientErrors.UNEXPECTED_FAILURE, delivery)
        .detail(ClientErrors.UNEXPECTED_FAILURE.meaning() + " " + failure.getClass().getName())
        .cause(failure)
        .build();
  }
}

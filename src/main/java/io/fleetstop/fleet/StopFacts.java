package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import org.jspecify.annotations.Nullable;

/**
 * What a run knows about the requests for one instance. Immutable.
 *
 * @param resumed whether an earlier run may have called the instance
 * @param intentRecorded whether the journal has the intent to call it
 * @param accepted whether the service accepted a request of this run
 * @param unknownDelivery whether a request of this run may have taken effect
 * @param rounds the number of calls that were repeated since the state of the instance allows it
 * @param busyRetries the number of retries while another operation was in progress or capacity was
 *     lacking
 * @param queueFullRetries the number of retries while the queue of the rate limiter was full
 * @param lastError the last error that no acceptance followed, or {@code null}
 */
record StopFacts(
    boolean resumed,
    boolean intentRecorded,
    boolean accepted,
    boolean unknownDelivery,
    int rounds,
    int busyRetries,
    int queueFullRetries,
    @Nullable EcsException lastError) {

  /** The maximum of {@link #rounds}, so that no instance is called without end. */
  static final int MAX_ROUNDS = 5;

  /** Returns the facts about an instance that this run has not called. */
  static StopFacts initial(boolean resumed) {
    return new StopFacts(resumed, resumed, false, false, 0, 0, 0, null);
  }

  /** Whether a request may have taken effect. */
  boolean mayHaveTakenEffect() {
    return unknownDelivery || resumed;
  }

  /** Whether the instance may be called once more for the same reason. */
  boolean mayRepeat() {
    return rounds + 1 < MAX_ROUNDS;
  }

  StopFacts afterIntent() {
    return new StopFacts(
        resumed, true, accepted, unknownDelivery, rounds, busyRetries, queueFullRetries, lastError);
  }

  StopFacts afterAcceptance() {
    return new StopFacts(
        resumed, intentRecorded, true, true, rounds, busyRetries, queueFullRetries, null);
  }

  /** A dry run counts too: the effect of an unanswered one is unknown. */
  StopFacts afterError(EcsException error) {
    return new StopFacts(
        resumed,
        intentRecorded,
        accepted,
        unknownDelivery || error.delivery() == Delivery.UNKNOWN,
        rounds,
        busyRetries,
        queueFullRetries,
        error);
  }

  StopFacts afterRound() {
    return retried(rounds + 1, busyRetries, queueFullRetries);
  }

  StopFacts afterBusy() {
    return retried(rounds, busyRetries + 1, queueFullRetries);
  }

  StopFacts afterQueueFull() {
    return retried(rounds, busyRetries, queueFullRetries + 1);
  }

  private StopFacts retried(int rounds, int busyRetries, int queueFullRetries) {
    return new StopFacts(
        resumed,
        intentRecorded,
        accepted,
        unknownDelivery,
        rounds,
        busyRetries,
        queueFullRetries,
        lastError);
  }

  /**
   * Returns the error with the delivery of all requests: it may be that of a poll, or know less
   * than an earlier one.
   */
  EcsException withDelivery(EcsException error) {
    if (mayHaveTakenEffect() == (error.delivery() == Delivery.UNKNOWN)) {
      return error;
    }
    return error.mutate().delivery(mayHaveTakenEffect() ? Delivery.UNKNOWN : rejected()).build();
  }

  private Delivery rejected() {
    return lastError == null ? Delivery.NOT_SENT : lastError.delivery();
  }
}

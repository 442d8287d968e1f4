package io.fleetstop.limit;

import java.util.List;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What several processes share of one quota: instants at which calls may be sent, counts of
 * replies, and the adaptive rate. All times are on the clock of the store, so that the clocks of
 * the processes need not agree.
 *
 * <p>Implementations are non-blocking, safe for concurrent use, and end every operation within
 * about a second.
 */
public interface QuotaStore {

  /**
   * Counts the replies of the request, and leases slots after those of all processes.
   *
   * <p>A store without a rate takes the seed of the request.
   */
  Mono<Lease> lease(LeaseRequest request);

  /**
   * Replaces the shared rate if its revision is still the one that the decision was made on.
   *
   * @return the shared rate afterwards, decided by this or another process
   */
  Mono<SharedRate> decide(Decision decision);

  /** Returns each decision that makes slots of older epochs invalid, of every process. */
  Flux<SharedRate> decisions();

  /**
   * The rate that all processes share.
   *
   * @param epoch the number of the last decision that made older slots invalid; it increases
   * @param revision the number of the last decision
   * @param permitsPerSecond the rate
   * @param state the state of the adaptive rate, a text for other processes; empty for a fixed rate
   */
  record SharedRate(long epoch, long revision, double permitsPerSecond, String state) {

    /** Returns whether this is as new as another one. */
    boolean replaces(SharedRate known) {
      return epoch > known.epoch || (epoch == known.epoch && revision >= known.revision);
    }

    /** Returns this with a rate within the bounds of a process. */
    SharedRate within(double floor, double ceiling) {
      double bounded = Math.min(ceiling, Math.max(floor, permitsPerSecond));
      return bounded == permitsPerSecond ? this : new SharedRate(epoch, revision, bounded, state);
    }
  }

  /**
   * A request for slots, with the replies since the one before.
   *
   * @param wanted the greatest number of slots, or 0 to count replies only
   * @param fixed whether the rate of the seed is the rate, rather than the first one
   * @param burst the number of slots that may be due at once after an idle time
   * @param seed the rate if the store has none
   * @param accepted the calls that were accepted
   * @param rejected the calls that were throttled
   * @param unused the slots for which the process was late
   * @param testedRate the rate at which the last accepted call was leased; 0 if there is none
   * @param maxDelayNanos the greatest time to the first slot: later ones are not leased
   * @param floor the least rate of slots, whatever the store has
   * @param ceiling the greatest rate of slots, whatever the store has
   */
  record LeaseRequest(
      int wanted,
      boolean fixed,
      int burst,
      SharedRate seed,
      int accepted,
      int rejected,
      int unused,
      double testedRate,
      long maxDelayNanos,
      double floor,
      double ceiling) {}

  /**
   * Slots, evenly spaced at the shared rate, and what all processes counted.
   *
   * @param rate the shared rate
   * @param nowNanos the time of the store
   * @param count the number of slots, or 0 if the next free one is further ahead than requested
   * @param delayNanos the time from {@code nowNanos} to the first slot, or to the next free one if
   *     none is leased; negative after an idle time
   * @param members the number of processes that were seen during the last seconds
   * @param testedRate the rate at which the last accepted call of a process was leased
   * @param counts what was counted during the last second
   */
  record Lease(
      SharedRate rate,
      long nowNanos,
      int count,
      long delayNanos,
      int members,
      double testedRate,
      Counts counts) {

    /** Returns this with a rate within the bounds of a process. */
    Lease within(double floor, double ceiling) {
      SharedRate bounded = rate.within(floor, ceiling);
      return bounded.equals(rate)
          ? this
          : new Lease(bounded, nowNanos, count, delayNanos, members, testedRate, counts);
    }
  }

  /**
   * What all processes counted, in slots of 50 ms, those of the last second and the one before, the
   * current slot first.
   *
   * @param accepted the calls that were accepted
   * @param rejected the calls that were throttled
   * @param unused the slots that were leased and not used in time
   */
  record Counts(List<Integer> accepted, List<Integer> rejected, List<Integer> unused) {

    /** Copies the lists. */
    public Counts {
      accepted = List.copyOf(accepted);
      rejected = List.copyOf(rejected);
      unused = List.copyOf(unused);
    }
  }

  /**
   * Another rate, or a pause.
   *
   * @param revision the revision on which the decision was made
   * @param permitsPerSecond the rate from now on
   * @param state its state
   * @param fence whether slots that were leased before become invalid
   * @param holdNanos with a fence: the time without any slot
   */
  record Decision(
      long revision, double permitsPerSecond, String state, boolean fence, long holdNanos) {}
}

package io.fleetstop.limit;

import io.fleetstop.limit.QuotaStore.Counts;
import io.fleetstop.limit.QuotaStore.Decision;
import io.fleetstop.limit.QuotaStore.Lease;
import io.fleetstop.limit.QuotaStore.SharedRate;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Decides the next shared rate from a lease, with the rules of {@link AdaptiveRate}. Pure
 * functions.
 */
final class SharedDecision {

  /** Growth is decided in steps, by the process that comes first. */
  private static final long GROWTH_STEP_NANOS = 50_000_000;

  /** A longer time without a decision proves nothing. */
  private static final long IDLE_NANOS = 1_000_000_000;

  /** Replies are reported in batches, so a shorter gap is no stall. */
  private static final double MIN_STALL_SECONDS = 0.25;

  /**
   * The rate is at most this factor above the one of the last accepted call: slots that were leased
   * before are sent first, and would hide that the rate is too high.
   */
  private static final double TESTED_FACTOR = 2;

  /** With a larger share of late slots the calls are below the rate, and confirm nothing. */
  private static final double MAX_UNUSED_SHARE = 0.1;

  private static final double HEAVY_SHARE = 0.1;

  /**
   * A throttled call.
   *
   * @param sentAtNanos when it was sent, on the clock of the store
   * @param rate the rate at which its slot was leased
   * @param holdNanos how long the service asked to wait; 0 if it did not
   */
  record Refusal(long sentAtNanos, double rate, long holdNanos) {}

  private SharedDecision() {}

  /**
   * Returns the decision that follows from a lease, if any.
   *
   * @param current the current shared rate
   * @param lease the lease
   * @param fresh a state with the tuning and the bounds of this process
   * @param refusals the calls of this process that were throttled
   * @param busy whether callers are queued
   */
  static @Nullable Decision of(
      SharedRate current, Lease lease, AdaptiveRate fresh, List<Refusal> refusals, boolean busy) {
    AdaptiveRate before = state(current, lease, fresh);
    if (!refusals.isEmpty()) {
      return refused(current, before, lease.nowNanos(), refusals);
    }
    long passed = lease.nowNanos() - before.lastSuccessAtNanos();
    if (passed < GROWTH_STEP_NANOS || sum(lease.counts().accepted()) == 0) {
      return null;
    }
    if (passed > IDLE_NANOS) {
      return decision(current, before.resumedAt(lease.nowNanos()), false, 0);
    }
    boolean confirmed =
        current.permitsPerSecond() <= TESTED_FACTOR * lease.testedRate()
            && sum(lease.counts().unused()) <= MAX_UNUSED_SHARE * sum(lease.counts().accepted());
    return decision(current, before.advanced(lease.nowNanos(), busy && confirmed), false, 0);
  }

  /** A known rate changes for no refusal, but the service may ask to wait. */
  static @Nullable Decision pause(SharedRate current, List<Refusal> refusals) {
    long hold = refusals.stream().mapToLong(Refusal::holdNanos).max().orElse(0);
    return hold == 0
        ? null
        : new Decision(current.revision(), current.permitsPerSecond(), "", true, hold);
  }

  private static @Nullable Decision refused(
      SharedRate current, AdaptiveRate before, long nanos, List<Refusal> refusals) {
    AdaptiveRate after = before;
    long hold = 0;
    for (Refusal refusal : refusals) {
      AdaptiveRate next = after.throttledAsCounted(nanos, refusal.sentAtNanos(), refusal.rate());
      long own = next.holdNanos(after, refusal.sentAtNanos());
      hold = Math.max(hold, Math.max(own, refusal.holdNanos()));
      after = next;
    }
    boolean fence = hold > 0 || after.rate() < before.rate();
    return fence || !after.equals(before) ? decision(current, after, fence, hold) : null;
  }

  private static Decision decision(
      SharedRate current, AdaptiveRate after, boolean fence, long hold) {
    return new Decision(current.revision(), after.rate(), AdaptiveText.of(after), fence, hold);
  }

  /**
   * Returns the state of the current shared rate, with the counts of a lease. A slot for which a
   * process was late says nothing against the rate and counts as accepted, unless so many calls are
   * refused that the calls were certainly too many.
   */
  private static AdaptiveRate state(SharedRate current, Lease lease, AdaptiveRate fresh) {
    Counts counts = lease.counts();
    boolean tooMany = sum(counts.rejected()) > HEAVY_SHARE * sum(counts.accepted());
    List<Integer> granted = new ArrayList<>(counts.accepted());
    if (!tooMany) {
      for (int i = 0; i < granted.size(); i++) {
        granted.set(i, granted.get(i) + counts.unused().get(i));
      }
    }
    AdaptiveRate known =
        AdaptiveText.parse(current.state(), current.permitsPerSecond(), fresh, lease.nowNanos());
    return known.counted(
        SlidingCount.of(lease.nowNanos(), granted),
        SlidingCount.of(lease.nowNanos(), counts.rejected()),
        stalls(known, lease));
  }

  /**
   * Returns the last stall: slots without any reply, and then one with a reply. Processes on a busy
   * machine stall all the time: while more calls are refused than accepted, a stall explains none.
   */
  private static ReplyGap stalls(AdaptiveRate known, Lease lease) {
    if (sum(lease.counts().rejected()) > sum(lease.counts().accepted())) {
      return ReplyGap.none(lease.nowNanos());
    }
    double longest = Math.max(MIN_STALL_SECONDS, known.tuning().stallReplies() / known.rate());
    ReplyGap stalls = known.stalls();
    long slot = Math.floorDiv(lease.nowNanos(), SlidingCount.SLOT_NANOS);
    List<Integer> accepted = lease.counts().accepted();
    for (int back = accepted.size() - 1; back >= 0; back--) {
      long begin = (slot - back) * SlidingCount.SLOT_NANOS;
      boolean replied = accepted.get(back) + lease.counts().rejected().get(back) > 0;
      if (replied && begin > stalls.lastReplyAtNanos()) {
        stalls = stalls.onReply(begin, longest);
      }
    }
    return stalls;
  }

  private static int sum(List<Integer> counts) {
    return counts.stream().mapToInt(count -> Objects.requireNonNull(count)).sum();
  }
}

package io.fleetstop.limit;

import io.fleetstop.limit.QuotaStore.Lease;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The slots that a process has leased and not used yet, and when to ask for more. Used by one
 * thread at a time.
 */
final class LeasedSlots {

  /** A slot that is late by more is not used: all late calls together would be a burst. */
  private static final long MIN_LATE_NANOS = 50_000_000;

  private static final long MAX_LATE_NANOS = 1_000_000_000;
  private static final double NANOS_PER_SECOND = 1e9;

  private static final long LONGEST_ROUND_TRIP_NANOS = 250_000_000;
  private static final double ROUND_TRIP_WEIGHT = 0.2;

  /**
   * Slots that are further ahead are not leased while the rate may change. Each process leases at
   * least one slot, so that all together would fill the time ahead with slots of a rate that is
   * history: growth would be seen late, and its excess late, too.
   */
  private static final long MIN_HORIZON_NANOS = 100_000_000;

  private static final int HORIZON_ROUND_TRIPS = 4;

  /**
   * An instant at which a call may be sent.
   *
   * @param dueNanos the instant on the clock of this process
   * @param epoch the epoch of its lease
   * @param rate the rate of its lease
   */
  record LeasedSlot(long dueNanos, long epoch, double rate) {

    boolean isLate(long now) {
      double interval = NANOS_PER_SECOND / rate;
      return now - dueNanos > Math.min(MAX_LATE_NANOS, Math.max(MIN_LATE_NANOS, interval));
    }
  }

  private final Deque<LeasedSlot> slots = new ArrayDeque<>();
  private double roundTripNanos;

  /** When the processes, each with as many slots as this one, have used those of this one. */
  private long shareEndNanos = Long.MIN_VALUE;

  private long askAgainNanos = Long.MIN_VALUE;

  /**
   * Returns the greatest time to the first slot of a lease: half of it for a process that has had
   * its share, so that the others are first.
   */
  long horizonNanos(long now) {
    long horizon = Math.max(MIN_HORIZON_NANOS, (long) (HORIZON_ROUND_TRIPS * roundTripNanos));
    return now < shareEndNanos ? horizon / 2 : horizon;
  }

  /** Adds the slots of a lease that was requested at {@code askedAt} and arrived now. */
  void add(Lease lease, long askedAt, long now) {
    double sample = Math.min(LONGEST_ROUND_TRIP_NANOS, now - askedAt);
    roundTripNanos += (roundTripNanos == 0 ? 1 : ROUND_TRIP_WEIGHT) * (sample - roundTripNanos);
    double rate = lease.rate().permitsPerSecond();
    if (lease.count() == 0) {
      askAgainNanos = now + lease.delayNanos() - horizonNanos(now) / 2;
    } else {
      long share = (long) (lease.count() * lease.members() * NANOS_PER_SECOND / rate);
      shareEndNanos = Math.min(Math.max(now, shareEndNanos) + share, now + 2 * share);
    }
    for (int i = 0; i < lease.count(); i++) {
      long due = now + lease.delayNanos() + (long) (i * NANOS_PER_SECOND / rate);
      slots.add(new LeasedSlot(Math.max(now, due), lease.rate().epoch(), rate));
    }
  }

  /** Removes the slots that are late, and returns their number. */
  int dropLate(long now) {
    int before = slots.size();
    for (LeasedSlot next = slots.peek(); next != null && next.isLate(now); next = slots.peek()) {
      slots.remove();
    }
    return before - slots.size();
  }

  /** Removes the slots of earlier epochs. */
  void dropBefore(long epoch) {
    slots.removeIf(slot -> slot.epoch() < epoch);
  }

  boolean isDue(long now) {
    LeasedSlot next = slots.peek();
    return next != null && next.dueNanos() <= now;
  }

  @Nullable LeasedSlot poll() {
    return slots.poll();
  }

  int due(long now) {
    return (int) slots.stream().filter(slot -> slot.dueNanos() <= now).count();
  }

  /** Returns the instant of the next slot. */
  long nextNanos() {
    LeasedSlot next = slots.peek();
    return next == null ? Long.MAX_VALUE : next.dueNanos();
  }

  /**
   * Returns the instant at which to ask for more: two round trips before the last slot, or shortly
   * before a slot that was too far ahead.
   */
  long askAtNanos(long now) {
    LeasedSlot last = slots.peekLast();
    long needed = last == null ? now : last.dueNanos() - (long) (2 * roundTripNanos);
    return Math.max(needed, askAgainNanos);
  }
}

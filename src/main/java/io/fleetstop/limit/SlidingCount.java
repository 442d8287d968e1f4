package io.fleetstop.limit;

import java.util.Arrays;
import java.util.List;

/**
 * Counts events over the last second, in time slots. Immutable.
 *
 * @param slot the number of the current slot, counted from the zero of the clock
 * @param counts the slots of a second and the one before, the current slot first
 */
@SuppressWarnings("ArrayRecordComponent") // never exposed, never written to after construction
record SlidingCount(long slot, int[] counts) {

  private static final int SLOTS = 20;
  static final long SLOT_NANOS = 1_000_000_000L / SLOTS;

  static SlidingCount none(long nanos) {
    return new SlidingCount(Math.floorDiv(nanos, SLOT_NANOS), new int[SLOTS + 1]);
  }

  /**
   * Returns counts that were made elsewhere.
   *
   * @param nanos the current instant
   * @param slots the counts, the current slot first; missing ones are 0
   */
  static SlidingCount of(long nanos, List<Integer> slots) {
    int[] counts = new int[SLOTS + 1];
    for (int i = 0; i < Math.min(counts.length, slots.size()); i++) {
      counts[i] = slots.get(i);
    }
    return new SlidingCount(Math.floorDiv(nanos, SLOT_NANOS), counts);
  }

  /** Returns the count with one more event at {@code nanos}. */
  SlidingCount plus(long nanos) {
    long now = Math.floorDiv(nanos, SLOT_NANOS);
    int[] shifted = shifted(now);
    shifted[0]++;
    return new SlidingCount(now, shifted);
  }

  /** Returns the number of events in the second before {@code nanos}. */
  double perSecond(long nanos) {
    int[] now = shifted(Math.floorDiv(nanos, SLOT_NANOS));
    double sum = 0;
    for (int i = 0; i < SLOTS; i++) {
      sum += now[i];
    }
    double begun = (double) Math.floorMod(nanos, SLOT_NANOS) / SLOT_NANOS;
    return sum + now[SLOTS] * (1 - begun);
  }

  private int[] shifted(long toSlot) {
    long by = toSlot - slot;
    int[] shifted = new int[SLOTS + 1];
    if (by >= 0 && by <= SLOTS) {
      System.arraycopy(counts, 0, shifted, (int) by, SLOTS + 1 - (int) by);
    }
    return shifted;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SlidingCount that
        && slot == that.slot
        && Arrays.equals(counts, that.counts);
  }

  @Override
  public int hashCode() {
    return Long.hashCode(slot) * 31 + Arrays.hashCode(counts);
  }
}

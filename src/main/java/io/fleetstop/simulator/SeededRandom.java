package io.fleetstop.simulator;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Random numbers that follow from a seed and a running number alone, so that threads need no lock
 * to share the sequence.
 */
final class SeededRandom {

  private static final long STEP = 0x9E3779B97F4A7C15L;

  private final AtomicLong state;

  SeededRandom(long seed) {
    this.state = new AtomicLong(seed);
  }

  /** The next number of [0, 1). */
  double next() {
    return (mix(state.addAndGet(STEP)) >>> 11) * 0x1.0p-53;
  }

  /** Spreads a number over all 64 bits (the finisher of SplitMix64). */
  static long mix(long number) {
    long z = number + STEP;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}

package io.fleetstop.benchmarks.call;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** The latency of each call, in an array allocated before the first call. */
final class Latencies {

  private static final int MOST = 4_000_000;

  private final long[] nanos = new long[MOST];
  private final AtomicInteger count = new AtomicInteger();

  void clear() {
    count.set(0);
  }

  void add(long latencyNanos) {
    int index = count.getAndIncrement();
    if (index < MOST) {
      nanos[index] = latencyNanos;
    }
  }

  int count() {
    return count.get();
  }

  void sort() {
    Arrays.sort(nanos, 0, Math.min(MOST, count()));
  }

  /** The latency that {@code share} of the calls do not exceed, once sorted. */
  long quantile(double share) {
    int known = Math.min(MOST, count());
    return nanos[Math.min(known - 1, (int) (share * known))];
  }
}

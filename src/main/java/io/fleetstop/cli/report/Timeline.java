package io.fleetstop.cli.report;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How calls went over the time of a run.
 *
 * @param widthMillis how long a bucket is
 * @param buckets what ended in each span of that length, from the start of the run on
 */
record Timeline(long widthMillis, List<Bucket> buckets) {

  private static final int MAX_READABLE = 120;
  private static final long SECOND = 1_000;

  /** Fewer calls than this make a bar jump up and down although the pace is even. */
  private static final int MIN_READABLE_CALLS = 10;

  /**
   * What ended in a span of time.
   *
   * @param granted calls that the quota let through
   * @param refused calls that were refused because the quota was spent
   * @param lost calls that got no answer
   * @param rate the last reading of the limiter's rate, or {@code null} if nothing ended
   */
  record Bucket(long granted, long refused, long lost, @Nullable Double rate) {

    static final Bucket EMPTY = new Bucket(0, 0, 0, null);

    /** This span and what came later in it, or after it. */
    Bucket plus(Bucket later) {
      return new Bucket(
          granted + later.granted,
          refused + later.refused,
          lost + later.lost,
          later.rate != null ? later.rate : rate);
    }

    long calls() {
      return granted + refused + lost;
    }
  }

  Timeline {
    buckets = List.copyOf(buckets);
  }

  /** The same with half as many buckets, each twice as long. */
  Timeline halved() {
    List<Bucket> pairs = new ArrayList<>((buckets.size() + 1) / 2);
    for (int i = 0; i < buckets.size(); i += 2) {
      Bucket next = i + 1 < buckets.size() ? buckets.get(i + 1) : Bucket.EMPTY;
      pairs.add(buckets.get(i).plus(next));
    }
    return new Timeline(2 * widthMillis, pairs);
  }

  /** The same in as many buckets as can be told apart and mean something. */
  Timeline readable() {
    boolean isTooFine =
        widthMillis < SECOND && total().calls() < (long) MIN_READABLE_CALLS * buckets.size();
    return isTooFine || buckets.size() > MAX_READABLE ? halved().readable() : this;
  }

  /** All buckets in one. */
  Bucket total() {
    return buckets.stream().reduce(Bucket.EMPTY, Bucket::plus);
  }
}

package io.fleetstop.cli.report;

import io.fleetstop.cli.report.Timeline.Bucket;
import java.util.ArrayList;
import java.util.List;

/** A timeline in the making. The longer it gets the coarser it is, so that it stays small. */
final class Buckets {

  static final int MAX = 960;

  /** An eighth of a second: doubled a few times, it is a whole one. */
  static final long FIRST_WIDTH_MILLIS = 125;

  private long widthMillis = FIRST_WIDTH_MILLIS;
  private final List<Bucket> buckets = new ArrayList<>();

  /** Adds what happened so long after the start. */
  void add(long millis, Bucket event) {
    while (millis / widthMillis >= MAX) {
      Timeline coarser = timeline().halved();
      widthMillis = coarser.widthMillis();
      buckets.clear();
      buckets.addAll(coarser.buckets());
    }
    int index = (int) (millis / widthMillis);
    while (buckets.size() <= index) {
      buckets.add(Bucket.EMPTY);
    }
    buckets.set(index, buckets.get(index).plus(event));
  }

  Timeline timeline() {
    return new Timeline(widthMillis, buckets);
  }
}

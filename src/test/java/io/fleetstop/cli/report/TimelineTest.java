package io.fleetstop.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.report.CallTimeline.Buckets;
import io.fleetstop.cli.report.CallTimeline.Timeline;
import io.fleetstop.cli.report.CallTimeline.Timeline.Bucket;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

class TimelineTest {

  private static final long HOUR = 3_600_000;

  private final Buckets buckets = new Buckets();

  private static Bucket granted(double rate) {
    return new Bucket(1, 0, 0, rate);
  }

  @Test
  void event_isCountedInItsBucket() {
    buckets.add(0, granted(10));
    buckets.add(124, new Bucket(0, 1, 0, 9.0));
    buckets.add(125, new Bucket(0, 0, 1, 8.0));
    buckets.add(400, granted(7));

    assertThat(buckets.timeline())
        .isEqualTo(
            new Timeline(
                125,
                List.of(
                    new Bucket(1, 1, 0, 9.0),
                    new Bucket(0, 0, 1, 8.0),
                    Bucket.EMPTY,
                    new Bucket(1, 0, 0, 7.0))));
  }

  @Test
  void halved_addsPairsAndKeepsTheLaterRate() {
    Timeline timeline =
        new Timeline(125, List.of(granted(1), new Bucket(2, 3, 4, 2.0), granted(3), Bucket.EMPTY));

    assertThat(timeline.halved())
        .isEqualTo(new Timeline(250, List.of(new Bucket(3, 3, 4, 2.0), granted(3))));
  }

  @Test
  void halvedOddNumber_keepsTheLast() {
    Timeline timeline = new Timeline(125, List.of(granted(1), granted(2), granted(3)));

    assertThat(timeline.halved())
        .isEqualTo(new Timeline(250, List.of(new Bucket(2, 0, 0, 2.0), granted(3))));
  }

  @Test
  void longRun_hasFewBucketsAndEveryCall() {
    for (long millis = 0; millis < 3 * HOUR; millis += 100) {
      buckets.add(millis, granted(10));
    }

    Timeline timeline = buckets.timeline();
    assertThat(timeline.buckets()).hasSizeBetween(Buckets.MAX / 2, Buckets.MAX);
    assertThat(timeline.widthMillis()).isEqualTo(16_000);
    assertThat(timeline.total().granted()).isEqualTo(108_000);
    assertThat(timeline.buckets().get(10).granted()).isEqualTo(160);
  }

  @Test
  void longPause_needsFewBuckets() {
    buckets.add(1, granted(10));
    buckets.add(1_000 * HOUR, granted(11));

    assertThat(buckets.timeline().buckets()).hasSizeLessThanOrEqualTo(Buckets.MAX);
    assertThat(buckets.timeline().total()).isEqualTo(new Bucket(2, 0, 0, 11.0));
  }

  @Test
  void readable_keepsFastRunsAndMergesSlowOnes() {
    Timeline fast = new Timeline(125, Collections.nCopies(16, new Bucket(60, 0, 0, 480.0)));
    Timeline slow = new Timeline(125, Collections.nCopies(16, granted(8)));

    assertThat(fast.readable()).isEqualTo(fast);
    assertThat(slow.readable())
        .isEqualTo(new Timeline(1_000, Collections.nCopies(2, new Bucket(8, 0, 0, 8.0))));
  }

  @Test
  void readable_hasBoundedBuckets() {
    Timeline timeline = new Timeline(1_000, Collections.nCopies(901, granted(1)));

    assertThat(timeline.readable().widthMillis()).isEqualTo(8_000);
    assertThat(timeline.readable().buckets()).hasSize(113);
    assertThat(timeline.readable().total().granted()).isEqualTo(901);
  }

  @Test
  void noCalls_emptyTimeline() {
    assertThat(buckets.timeline().readable().buckets()).isEmpty();
  }
}

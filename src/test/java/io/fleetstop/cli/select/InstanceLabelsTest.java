package io.fleetstop.cli.select;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.output.InstanceLabel;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class InstanceLabelsTest {

  private static final long MEGABYTE = 1 << 20;

  private static InstanceLabel label(int number) {
    return new InstanceLabel("name \u00e9 " + number, "cn-beijing-a", "env=dev, n=" + number % 7);
  }

  @Test
  void labels_areThoseThatWerePut() {
    InstanceLabels labels = new InstanceLabels(64 * MEGABYTE);
    IntStream.range(0, 10_000).forEach(number -> labels.put("i-" + number, label(number)));

    assertThat(labels.size()).isEqualTo(10_000);
    assertThat(labels.isComplete()).isTrue();
    IntStream.range(0, 10_000)
        .forEach(number -> assertThat(labels.get("i-" + number)).isEqualTo(label(number)));
    assertThat(labels.get("i-10000")).isEqualTo(InstanceLabel.UNKNOWN);
  }

  @Test
  void laterLabel_replacesTheEarlierOne() {
    InstanceLabels labels = new InstanceLabels(MEGABYTE);
    labels.put("i-1", label(1));
    labels.put("i-1", label(2));

    assertThat(labels.get("i-1")).isEqualTo(label(2));
    assertThat(labels.size()).isEqualTo(1);
  }

  @Test
  void labelsBeyondTheirMemory_areNotKept() {
    InstanceLabels labels = new InstanceLabels(MEGABYTE);
    IntStream.range(0, 100_000).forEach(number -> labels.put("i-" + number, label(number)));

    assertThat(labels.isComplete()).isFalse();
    assertThat(labels.size()).isBetween(8_000, 30_000);
    assertThat(labels.get("i-0")).isEqualTo(label(0));
    assertThat(labels.get("i-99999")).isEqualTo(InstanceLabel.UNKNOWN);
  }

  @Test
  void labelLongerThanAnEntry_isNotKept() {
    InstanceLabels labels = new InstanceLabels(MEGABYTE);
    labels.put("i-1", new InstanceLabel("a", "b", "c".repeat(70_000)));

    assertThat(labels.get("i-1")).isEqualTo(InstanceLabel.UNKNOWN);
    assertThat(labels.isComplete()).isFalse();
  }
}

package io.fleetstop.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OutcomeCountsTest {

  private final OutcomeCounts counts = new OutcomeCounts(10_000);

  private void fail(String code) {
    counts.count(new OutcomeLine("i-1", null, Kind.FAILED, code, 400, "r", 1, 1, null));
  }

  @Test
  void distinctCodes_areListedUpToABound() {
    for (int i = 0; i < 5_000; i++) {
      fail("Invented" + i);
    }
    fail("Invented7");
    fail("Late");

    Map<String, Long> codes = counts.errorCodes();
    assertThat(codes).hasSize(OutcomeCounts.MAX_LISTED + 1).containsEntry("Invented7", 2L);
    assertThat(codes.keySet()).first().isEqualTo("Invented7");
    assertThat(codes.keySet()).last().isEqualTo("other codes");
    assertThat(codes.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(5_002);
  }

  @Test
  void fewCodes_areListedByFrequency() {
    fail("A");
    fail("B");
    fail("B");

    assertThat(counts.errorCodes()).containsExactly(Map.entry("B", 2L), Map.entry("A", 1L));
  }
}

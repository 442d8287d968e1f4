package io.fleetstop.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SummaryTest {

  @Test
  void cutShort_isNotCountedAsSkipped() {
    OutcomeCounts counts = new OutcomeCounts(3);
    counts.count(outcome(Kind.STOPPED, null));
    counts.count(outcome(Kind.SKIPPED, "the run ended before it was called"));
    assertThat(Summary.outcomes(counts)).isEqualTo("1 stopped, 1 skipped because the run ended");
    counts.count(outcome(Kind.SKIPPED, "it has the tag fleetstop:protect"));
    assertThat(Summary.outcomes(counts))
        .isEqualTo("1 stopped, 1 skipped, 1 skipped because the run ended");
    assertThat(counts.allSucceeded()).as("one instance is as it was").isFalse();
  }

  private static OutcomeLine outcome(Kind kind, @Nullable String message) {
    return new OutcomeLine("i-1", null, kind, null, null, null, 0, 0, message);
  }
}

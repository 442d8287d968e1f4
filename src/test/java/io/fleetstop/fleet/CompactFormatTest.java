package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompactFormatTest {

  private static final Instant AT = Instant.parse("2026-11-29T20:00:00Z");
  private static final InstanceId ID = InstanceId.of("i-ycm0a1b2c3d4e5f6g7h8");

  private static OutcomeRecord outcome(
      Kind kind, boolean conclusive, boolean rejected, String code, @Nullable String message) {
    return new OutcomeRecord(
        AT,
        ID,
        kind,
        conclusive,
        rejected,
        code,
        message,
        "20261129200000ABCDEF0123456789AB",
        2,
        1_234,
        kind == Kind.STOPPED);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void outcome_isTheSameAfterwards(Kind kind) {
    boolean success = kind.isSuccess();
    OutcomeRecord plain = outcome(kind, success, false, "", null);
    assertThat(JournalEvent.ofCompact(plain.toCompact(), AT)).isEqualTo(plain);
    OutcomeRecord explained =
        outcome(kind, success, true, "InternalError", "tabs\tand\nlines stay\t");
    assertThat(JournalEvent.ofCompact(explained.toCompact(), AT)).isEqualTo(explained);
  }

  @Test
  void finalFailure_staysFinal() {
    OutcomeRecord failed =
        outcome(Kind.FAILED, true, true, "InvalidInstance.NotFound", "does not exist");
    JournalEvent parsed = JournalEvent.ofCompact(failed.toCompact(), AT);
    assertThat(parsed).isEqualTo(failed);
    assertThat(parsed.isFinal()).isTrue();
    assertThat(parsed.outcome()).isEqualTo(Kind.FAILED);
    assertThat(parsed.instanceIds()).containsExactly(ID);
  }

  @Test
  void success_isShort() {
    String text = outcome(Kind.STOPPED, true, false, "", null).toCompact();
    assertThat(text).isEqualTo("S" + ID + "\t2\t1234\t20261129200000ABCDEF0123456789AB");
  }

  @Test
  void intentsAndBatches_areTheSameAfterwards() {
    JournalEvent intent = JournalEvent.intentOf(ID, AT);
    assertThat(JournalEvent.ofCompact(intent.toCompact(), AT)).isEqualTo(intent);
    JournalEvent batch =
        new JournalFormat.BatchIntent(
            AT, new StopBatch(3, "token", List.of(ID, InstanceId.of("i-2"))));
    JournalEvent parsed = JournalEvent.ofCompact(batch.toCompact(), AT);
    assertThat(parsed.instanceIds()).containsExactly(ID, InstanceId.of("i-2"));
  }

  /** The letters that are final without a flag, and those that are accepted without one. */
  @Test
  void shortestTexts_areThoseOfEarlierVersions() {
    for (char letter : "SATBCDFUK".toCharArray()) {
      OutcomeRecord outcome = (OutcomeRecord) JournalEvent.ofCompact(letter + "i-1\t1\t2", AT);
      assertThat(outcome.conclusive()).as("%s", letter).isEqualTo("SATBCD".indexOf(letter) >= 0);
      assertThat(outcome.accepted()).as("%s", letter).isEqualTo("STC".indexOf(letter) >= 0);
      assertThat(outcome.toCompact()).isEqualTo(letter + "i-1\t1\t2");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "X" + "i-1\t1\t2", "Si-1", "Si-1\tone\t2", "i", "{", "Si 1\t1\t2"})
  void otherText_isRefused(String text) {
    assertThatThrownBy(() -> JournalEvent.ofCompact(text, AT))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReplyGapTest {

  private static final long SECOND = 1_000_000_000L;

  @Test
  void longerGap_isAStall() {
    ReplyGap none = ReplyGap.none(0);

    assertThat(none.onReply(SECOND, 1)).isEqualTo(new ReplyGap(SECOND, -SECOND));
    assertThat(none.onReply(SECOND + 1, 1)).isEqualTo(new ReplyGap(SECOND + 1, SECOND + 1));
  }

  @Test
  void lateReply_doesNotMoveTimeBack() {
    assertThat(ReplyGap.none(SECOND).onReply(0, 1).lastReplyAtNanos()).isEqualTo(SECOND);
  }

  @Test
  void callSentAtItsEnd_isNotPartOfTheStall() {
    ReplyGap ended = new ReplyGap(5 * SECOND, 5 * SECOND);

    assertThat(ended.overlaps(5 * SECOND - 1)).isTrue();
    assertThat(ended.overlaps(5 * SECOND)).isFalse();
    assertThat(ended.endedRecently(6 * SECOND - 1)).isTrue();
    assertThat(ended.endedRecently(6 * SECOND)).isFalse();
  }
}

package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LocalShareTest {

  private static final long SECOND = 1_000_000_000L;

  private static LocalShare share(boolean fixed) {
    return new LocalShare(AdaptiveRate.start(1, 1_000, 4, 0), 4, fixed, 0);
  }

  @Test
  void rate_isAFractionOfTheSharedOne() {
    LocalShare share = share(true);
    assertThat(share.rateOfAll()).isEqualTo(4);
    assertThat(share.rate()).isEqualTo(1);
    assertThat(share.isAvailable(0)).isFalse();
    assertThat(share.nanosUntilAvailable(0)).isEqualTo(SECOND);

    share.fill(SECOND);
    assertThat(share.isAvailable(SECOND)).isTrue();
    share.take();
    assertThat(share.isAvailable(SECOND)).isFalse();
  }

  @Test
  void unknownRate_adapts_aKnownOneDoesNot() {
    LocalShare unknown = share(false);
    unknown.succeeded(SECOND / 2, true);
    assertThat(unknown.rateOfAll()).isEqualTo(8);
    unknown.throttled(SECOND, SECOND - 1, 8, 0);
    assertThat(unknown.rateOfAll()).isLessThan(8);

    LocalShare known = share(true);
    known.succeeded(SECOND / 2, true);
    known.throttled(SECOND, SECOND - 1, 4, 0);
    assertThat(known.rateOfAll()).isEqualTo(4);
  }

  @Test
  void refusalWithoutAHint_costsNoAccruedPermit() {
    LocalShare share = share(true);
    share.throttled(SECOND, SECOND - 1, 4, 0);
    share.fill(SECOND);
    assertThat(share.isAvailable(SECOND)).isTrue();
  }

  @Test
  void hint_holdsAtMostAMinute() {
    LocalShare share = share(true);
    share.fill(SECOND);
    share.throttled(SECOND, SECOND - 1, 4, 3_600 * SECOND);
    assertThat(share.isAvailable(SECOND)).isFalse();
    assertThat(share.nanosUntilAvailable(SECOND)).isEqualTo(60 * SECOND);
  }
}

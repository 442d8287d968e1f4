package io.fleetstop;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** This machine's clock, corrected by what the service said of its own. Shared by all calls. */
final class ClockOffset {

  private final InstantSource clock;
  private final AtomicLong offsetMillis = new AtomicLong();

  ClockOffset(InstantSource clock) {
    this.clock = clock;
  }

  Instant now() {
    return clock.instant().plusMillis(offsetMillis.get());
  }

  void learn(long serverTimeMillis) {
    offsetMillis.set(serverTimeMillis - clock.millis());
  }
}

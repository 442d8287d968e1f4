package io.fleetstop.sign;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/**
 * This machine's clock, corrected by what the service said of its own. Safe for concurrent use;
 * share it between all that sign for one service.
 */
public final class ClockSkew {

  private final InstantSource clock;
  private final AtomicLong offsetMillis = new AtomicLong();

  /** No correction yet. */
  public ClockSkew(InstantSource clock) {
    this.clock = clock;
  }

  /** The time as the service is believed to see it. */
  public Instant now() {
    return clock.instant().plusMillis(offsetMillis.get());
  }

  /** Corrects the clock by the service's time, in milliseconds since the epoch. */
  public void learn(long serverTimeMillis) {
    offsetMillis.set(serverTimeMillis - clock.millis());
  }
}

package io.fleetstop.sign;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/**
 * This machine's clock, corrected by the time of the service. Thread-safe; share one instance among
 * all signers for one service.
 */
public final class ClockSkew {

  private final InstantSource clock;
  private final AtomicLong offsetMillis = new AtomicLong();

  /** Starts without a correction. */
  public ClockSkew(InstantSource clock) {
    this.clock = clock;
  }

  /** Returns the corrected time. */
  public Instant now() {
    return clock.instant().plusMillis(offsetMillis.get());
  }

  /** Sets the correction from the service's time, in milliseconds since the epoch. */
  public void update(long serverTimeMillis) {
    offsetMillis.set(serverTimeMillis - clock.millis());
  }
}

package io.fleetstop.sign;

import io.fleetstop.transport.Authority;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This machine's clock, corrected by the time of the service. Thread-safe; share one instance among
 * all signers for one service.
 *
 * <p>The correction is bounded to a day, and a plain {@code http} server that is not on the
 * loopback interface cannot set it: otherwise a peer on the network could obtain signatures that
 * are valid in the far future.
 */
public final class ClockSkew {

  private static final Logger LOG = LoggerFactory.getLogger(ClockSkew.class);
  private static final Duration MAX_CORRECTION = Duration.ofDays(1);

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

  /**
   * Sets the correction from the time of the service. A time that must not be trusted is ignored
   * with a warning.
   *
   * @param server the address that reported the time
   * @param serverTimeMillis the time of the service, in milliseconds since the epoch
   */
  public void update(URI server, long serverTimeMillis) {
    Duration correction = Duration.between(clock.instant(), Instant.ofEpochMilli(serverTimeMillis));
    if (!isTrusted(server)) {
      LOG.warn(
          "The time of {} is ignored, since plain http can be forged: use https, or set this clock",
          name(server));
    } else if (correction.abs().compareTo(MAX_CORRECTION) > 0) {
      LOG.warn(
          "The time of {} is ignored, since it differs by more than a day: set this machine's clock",
          name(server));
    } else {
      offsetMillis.set(correction.toMillis());
    }
  }

  private static @Nullable String name(URI server) {
    Authority authority = Authority.of(server);
    return authority == null ? null : authority.host();
  }

  private static boolean isTrusted(URI server) {
    return "https".equalsIgnoreCase(server.getScheme()) || Authority.isLoopback(server);
  }
}

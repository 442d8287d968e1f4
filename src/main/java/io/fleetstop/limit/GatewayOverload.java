package io.fleetstop.limit;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.fleetstop.limit.RateLimiter.Permit;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * The replies of an overloaded gateway that this process received. A single one is a fault of the
 * gateway; a sustained share of them is its limit, to which an adaptive rate adapts.
 */
final class GatewayOverload {

  /** Fewer replies of an overloaded gateway within a second do not lower the rate. */
  private static final int MIN_OVERLOADED = 3;

  private static final double MAX_OVERLOADED_SHARE = 0.1;

  private final Supplier<Scheduler> schedulers;
  private final AtomicReference<SlidingCount> overloads;
  private final AtomicReference<SlidingCount> accepted;

  GatewayOverload(Supplier<Scheduler> schedulers) {
    this.schedulers = schedulers;
    SlidingCount none = SlidingCount.none(now());
    this.overloads = new AtomicReference<>(none);
    this.accepted = new AtomicReference<>(none);
  }

  /**
   * Counts one more reply; returns whether they are sustained.
   *
   * @param acceptedPerSecond the number of calls that were accepted in the last second
   */
  boolean isSustained(long now, double acceptedPerSecond) {
    double overloaded =
        Objects.requireNonNull(overloads.updateAndGet(before -> before.plus(now))).perSecond(now);
    return overloaded >= MIN_OVERLOADED
        && overloaded > MAX_OVERLOADED_SHARE * (overloaded + acceptedPerSecond);
  }

  /** Returns a permit that reports sustained overload as {@link Permit#throttled}. */
  Permit observing(Permit permit) {
    return new Permit() {
      @Override
      public void succeeded() {
        long now = now();
        accepted.updateAndGet(before -> before.plus(now));
        permit.succeeded();
      }

      @Override
      public void throttled(@Nullable Duration retryAfter) {
        permit.throttled(retryAfter);
      }

      @Override
      public void overloaded(@Nullable Duration retryAfter) {
        long now = now();
        double accepts = Objects.requireNonNull(accepted.get()).perSecond(now);
        if (isSustained(now, accepts) || retryAfter != null) {
          permit.throttled(retryAfter);
        } else {
          permit.ignored();
        }
      }

      @Override
      public void ignored() {
        permit.ignored();
      }
    };
  }

  private long now() {
    return schedulers.get().now(NANOSECONDS);
  }
}

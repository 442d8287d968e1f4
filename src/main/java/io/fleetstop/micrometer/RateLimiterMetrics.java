package io.fleetstop.micrometer;

import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.limit.SharedRateLimiter;
import io.fleetstop.micrometer.FleetstopMeter.LimiterKey;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Objects;
import java.util.function.ToDoubleFunction;

/**
 * Binds the limiters of a registry: rate, available permits, queued calls and throttled calls.
 * Meters of limiters that are created later appear on creation. A limiter that serves several
 * scopes appears once for each.
 */
public final class RateLimiterMetrics implements MeterBinder {

  private final RateLimiterRegistry limiters;
  private final Tags tags;

  /** Creates the metrics of {@code limiters}, the registry that the client was built with. */
  public RateLimiterMetrics(RateLimiterRegistry limiters) {
    this(limiters, Tags.empty());
  }

  /** Creates the metrics with further tags. */
  public RateLimiterMetrics(RateLimiterRegistry limiters, Iterable<Tag> tags) {
    this.limiters = Objects.requireNonNull(limiters, "limiters");
    this.tags = Tags.of(tags);
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    limiters.addListener((scope, limiter) -> bind(registry, scope, limiter));
  }

  private void bind(MeterRegistry registry, Scope scope, RateLimiter limiter) {
    Tags own =
        tags.and(
            LimiterKey.ACCOUNT.asString(), scope.account(),
            LimiterKey.REGION.asString(), scope.region(),
            LimiterKey.ACTION.asString(), scope.action());
    gauge(FleetstopMeter.LIMITER_RATE, registry, own, limiter, RateLimiter::rate);
    gauge(FleetstopMeter.LIMITER_AVAILABLE, registry, own, limiter, RateLimiter::available);
    gauge(FleetstopMeter.LIMITER_WAITING, registry, own, limiter, RateLimiter::waiting);
    if (limiter instanceof SharedRateLimiter shared) {
      ToDoubleFunction<RateLimiter> members = unused -> shared.isShared() ? shared.members() : 0;
      gauge(FleetstopMeter.LIMITER_MEMBERS, registry, own, limiter, members);
    }
    FunctionCounter.builder(
            FleetstopMeter.LIMITER_THROTTLED.getName(), limiter, RateLimiter::throttledCount)
        .baseUnit(FleetstopMeter.LIMITER_THROTTLED.getBaseUnit())
        .tags(own)
        .register(registry);
  }

  private static void gauge(
      FleetstopMeter meter,
      MeterRegistry registry,
      Tags tags,
      RateLimiter limiter,
      ToDoubleFunction<RateLimiter> reading) {
    Gauge.builder(meter.getName(), limiter, reading)
        .baseUnit(meter.getBaseUnit())
        .tags(tags)
        .register(registry);
  }
}

package io.fleetstop.limit;

import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The options of {@link RateLimiter#adaptive(AdaptiveOptions)}. Immutable. */
public final class AdaptiveOptions {

  /** The least rate unless said otherwise, per second. */
  public static final double DEFAULT_FLOOR = 1;

  /** The greatest rate unless said otherwise, per second. */
  public static final double DEFAULT_CEILING = 100;

  /** The rate to start at unless said otherwise, per second. */
  public static final double DEFAULT_INITIAL_RATE = 10;

  private final double floor;
  private final double ceiling;
  private final @Nullable Double initialRate;
  private final int maxWaiting;
  private final Supplier<Scheduler> scheduler;

  private AdaptiveOptions(Builder builder) {
    this.floor = Preconditions.rate("floor", builder.floor);
    this.ceiling = Preconditions.rate("ceiling", builder.ceiling);
    Preconditions.ordered("floor", floor, "ceiling", ceiling);
    this.initialRate = builder.initialRate;
    if (initialRate != null) {
      Preconditions.ordered("floor", floor, "initialRate", initialRate);
      Preconditions.ordered("initialRate", initialRate, "ceiling", ceiling);
    }
    this.maxWaiting = Preconditions.positive("maxWaiting", builder.maxWaiting);
    this.scheduler = builder.scheduler;
  }

  /** The defaults. */
  public static AdaptiveOptions defaults() {
    return builder().build();
  }

  /** Starts from the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A copy to change. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.floor = floor;
    copy.ceiling = ceiling;
    copy.initialRate = initialRate;
    copy.maxWaiting = maxWaiting;
    copy.scheduler = scheduler;
    return copy;
  }

  /** The least rate, per second. */
  public double floor() {
    return floor;
  }

  /** The greatest rate, per second. */
  public double ceiling() {
    return ceiling;
  }

  /** The rate to start at, per second. */
  public double initialRate() {
    return initialRate != null
        ? initialRate
        : Math.min(ceiling, Math.max(floor, DEFAULT_INITIAL_RATE));
  }

  /** How many may wait. */
  public int maxWaiting() {
    return maxWaiting;
  }

  Supplier<Scheduler> scheduler() {
    return scheduler;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private double floor = DEFAULT_FLOOR;
    private double ceiling = DEFAULT_CEILING;
    private @Nullable Double initialRate;
    private int maxWaiting = TokenBucketOptions.DEFAULT_MAX_WAITING;
    private Supplier<Scheduler> scheduler = Schedulers::parallel;

    private Builder() {}

    /**
     * The least rate per second, greater than zero; {@value AdaptiveOptions#DEFAULT_FLOOR} by
     * default.
     */
    public Builder floor(double permitsPerSecond) {
      this.floor = permitsPerSecond;
      return this;
    }

    /**
     * The greatest rate per second, not less than the floor; {@value
     * AdaptiveOptions#DEFAULT_CEILING} by default.
     */
    public Builder ceiling(double permitsPerSecond) {
      this.ceiling = permitsPerSecond;
      return this;
    }

    /**
     * The rate per second to start at, within the bounds; by default {@value
     * AdaptiveOptions#DEFAULT_INITIAL_RATE}, or the bound next to it.
     */
    public Builder initialRate(double permitsPerSecond) {
      this.initialRate = Preconditions.rate("initialRate", permitsPerSecond);
      return this;
    }

    /**
     * How many may wait for a permit, 1 at least; {@value TokenBucketOptions#DEFAULT_MAX_WAITING}
     * by default. Whoever comes when as many wait fails at once.
     */
    public Builder maxWaiting(int maxWaiting) {
      this.maxWaiting = maxWaiting;
      return this;
    }

    /**
     * Where time comes from and permits that were waited for are granted; {@link
     * Schedulers#parallel()} by default. Asked each time, so that it may be replaced under test.
     */
    public Builder scheduler(Supplier<Scheduler> scheduler) {
      this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
      return this;
    }

    /** The options as collected so far, checked. */
    public AdaptiveOptions build() {
      return new AdaptiveOptions(this);
    }
  }
}

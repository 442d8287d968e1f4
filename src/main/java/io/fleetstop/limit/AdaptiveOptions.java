package io.fleetstop.limit;

import io.fleetstop.error.Preconditions;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The options of {@link RateLimiter#adaptive(AdaptiveOptions)}. Immutable. */
public final class AdaptiveOptions {

  /** The default lower bound, in permits per second. */
  public static final double DEFAULT_FLOOR = 1;

  /** The default upper bound, in permits per second. */
  public static final double DEFAULT_CEILING = 100;

  /** The default initial rate, in permits per second. */
  public static final double DEFAULT_INITIAL_RATE = 10;

  private final @Nullable Double givenFloor;
  private final double floor;
  private final double ceiling;
  private final @Nullable Double initialRate;
  private final int maxWaiting;
  private final Supplier<Scheduler> scheduler;
  private final AdaptiveTuning tuning;

  private AdaptiveOptions(Builder builder) {
    this.ceiling = Preconditions.rate("ceiling", builder.ceiling);
    this.givenFloor = builder.floor;
    this.floor =
        Preconditions.rate(
            "floor", givenFloor != null ? givenFloor : Math.min(DEFAULT_FLOOR, ceiling));
    Preconditions.ordered("floor", floor, "ceiling", ceiling);
    this.initialRate = builder.initialRate;
    if (initialRate != null) {
      Preconditions.ordered("floor", floor, "initialRate", initialRate);
      Preconditions.ordered("initialRate", initialRate, "ceiling", ceiling);
    }
    this.maxWaiting = Preconditions.positive("maxWaiting", builder.maxWaiting);
    this.scheduler = builder.scheduler;
    this.tuning = builder.tuning;
  }

  /** Returns the default options. */
  public static AdaptiveOptions defaults() {
    return builder().build();
  }

  /** Returns a builder with the default options. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder with these options. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.floor = givenFloor;
    copy.ceiling = ceiling;
    copy.initialRate = initialRate;
    copy.maxWaiting = maxWaiting;
    copy.scheduler = scheduler;
    copy.tuning = tuning;
    return copy;
  }

  /** Returns the lower bound, in permits per second. */
  public double floor() {
    return floor;
  }

  /** Returns the upper bound, in permits per second. */
  public double ceiling() {
    return ceiling;
  }

  /** Returns the initial rate, in permits per second. */
  public double initialRate() {
    return initialRate != null
        ? initialRate
        : Math.min(ceiling, Math.max(floor, DEFAULT_INITIAL_RATE));
  }

  /** Returns the maximum number of queued callers. */
  public int maxWaiting() {
    return maxWaiting;
  }

  Supplier<Scheduler> scheduler() {
    return scheduler;
  }

  AdaptiveTuning tuning() {
    return tuning;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private @Nullable Double floor;
    private double ceiling = DEFAULT_CEILING;
    private @Nullable Double initialRate;
    private int maxWaiting = TokenBucketOptions.DEFAULT_MAX_WAITING;
    private Supplier<Scheduler> scheduler = Schedulers::parallel;
    private AdaptiveTuning tuning = AdaptiveTuning.DEFAULT;

    private Builder() {}

    /**
     * Sets the lower bound, in permits per second, greater than zero; {@link #build()} checks it.
     * Default: {@value AdaptiveOptions#DEFAULT_FLOOR}, or the ceiling if that is lower.
     */
    public Builder floor(double permitsPerSecond) {
      this.floor = permitsPerSecond;
      return this;
    }

    /**
     * Sets the upper bound, in permits per second, at least the floor; {@link #build()} checks it.
     * Default: {@value AdaptiveOptions#DEFAULT_CEILING}.
     */
    public Builder ceiling(double permitsPerSecond) {
      this.ceiling = permitsPerSecond;
      return this;
    }

    /**
     * Sets the initial rate, in permits per second, within the bounds; {@link #build()} checks the
     * bounds. Default: {@value AdaptiveOptions#DEFAULT_INITIAL_RATE}, or the nearest bound.
     *
     * @throws IllegalArgumentException if {@code permitsPerSecond} is not greater than 0 and at
     *     most 1e9
     */
    public Builder initialRate(double permitsPerSecond) {
      this.initialRate = Preconditions.rate("initialRate", permitsPerSecond);
      return this;
    }

    /**
     * Sets the maximum number of queued callers, at least 1; {@link #build()} checks it. A caller
     * beyond it fails at once. Default: {@value TokenBucketOptions#DEFAULT_MAX_WAITING}.
     */
    public Builder maxWaiting(int maxWaiting) {
      this.maxWaiting = maxWaiting;
      return this;
    }

    /**
     * Sets the scheduler that supplies the time and grants queued permits. The supplier is called
     * each time, so that tests can replace it. Default: {@link Schedulers#parallel()}.
     */
    public Builder scheduler(Supplier<Scheduler> scheduler) {
      this.scheduler = Objects.requireNonNull(scheduler, "scheduler");
      return this;
    }

    /** Replaces the constants of the rules, to measure what each is worth. */
    Builder tuning(AdaptiveTuning tuning) {
      this.tuning = tuning;
      return this;
    }

    /**
     * Returns the options.
     *
     * @throws IllegalArgumentException if an option breaks its rule, or the floor, the initial rate
     *     and the ceiling are not in this order
     */
    public AdaptiveOptions build() {
      return new AdaptiveOptions(this);
    }
  }
}

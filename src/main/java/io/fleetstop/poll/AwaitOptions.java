package io.fleetstop.poll;

import io.fleetstop.error.Preconditions;
import io.fleetstop.error.Printable;
import java.time.Duration;

/**
 * The options of waiting for a state of instances. Immutable; {@link #mutate()} starts a changed
 * copy.
 */
public final class AwaitOptions {

  /** The inverse fraction of the unchanged time by which a change may be detected late. */
  static final int FRACTION = 10;

  private final Duration timeout;
  private final Duration pollInterval;
  private final Duration maxPollInterval;

  private AwaitOptions(Builder builder) {
    this.timeout = builder.timeout;
    this.pollInterval = builder.pollInterval;
    this.maxPollInterval = builder.maxPollInterval;
  }

  /** Returns the options with every default. */
  public static AwaitOptions defaults() {
    return builder().build();
  }

  /** Returns a builder that starts with every default. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts with these options. */
  public Builder mutate() {
    return builder().timeout(timeout).pollInterval(pollInterval).maxPollInterval(maxPollInterval);
  }

  /** Returns how long an instance may take to reach the state. */
  public Duration timeout() {
    return timeout;
  }

  /** Returns the shortest interval between two polls of an instance. */
  public Duration pollInterval() {
    return pollInterval;
  }

  /** Returns the longest interval between two polls of an instance. */
  public Duration maxPollInterval() {
    return maxPollInterval;
  }

  /**
   * Returns the interval after a poll. It grows with the time since the last change, so that a
   * quick stop is detected quickly and a slow one costs few calls.
   *
   * @param unchanged the time since the last change
   */
  Duration intervalAfter(Duration unchanged) {
    Duration share = unchanged.dividedBy(FRACTION);
    if (share.compareTo(pollInterval) < 0) {
      return pollInterval;
    }
    return share.compareTo(maxPollInterval) > 0 ? maxPollInterval : share;
  }

  /** Builds {@link AwaitOptions}. Not thread-safe. */
  public static final class Builder {

    private Duration timeout = Duration.ofMinutes(10);
    private Duration pollInterval = Duration.ofSeconds(2);
    private Duration maxPollInterval = Duration.ofSeconds(30);

    private Builder() {}

    /**
     * Sets how long an instance may take to reach the state, at least 1 ms. Default: 10 min.
     *
     * @throws IllegalArgumentException if {@code timeout} is not 1 ms to 365 days
     */
    public Builder timeout(Duration timeout) {
      this.timeout = Preconditions.positive("timeout", timeout);
      return this;
    }

    /**
     * Sets the initial interval between two polls of an instance, at least 1 ms. After ten
     * intervals without a change of state the interval grows to one tenth of the time since the
     * last change. One describe call polls up to 100 instances; spare capacity is filled with
     * instances that have passed half of their interval. Default: 2 s.
     *
     * @throws IllegalArgumentException if {@code pollInterval} is not 1 ms to 365 days
     * @see #maxPollInterval(Duration)
     */
    public Builder pollInterval(Duration pollInterval) {
      this.pollInterval = Preconditions.positive("pollInterval", pollInterval);
      return this;
    }

    /**
     * Sets the upper bound of the poll interval, at least {@link #pollInterval}, which {@link
     * #build()} checks; an equal value keeps the interval constant. At 30 s a stop is noticed up to
     * 30 s late, and 1,000 instances cost one describe call every 3 s. Default: 30 s, reached after
     * 5 min without a change of state.
     *
     * @throws IllegalArgumentException if {@code maxPollInterval} is not 1 ms to 365 days
     * @see #pollInterval(Duration)
     */
    public Builder maxPollInterval(Duration maxPollInterval) {
      this.maxPollInterval = Preconditions.positive("maxPollInterval", maxPollInterval);
      return this;
    }

    /**
     * Returns the options.
     *
     * @throws IllegalArgumentException if {@code maxPollInterval} is less than {@code pollInterval}
     */
    public AwaitOptions build() {
      if (maxPollInterval.compareTo(pollInterval) < 0) {
        throw new IllegalArgumentException(
            "maxPollInterval must be at least pollInterval, "
                + Printable.duration(pollInterval)
                + ", was "
                + Printable.duration(maxPollInterval));
      }
      return new AwaitOptions(this);
    }
  }
}

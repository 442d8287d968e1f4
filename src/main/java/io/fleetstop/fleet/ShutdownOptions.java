package io.fleetstop.fleet;

import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.retry.Backoff;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How a fleet is shut down. Immutable; change a copy with {@link #mutate()}. */
public final class ShutdownOptions {

  private final @Nullable String runId;
  private final @Nullable String scope;
  private final boolean forceStop;
  private final StoppedMode stoppedMode;
  private final boolean dryRun;
  private final boolean awaitStopped;
  private final Duration stopTimeout;
  private final Duration pollInterval;
  private final Duration maxPollInterval;
  private final Duration busyTimeout;
  private final Backoff busyBackoff;
  private final int maxInFlight;
  private final int maxOpen;
  private final FailureLimit failureLimit;

  private ShutdownOptions(Builder builder) {
    this.runId = builder.runId;
    this.scope = builder.scope;
    this.forceStop = builder.forceStop;
    this.stoppedMode = builder.stoppedMode;
    this.dryRun = builder.dryRun;
    this.awaitStopped = builder.awaitStopped;
    this.stopTimeout = builder.stopTimeout;
    this.pollInterval = builder.pollInterval;
    this.maxPollInterval = builder.maxPollInterval;
    this.busyTimeout = builder.busyTimeout;
    this.busyBackoff = builder.busyBackoff;
    this.maxInFlight = builder.maxInFlight;
    this.maxOpen = builder.maxOpen;
    this.failureLimit = builder.failureLimit;
  }

  /** Every option at its default. */
  public static ShutdownOptions defaults() {
    return builder().build();
  }

  /** Starts with every option at its default. */
  public static Builder builder() {
    return new Builder();
  }

  /** A copy to change. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.runId = runId;
    copy.scope = scope;
    copy.forceStop = forceStop;
    copy.stoppedMode = stoppedMode;
    copy.dryRun = dryRun;
    copy.awaitStopped = awaitStopped;
    copy.stopTimeout = stopTimeout;
    copy.pollInterval = pollInterval;
    copy.maxPollInterval = maxPollInterval;
    copy.busyTimeout = busyTimeout;
    copy.busyBackoff = busyBackoff;
    copy.maxInFlight = maxInFlight;
    copy.maxOpen = maxOpen;
    copy.failureLimit = failureLimit;
    return copy;
  }

  /**
   * What the client tokens are derived from, or {@code null} if each run draws an id of its own.
   */
  public @Nullable String runId() {
    return runId;
  }

  /** Where the ids are looked up, or {@code null} if that is not said. */
  public @Nullable String scope() {
    return scope;
  }

  /** Whether power is cut instead of asking the guests. */
  public boolean isForceStop() {
    return forceStop;
  }

  /** What happens to the bill. */
  public StoppedMode stoppedMode() {
    return stoppedMode;
  }

  /** Whether requests are checked only. */
  public boolean isDryRun() {
    return dryRun;
  }

  /** Whether an instance's outcome waits until the service shows it as stopped. */
  public boolean isAwaitStopped() {
    return awaitStopped;
  }

  /** How long an instance may take to stop after the service accepted the request. */
  public Duration stopTimeout() {
    return stopTimeout;
  }

  /** How long after one look at a waiting instance the next one comes, at least. */
  public Duration pollInterval() {
    return pollInterval;
  }

  /** How long after one look at a waiting instance the next one comes, at most. */
  public Duration maxPollInterval() {
    return maxPollInterval;
  }

  /** How long an instance may be busy with another operation before it counts as failed. */
  public Duration busyTimeout() {
    return busyTimeout;
  }

  /** How long to leave an instance alone that is busy, or for which there was no place in line. */
  public Backoff busyBackoff() {
    return busyBackoff;
  }

  /** How many stop calls may run at once. */
  public int maxInFlight() {
    return maxInFlight;
  }

  /** How many instances may be open at once, from being taken up to their outcome. */
  public int maxOpen() {
    return maxOpen;
  }

  /** How many failures end the run. */
  public FailureLimit failureLimit() {
    return failureLimit;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private static final int MAX_TEXT = 128;

    private @Nullable String runId;
    private @Nullable String scope;
    private boolean forceStop;
    private StoppedMode stoppedMode = StoppedMode.KEEP_CHARGING;
    private boolean dryRun;
    private boolean awaitStopped = true;
    private Duration stopTimeout = Duration.ofMinutes(10);
    private Duration pollInterval = Duration.ofSeconds(2);
    private Duration maxPollInterval = Duration.ofSeconds(30);
    private Duration busyTimeout = Duration.ofMinutes(2);
    private Backoff busyBackoff = Backoff.fullJitter(Duration.ofSeconds(4), Duration.ofSeconds(30));
    private int maxInFlight = 64;
    private int maxOpen = 1_000;
    private FailureLimit failureLimit = FailureLimit.share(20);

    private Builder() {}

    /**
     * What the client tokens are derived from, together with the instance and the parameters: the
     * same run started again repeats the same tokens. Default an id of its own for each run: the
     * service does not act again on a token that it has seen.
     */
    public Builder runId(String runId) {
      this.runId = text("runId", runId);
      return this;
    }

    /**
     * Where the ids are looked up, in words of the caller's: a region, say, and an account. A
     * journal keeps it and is not resumed with another, where its instances would not be found and
     * what is not found counts as failed. Nothing else depends on it. Default none.
     */
    public Builder scope(String scope) {
      this.scope = text("scope", scope);
      return this;
    }

    /** Whether to cut the power instead of asking the guests. Default {@code false}. */
    public Builder forceStop(boolean forceStop) {
      this.forceStop = forceStop;
      return this;
    }

    /** What happens to the bill. Default {@link StoppedMode#KEEP_CHARGING}. */
    public Builder stoppedMode(StoppedMode stoppedMode) {
      this.stoppedMode = Objects.requireNonNull(stoppedMode, "stoppedMode");
      return this;
    }

    /**
     * Whether to check each request only, and stop nothing. Default {@code false}. The first reply
     * as if it were none ends the run. An instance whose replies are lost is {@code Unconfirmed},
     * as with a stop: nobody has said that it was checked only.
     */
    public Builder dryRun(boolean dryRun) {
      this.dryRun = dryRun;
      return this;
    }

    /**
     * Whether an instance's outcome waits until the service shows it as stopped. Default {@code
     * true}; otherwise an accepted request is the outcome.
     */
    public Builder awaitStopped(boolean awaitStopped) {
      this.awaitStopped = awaitStopped;
      return this;
    }

    /**
     * How long an instance may take to stop after the service accepted the request, or to leave a
     * passing state before it can be stopped. Default 10 minutes. Past it the outcome is {@link
     * ShutdownOutcome.Unconfirmed}.
     */
    public Builder stopTimeout(Duration stopTimeout) {
      this.stopTimeout = positive("stopTimeout", stopTimeout);
      return this;
    }

    /**
     * How long after one look at a waiting instance the next one comes while the instance is young:
     * once nothing has changed for ten times as long, the interval grows with that time and stays a
     * tenth of it. Default 2 s. One describe call looks at up to 100 instances; where it has room,
     * it takes along those whose interval is half over.
     */
    public Builder pollInterval(Duration pollInterval) {
      this.pollInterval = positive("pollInterval", pollInterval);
      return this;
    }

    /**
     * What the interval between looks grows to, not less than {@link #pollInterval}; the same as
     * that keeps it from growing. Default 30 s, which is reached after 5 minutes without a change:
     * a guest that has taken so long may be noticed half a minute late, and a thousand such guests
     * cost one describe call in 3 s.
     */
    public Builder maxPollInterval(Duration maxPollInterval) {
      this.maxPollInterval = positive("maxPollInterval", maxPollInterval);
      return this;
    }

    /**
     * How long an instance may be busy with another operation (locked, its image being made) before
     * it counts as failed. Default 2 minutes. While it waits it holds no place among the calls.
     */
    public Builder busyTimeout(Duration busyTimeout) {
      this.busyTimeout = positive("busyTimeout", busyTimeout);
      return this;
    }

    /**
     * How long to leave an instance alone before it is tried again that is busy, or found the line
     * of the rate limiter full. Default full jitter from 4 s to 30 s.
     */
    public Builder busyBackoff(Backoff busyBackoff) {
      this.busyBackoff = Objects.requireNonNull(busyBackoff, "busyBackoff");
      return this;
    }

    /**
     * How many stop calls may run at once, at least 1; their waits for a permit and their retries
     * are part of them. Default 64. More than the client's own bound makes no more requests at
     * once.
     */
    public Builder maxInFlight(int maxInFlight) {
      if (maxInFlight < 1) {
        throw new IllegalArgumentException("maxInFlight must be at least 1, was " + maxInFlight);
      }
      this.maxInFlight = maxInFlight;
      return this;
    }

    /**
     * How many instances may be open at once, from being taken up to their outcome, at least 1.
     * Default 1,000. Most of them wait, to stop or until they are not busy any more. It bounds the
     * memory of a run.
     */
    public Builder maxOpen(int maxOpen) {
      if (maxOpen < 1) {
        throw new IllegalArgumentException("maxOpen must be at least 1, was " + maxOpen);
      }
      this.maxOpen = maxOpen;
      return this;
    }

    /** How many failures end the run. Default 20 per cent of the instances answered for. */
    public Builder failureLimit(FailureLimit failureLimit) {
      this.failureLimit = Objects.requireNonNull(failureLimit, "failureLimit");
      return this;
    }

    /**
     * The options.
     *
     * @throws IllegalArgumentException if {@code maxPollInterval} is less than {@code pollInterval}
     */
    public ShutdownOptions build() {
      if (maxPollInterval.compareTo(pollInterval) < 0) {
        throw new IllegalArgumentException(
            "maxPollInterval must be at least pollInterval, "
                + pollInterval
                + ", was "
                + maxPollInterval);
      }
      return new ShutdownOptions(this);
    }

    private static String text(String field, String value) {
      if (value.isBlank() || value.length() > MAX_TEXT) {
        throw new IllegalArgumentException(
            field + " must have 1 to " + MAX_TEXT + " characters, has " + value.length());
      }
      return value;
    }

    private static Duration positive(String field, Duration value) {
      if (value.compareTo(Duration.ofMillis(1)) < 0) {
        throw new IllegalArgumentException(field + " must be at least 1 ms, was " + value);
      }
      return value;
    }
  }
}

package io.fleetstop.fleet;

import io.fleetstop.model.Instance;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.retry.Backoff;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The options of a fleet shutdown. Immutable; {@link #mutate()} starts a changed copy. */
public final class ShutdownOptions {

  /** The key of the tag that protects an instance by default. */
  public static final String PROTECT_TAG = "fleetstop:protect";

  private static final int MAX_TAG_KEY = 128;

  private final @Nullable String runId;
  private final @Nullable String scope;
  private final boolean forceStop;
  private final StoppedMode stoppedMode;
  private final boolean dryRun;
  private final boolean awaitStopped;
  private final Duration stopTimeout;
  private final @Nullable Duration runDeadline;
  private final Duration pollInterval;
  private final Duration maxPollInterval;
  private final Duration busyTimeout;
  private final Backoff busyBackoff;
  private final int maxInFlight;
  private final int maxOpen;
  private final FailureLimit failureLimit;
  private final String protectTag;
  private final @Nullable Predicate<Instance> exclusion;
  private final boolean stopIfUnreadable;

  private ShutdownOptions(Builder builder) {
    this.runId = builder.runId;
    this.scope = builder.scope;
    this.forceStop = builder.forceStop;
    this.stoppedMode = builder.stoppedMode;
    this.dryRun = builder.dryRun;
    this.awaitStopped = builder.awaitStopped;
    this.stopTimeout = builder.stopTimeout;
    this.runDeadline = builder.runDeadline;
    this.pollInterval = builder.pollInterval;
    this.maxPollInterval = builder.maxPollInterval;
    this.busyTimeout = builder.busyTimeout;
    this.busyBackoff = builder.busyBackoff;
    this.maxInFlight = builder.maxInFlight;
    this.maxOpen = builder.maxOpen;
    this.failureLimit = builder.failureLimit;
    this.protectTag = builder.protectTag;
    this.exclusion = builder.exclusion;
    this.stopIfUnreadable = builder.stopIfUnreadable;
  }

  /** Returns the options with every default. */
  public static ShutdownOptions defaults() {
    return builder().build();
  }

  /** Returns a builder that starts with every default. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder that starts with these options. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.runId = runId;
    copy.scope = scope;
    copy.forceStop = forceStop;
    copy.stoppedMode = stoppedMode;
    copy.dryRun = dryRun;
    copy.awaitStopped = awaitStopped;
    copy.stopTimeout = stopTimeout;
    copy.runDeadline = runDeadline;
    copy.pollInterval = pollInterval;
    copy.maxPollInterval = maxPollInterval;
    copy.busyTimeout = busyTimeout;
    copy.busyBackoff = busyBackoff;
    copy.maxInFlight = maxInFlight;
    copy.maxOpen = maxOpen;
    copy.failureLimit = failureLimit;
    copy.protectTag = protectTag;
    copy.exclusion = exclusion;
    copy.stopIfUnreadable = stopIfUnreadable;
    return copy;
  }

  /** Returns the id that client tokens are derived from, {@code null} to draw one per run. */
  public @Nullable String runId() {
    return runId;
  }

  /** Returns the scope in which the ids are valid, or {@code null} if none is set. */
  public @Nullable String scope() {
    return scope;
  }

  /** Whether instances are powered off without a shutdown of the guest. */
  public boolean isForceStop() {
    return forceStop;
  }

  /** Returns the billing mode of the stopped instances. */
  public StoppedMode stoppedMode() {
    return stoppedMode;
  }

  /** Whether the service only validates the requests. */
  public boolean isDryRun() {
    return dryRun;
  }

  /** Whether an outcome is emitted only after the service reports the instance as stopped. */
  public boolean isAwaitingStopped() {
    return awaitStopped;
  }

  /** Returns how long an instance may take to stop after the request was accepted. */
  public Duration stopTimeout() {
    return stopTimeout;
  }

  /** Returns how long a run may take before it is drained, or {@code null} without a limit. */
  public @Nullable Duration runDeadline() {
    return runDeadline;
  }

  /** Returns the shortest interval between two polls of an instance. */
  public Duration pollInterval() {
    return pollInterval;
  }

  /** Returns the longest interval between two polls of an instance. */
  public Duration maxPollInterval() {
    return maxPollInterval;
  }

  /** Returns how long an instance may be busy with another operation before it fails. */
  public Duration busyTimeout() {
    return busyTimeout;
  }

  /** Returns the delays before a busy instance, or one that met a full queue, is called again. */
  public Backoff busyBackoff() {
    return busyBackoff;
  }

  /** Returns the maximum number of concurrent stop calls. */
  public int maxInFlight() {
    return maxInFlight;
  }

  /** Returns the maximum number of instances that are started and have no outcome yet. */
  public int maxOpen() {
    return maxOpen;
  }

  /** Returns the failure limit of a run. */
  public FailureLimit failureLimit() {
    return failureLimit;
  }

  /** Returns the key of the tag that protects an instance; empty if none does. */
  public String protectTag() {
    return protectTag;
  }

  /** Whether an instance is stopped if its tags cannot be read. */
  public boolean isStoppedIfUnreadable() {
    return stopIfUnreadable;
  }

  /** Whether {@link Builder#exclude} excludes the instance. */
  boolean excludes(Instance instance) {
    return exclusion != null && exclusion.test(instance);
  }

  /** Whether each instance is described before it is called. */
  boolean isDescribedBeforeStop() {
    return !protectTag.isEmpty() || exclusion != null;
  }

  /** Builds {@link ShutdownOptions}. Not thread-safe. */
  public static final class Builder {

    private static final int MAX_TEXT = 128;

    private @Nullable String runId;
    private @Nullable String scope;
    private boolean forceStop;
    private StoppedMode stoppedMode = StoppedMode.KEEP_CHARGING;
    private boolean dryRun;
    private boolean awaitStopped = true;
    private Duration stopTimeout = Duration.ofMinutes(10);
    private @Nullable Duration runDeadline;
    private Duration pollInterval = Duration.ofSeconds(2);
    private Duration maxPollInterval = Duration.ofSeconds(30);
    private Duration busyTimeout = Duration.ofMinutes(2);
    private Backoff busyBackoff = Backoff.fullJitter(Duration.ofSeconds(4), Duration.ofSeconds(30));
    private int maxInFlight = 64;
    private int maxOpen = 1_000;
    private FailureLimit failureLimit = FailureLimit.percent(20);
    private String protectTag = PROTECT_TAG;
    private @Nullable Predicate<Instance> exclusion;
    private boolean stopIfUnreadable;

    private Builder() {}

    /**
     * Sets the id of the run. Client tokens are derived from it, the instance id and the
     * parameters, so a repeated run sends the same tokens, and the service does not process a token
     * twice. Default: a new id for each run.
     */
    public Builder runId(String runId) {
      this.runId = requireText("runId", runId);
      return this;
    }

    /**
     * Sets the scope in which the ids are valid, for example a region and an account. A journal
     * stores the scope and cannot be resumed with another one, in which its instances would not be
     * found. Has no other effect. Default: none.
     */
    public Builder scope(String scope) {
      this.scope = requireText("scope", scope);
      return this;
    }

    /** Powers instances off without a shutdown of the guest. Default: {@code false}. */
    public Builder forceStop(boolean forceStop) {
      this.forceStop = forceStop;
      return this;
    }

    /** Sets the billing mode. Default: {@link StoppedMode#KEEP_CHARGING}. */
    public Builder stoppedMode(StoppedMode stoppedMode) {
      this.stoppedMode = Objects.requireNonNull(stoppedMode, "stoppedMode");
      return this;
    }

    /**
     * Makes the service validate each request without stopping the instance. Default: {@code
     * false}. A reply that accepts a real stop ends the run. An instance whose replies are lost is
     * {@code Unconfirmed}, because no reply proves that the request was only validated.
     */
    public Builder dryRun(boolean dryRun) {
      this.dryRun = dryRun;
      return this;
    }

    /**
     * Waits until the service reports an instance as stopped before its outcome is emitted.
     * Default: {@code true}. Otherwise an accepted request yields the outcome {@code Accepted}.
     */
    public Builder awaitStopped(boolean awaitStopped) {
      this.awaitStopped = awaitStopped;
      return this;
    }

    /**
     * Sets how long an instance may take to stop after the request was accepted, or to leave a
     * transitional state before it can be stopped. Default: 10 minutes. After that the outcome is
     * {@link ShutdownOutcome.Unconfirmed}.
     */
    public Builder stopTimeout(Duration stopTimeout) {
      this.stopTimeout = requirePositive("stopTimeout", stopTimeout);
      return this;
    }

    /**
     * Sets how long a run may take, from the subscription to its outcomes. After that the run is
     * drained, as by {@link ShutdownRun#drain()}: requests on the wire complete, and instances that
     * were not started have no outcome. Default: no limit.
     */
    public Builder runDeadline(Duration runDeadline) {
      this.runDeadline = requirePositive("runDeadline", runDeadline);
      return this;
    }

    /**
     * Sets the initial interval between two polls of an instance. After ten intervals without a
     * change of state the interval grows to one tenth of the time since the last change. Default: 2
     * s. One describe call polls up to 100 instances; spare capacity is filled with instances that
     * have passed half of their interval.
     */
    public Builder pollInterval(Duration pollInterval) {
      this.pollInterval = requirePositive("pollInterval", pollInterval);
      return this;
    }

    /**
     * Sets the upper bound of the poll interval, at least {@link #pollInterval}; an equal value
     * keeps the interval constant. Default: 30 s, reached after 5 minutes without a change of
     * state. At that interval a stop is noticed up to 30 s late, and 1,000 instances cost one
     * describe call every 3 s.
     */
    public Builder maxPollInterval(Duration maxPollInterval) {
      this.maxPollInterval = requirePositive("maxPollInterval", maxPollInterval);
      return this;
    }

    /**
     * Sets how long an instance may be busy with another operation (locked, or an image is created)
     * before it fails. Default: 2 minutes. A busy instance holds no call slot while it waits.
     */
    public Builder busyTimeout(Duration busyTimeout) {
      this.busyTimeout = requirePositive("busyTimeout", busyTimeout);
      return this;
    }

    /**
     * Sets the delay before a busy instance, or one that found the rate limiter's queue full, is
     * called again. Default: full jitter from 4 s to 30 s.
     */
    public Builder busyBackoff(Backoff busyBackoff) {
      this.busyBackoff = Objects.requireNonNull(busyBackoff, "busyBackoff");
      return this;
    }

    /**
     * Sets the maximum number of concurrent stop calls, at least 1. A call includes its waits for a
     * permit and its retries. Default: 64. The client's own limit on concurrent requests applies as
     * well.
     */
    public Builder maxInFlight(int maxInFlight) {
      if (maxInFlight < 1) {
        throw new IllegalArgumentException("maxInFlight must be at least 1, was " + maxInFlight);
      }
      this.maxInFlight = maxInFlight;
      return this;
    }

    /**
     * Sets the maximum number of instances that are started and have no outcome yet, at least 1.
     * Most of them wait to reach STOPPED. Bounds the memory of a run. Default: 1,000.
     */
    public Builder maxOpen(int maxOpen) {
      if (maxOpen < 1) {
        throw new IllegalArgumentException("maxOpen must be at least 1, was " + maxOpen);
      }
      this.maxOpen = maxOpen;
      return this;
    }

    /** Sets the failure limit. Default: 20% of the answered instances. */
    public Builder failureLimit(FailureLimit failureLimit) {
      this.failureLimit = Objects.requireNonNull(failureLimit, "failureLimit");
      return this;
    }

    /**
     * Sets the key of the tag that protects an instance: one that has it, with any value, is {@link
     * ShutdownOutcome.Skipped}. Keys are compared without regard to case. Each instance is
     * described before it is called, up to 100 in one call. Default: {@value
     * ShutdownOptions#PROTECT_TAG}; empty for no protection.
     */
    public Builder protectTag(String key) {
      if (key.length() > MAX_TAG_KEY || !key.equals(key.strip())) {
        throw new IllegalArgumentException(
            "protectTag must be empty or a tag key of at most "
                + MAX_TAG_KEY
                + " characters without white space around it, has "
                + key.length());
      }
      this.protectTag = key;
      return this;
    }

    /**
     * Excludes instances by what {@code DescribeInstances} shows of them: one that matches is
     * {@link ShutdownOutcome.Skipped}. Called on the thread of the reply; it must not block. If it
     * throws, the instance is {@link ShutdownOutcome.Failed}, and no stop is sent. Default: none is
     * excluded.
     */
    public Builder exclude(Predicate<Instance> exclusion) {
      this.exclusion = Objects.requireNonNull(exclusion, "exclusion");
      return this;
    }

    /**
     * Sets whether an instance is stopped if its tags cannot be read, because the describe call
     * fails or does not list it. Default: false, it is {@link ShutdownOutcome.Failed}.
     */
    public Builder stopIfUnreadable(boolean stopIfUnreadable) {
      this.stopIfUnreadable = stopIfUnreadable;
      return this;
    }

    /**
     * Returns the options.
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

    static String requireText(String field, String value) {
      if (value.isBlank() || value.length() > MAX_TEXT) {
        throw new IllegalArgumentException(
            field + " must have 1 to " + MAX_TEXT + " characters, has " + value.length());
      }
      return value;
    }

    private static Duration requirePositive(String field, Duration value) {
      if (value.compareTo(Duration.ofMillis(1)) < 0) {
        throw new IllegalArgumentException(field + " must be at least 1 ms, was " + value);
      }
      return value;
    }
  }
}

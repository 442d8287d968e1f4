package io.fleetstop.fleet;

import io.fleetstop.error.Preconditions;
import io.fleetstop.model.Instance;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.model.StopInstances;
import io.fleetstop.poll.AwaitOptions;
import io.fleetstop.retry.Backoff;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The options of a fleet shutdown or start. Immutable; {@link #mutate()} starts a changed copy. */
public final class ShutdownOptions {

  /** The key of the tag that protects an instance by default. */
  public static final String PROTECT_TAG = "fleetstop:protect";

  // A copy that nothing changes.
  private final Builder values;
  private final AwaitOptions awaitOptions;

  private ShutdownOptions(Builder builder) {
    this.awaitOptions = builder.awaitOptions.build();
    this.values = builder.copy();
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
    return values.copy();
  }

  /** Returns the id that client tokens are derived from, {@code null} to draw one per run. */
  public @Nullable String runId() {
    return values.runId;
  }

  /** Returns the scope in which the ids are valid, or {@code null} if none is set. */
  public @Nullable String scope() {
    return values.scope;
  }

  /** Returns whether the run stops or starts instances. */
  public Operation operation() {
    return values.operation;
  }

  /** Whether instances are powered off without a shutdown of the guest. */
  public boolean isForceStop() {
    return values.forceStop;
  }

  /** Returns the billing mode of the stopped instances. */
  public StoppedMode stoppedMode() {
    return values.stoppedMode;
  }

  /** Whether the service only validates the requests. */
  public boolean isDryRun() {
    return values.dryRun;
  }

  /** Whether an outcome is emitted only after the service reports the instance as stopped. */
  public boolean isAwaitingStopped() {
    return values.awaitStopped;
  }

  /** Returns how long to wait for the final state after an acceptance, and how often to poll. */
  public AwaitOptions awaitOptions() {
    return awaitOptions;
  }

  /** Returns how long a run may take before it is drained, or {@code null} without a limit. */
  public @Nullable Duration runDeadline() {
    return values.runDeadline;
  }

  /** Returns how long an instance may be busy with another operation before it fails. */
  public Duration busyTimeout() {
    return values.busyTimeout;
  }

  /** Returns the delays before a busy instance, or one that met a full queue, is called again. */
  public Backoff busyBackoff() {
    return values.busyBackoff;
  }

  /** Returns the maximum number of concurrent stop calls. */
  public int maxInFlight() {
    return values.maxInFlight;
  }

  /** Returns the maximum number of instances of one stop call. */
  public int batchSize() {
    return values.batchSize;
  }

  /** Returns the maximum number of instances that are started and have no outcome yet. */
  public int maxOpen() {
    return values.maxOpen;
  }

  /** Returns the failure limit of a run. */
  public FailureLimit failureLimit() {
    return values.failureLimit;
  }

  /** Returns the key of the tag that protects an instance; empty if none does. */
  public String protectTag() {
    return values.protection.tag();
  }

  /** Whether an instance is stopped if its tags cannot be read. */
  public boolean isStoppedIfUnreadable() {
    return values.protection.stopIfUnreadable();
  }

  Protection protection() {
    return values.protection;
  }

  /** The options by the names of the builder. */
  @Override
  public String toString() {
    return OptionsText.of(this);
  }

  /** Builds {@link ShutdownOptions}. Not thread-safe. */
  public static final class Builder {

    private @Nullable String runId;
    private @Nullable String scope;
    private Operation operation = Operation.STOP;
    private boolean forceStop;
    private StoppedMode stoppedMode = StoppedMode.KEEP_CHARGING;
    private boolean dryRun;
    private boolean awaitStopped = true;
    private AwaitOptions.Builder awaitOptions = AwaitOptions.builder();
    private @Nullable Duration runDeadline;
    private Duration busyTimeout = Duration.ofMinutes(2);
    private Backoff busyBackoff = Backoff.fullJitter(Duration.ofSeconds(4), Duration.ofSeconds(30));
    private int maxInFlight = 64;
    private int batchSize = 1;
    private int maxOpen = 1_000;
    private FailureLimit failureLimit = FailureLimit.percent(20);
    private Protection protection = new Protection(PROTECT_TAG, null, false);

    private Builder() {}

    private Builder copy() {
      Builder copy = new Builder();
      copy.runId = runId;
      copy.scope = scope;
      copy.operation = operation;
      copy.forceStop = forceStop;
      copy.stoppedMode = stoppedMode;
      copy.dryRun = dryRun;
      copy.awaitStopped = awaitStopped;
      copy.awaitOptions = awaitOptions.build().mutate();
      copy.runDeadline = runDeadline;
      copy.busyTimeout = busyTimeout;
      copy.busyBackoff = busyBackoff;
      copy.maxInFlight = maxInFlight;
      copy.batchSize = batchSize;
      copy.maxOpen = maxOpen;
      copy.failureLimit = failureLimit;
      copy.protection = protection;
      return copy;
    }

    /**
     * Sets the id of the run, 1 to 128 characters. Client tokens are derived from it, the instance
     * id and the parameters, so a repeated run sends the same tokens, and the service does not
     * process a token twice. Default: a new id for each run.
     *
     * @throws IllegalArgumentException if {@code runId} is blank or longer
     */
    public Builder runId(String runId) {
      this.runId = Preconditions.text("runId", runId);
      return this;
    }

    /**
     * Sets the scope in which the ids are valid, for example a region and an account, 1 to 128
     * characters. A journal stores the scope and cannot be resumed with another one, in which its
     * instances would not be found. Has no other effect. Default: none.
     *
     * @throws IllegalArgumentException if {@code scope} is blank or longer
     */
    public Builder scope(String scope) {
      this.scope = Preconditions.text("scope", scope);
      return this;
    }

    /**
     * Sets whether the run stops or starts instances; {@link FleetStart} describes what applies to
     * a start. Default: {@link Operation#STOP}.
     */
    public Builder operation(Operation operation) {
      this.operation = Objects.requireNonNull(operation, "operation");
      return this;
    }

    /** Sets whether to power off without a shutdown of the guest. Default: {@code false}. */
    public Builder forceStop(boolean forceStop) {
      this.forceStop = forceStop;
      return this;
    }

    /** Sets their billing when stopped. Default: {@link StoppedMode#KEEP_CHARGING}. */
    public Builder stoppedMode(StoppedMode stoppedMode) {
      this.stoppedMode = Objects.requireNonNull(stoppedMode, "stoppedMode");
      return this;
    }

    /**
     * Sets whether the service only validates each request and stops nothing. A reply that accepts
     * a real stop ends the run. An instance whose replies are lost is {@code Unconfirmed}, because
     * no reply proves that the request was only validated. Default: {@code false}.
     */
    public Builder dryRun(boolean dryRun) {
      this.dryRun = dryRun;
      return this;
    }

    /**
     * Sets whether an outcome is emitted only after the service reports the instance as stopped.
     * Otherwise an accepted request yields the outcome {@code Accepted}. Default: {@code true}.
     *
     * @see #awaitOptions(UnaryOperator)
     */
    public Builder awaitStopped(boolean awaitStopped) {
      this.awaitStopped = awaitStopped;
      return this;
    }

    /**
     * Changes how long an instance may take to stop after the request was accepted, or to leave a
     * transitional state before it can be stopped, and how often it is polled; {@code
     * awaitOptions(wait -> wait.timeout(Duration.ofMinutes(5)))} for example. After the timeout the
     * outcome is {@link ShutdownOutcome.Unconfirmed}. Default: {@link AwaitOptions#defaults()}.
     *
     * @see #runDeadline(Duration)
     */
    public Builder awaitOptions(UnaryOperator<AwaitOptions.Builder> change) {
      this.awaitOptions = Objects.requireNonNull(change, "change").apply(awaitOptions);
      return this;
    }

    /**
     * Sets how long a run may take, from the subscription to its outcomes, at least 1 ms. After
     * that the run is drained, as by {@link ShutdownRun#drain()}: requests on the wire complete,
     * and instances that were not started have no outcome. Default: no limit.
     *
     * @throws IllegalArgumentException if {@code runDeadline} is not 1 ms to 365 days
     * @see #awaitOptions(UnaryOperator)
     */
    public Builder runDeadline(Duration runDeadline) {
      this.runDeadline = Preconditions.positive("runDeadline", runDeadline);
      return this;
    }

    /**
     * Sets how long an instance may be busy with another operation (locked, or an image is created)
     * before it fails, at least 1 ms. A busy instance holds no call slot while it waits. Default: 2
     * min.
     *
     * @throws IllegalArgumentException if {@code busyTimeout} is not 1 ms to 365 days
     * @see #busyBackoff(Backoff)
     */
    public Builder busyTimeout(Duration busyTimeout) {
      this.busyTimeout = Preconditions.positive("busyTimeout", busyTimeout);
      return this;
    }

    /**
     * Sets the delay before a busy instance, or one that found the rate limiter's queue full, is
     * called again. Default: full jitter from 4 s to 30 s.
     *
     * @see #busyTimeout(Duration)
     */
    public Builder busyBackoff(Backoff busyBackoff) {
      this.busyBackoff = Objects.requireNonNull(busyBackoff, "busyBackoff");
      return this;
    }

    /**
     * Sets the maximum number of concurrent stop calls of a run. A call includes its waits for a
     * permit and its retries. The client's own limit on concurrent requests applies as well.
     * Default: 64.
     *
     * @throws IllegalArgumentException if {@code maxInFlight} is less than 1
     * @see #maxOpen(int)
     */
    public Builder maxInFlight(int maxInFlight) {
      this.maxInFlight = Preconditions.positive("maxInFlight", maxInFlight);
      return this;
    }

    /**
     * Sets the maximum number of instances of one stop call. With more than 1, instances that are
     * ready within 20 ms share a {@code StopInstances} call, which costs one unit of quota. Each
     * instance has the outcome of a single call. A run starts with batches of 1, 2, 4, ... until
     * the {@link #failureLimit} allows larger ones, and falls back to single calls if the service
     * denies the action, and for a {@linkplain #dryRun dry run}. Default: 1, which sends {@code
     * StopInstance} calls.
     *
     * @throws IllegalArgumentException if {@code batchSize} is not 1 to 100
     */
    public Builder batchSize(int batchSize) {
      if (batchSize < 1 || batchSize > StopInstances.MAX_IDS) {
        throw new IllegalArgumentException(
            "batchSize must be 1 to " + StopInstances.MAX_IDS + ", was " + batchSize);
      }
      this.batchSize = batchSize;
      return this;
    }

    /**
     * Sets the maximum number of instances that are started and have no outcome yet. Most of them
     * wait to reach STOPPED. Bounds the memory of a run; {@link
     * io.fleetstop.EcsClientBuilder#maxOpenInstances} bounds that of all runs of a client. Default:
     * 1,000.
     *
     * @throws IllegalArgumentException if {@code maxOpen} is less than 1
     * @see #maxInFlight(int)
     */
    public Builder maxOpen(int maxOpen) {
      this.maxOpen = Preconditions.positive("maxOpen", maxOpen);
      return this;
    }

    /** Sets the limit of failures that ends a run. Default: 20% of the answered instances. */
    public Builder failureLimit(FailureLimit failureLimit) {
      this.failureLimit = Objects.requireNonNull(failureLimit, "failureLimit");
      return this;
    }

    /**
     * Sets the key of the tag that protects an instance, at most 128 characters: one that has it,
     * with any value, is {@link ShutdownOutcome.Skipped}. Keys are compared without regard to case.
     * Each instance is described before it is called, up to 100 in one call. Default: {@value
     * ShutdownOptions#PROTECT_TAG}; empty for no protection.
     *
     * @throws IllegalArgumentException if {@code key} is longer or has white space around it
     * @see #exclude(Predicate)
     */
    public Builder protectTag(String key) {
      protection = new Protection(key, protection.exclusion(), protection.stopIfUnreadable());
      return this;
    }

    /**
     * Excludes instances by what {@code DescribeInstances} shows of them: one that matches is
     * {@link ShutdownOutcome.Skipped}. It gets the texts as the service {@linkplain
     * Instance#received() sent} them, which are not for logs. Called on the thread of the reply; it
     * must not block. If it throws, the instance is {@link ShutdownOutcome.Failed}, and no stop is
     * sent. Each call adds one. Default: none is excluded.
     *
     * @see #protectTag(String)
     */
    public Builder exclude(Predicate<Instance> exclusion) {
      protection = protection.alsoExcluding(Objects.requireNonNull(exclusion, "exclusion"));
      return this;
    }

    /**
     * Sets whether an instance is stopped if its tags cannot be read, because the describe call
     * fails or does not list it; otherwise it is {@link ShutdownOutcome.Failed}. Default: {@code
     * false}.
     */
    public Builder stopIfUnreadable(boolean stopIfUnreadable) {
      protection = new Protection(protection.tag(), protection.exclusion(), stopIfUnreadable);
      return this;
    }

    /**
     * Returns the options.
     *
     * @throws IllegalArgumentException if {@link #awaitOptions} are invalid together, or the {@link
     *     #operation} is a start with options that only a stop has
     */
    public ShutdownOptions build() {
      return operation.checked(new ShutdownOptions(this));
    }
  }
}

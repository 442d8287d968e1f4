package io.fleetstop.poll;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import io.fleetstop.error.Printable;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.WaitResult.NotFound;
import io.fleetstop.poll.WaitResult.PollFailed;
import io.fleetstop.poll.WaitResult.Reached;
import io.fleetstop.poll.WaitResult.Reverted;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

/** One waiting instance: plans its polls and interprets them. */
abstract class WaitingInstance implements PollSubscriber {

  /**
   * The number of consecutive polls without the instance after which it counts as not found: a list
   * may lag behind, and a stopped instance must not fail for that. These polls are at least half a
   * poll interval apart.
   */
  private static final int MAX_MISSES = 5;

  /**
   * The number of consecutive undocumented errors (a proxy's 403 for example) that end the wait:
   * one may be transient, a wrong address returns nothing else.
   */
  private static final int MAX_UNDOCUMENTED_ERRORS = 5;

  /**
   * The number of consecutive polls that show an instance as running after it was stopping, or as
   * stopped after it was starting, before it counts as reverted: one may come from a lagging
   * replica.
   */
  private static final int MAX_REVERTED = 3;

  private final InstanceId id;
  private final Predicate<State> ends;
  private final AwaitOptions options;
  private final ContextView context;
  private long changedNanos;
  private long earliestNanos;
  private long dueNanos;
  private final boolean forRunning;
  private boolean wasChanging;
  private int misses;
  private int reverted;
  private int undocumentedErrors;
  private volatile @Nullable String lastStatus;

  WaitingInstance(InstanceId id, Predicate<State> ends, AwaitOptions options, ContextView context) {
    this.id = id;
    this.ends = ends;
    this.forRunning = ends.test(State.RUNNING) && !ends.test(State.STOPPED);
    this.options = options;
    this.context = context;
  }

  /** Plans the first poll. */
  final void start(long now, long delayNanos) {
    changedNanos = now;
    plan(now, delayNanos);
  }

  /** Handles a result; only the first one counts. */
  abstract void complete(WaitResult result);

  @Override
  public final long pollDueNanos() {
    return dueNanos;
  }

  /** Half of the interval before the poll is due. */
  @Override
  public final long earliestPollNanos() {
    return earliestNanos;
  }

  @Override
  public final ContextView context() {
    return context;
  }

  private void planNext(long now) {
    plan(now, options.intervalAfter(Duration.ofNanos(now - changedNanos)).toNanos());
  }

  private void plan(long now, long delayNanos) {
    earliestNanos = now + delayNanos / 2;
    dueNanos = now + delayNanos;
  }

  @Override
  public final InstanceId id() {
    return id;
  }

  final @Nullable String lastStatus() {
    return lastStatus;
  }

  @Override
  public final void onPolled(@Nullable Instance instance, long now) {
    undocumentedErrors = 0;
    WaitResult result = instance == null ? onMissing(now) : onListed(instance, now);
    planNext(now);
    if (result != null) {
      complete(result);
    }
  }

  /** Handles a failed poll: a transient error is polled again, a permanent one ends the wait. */
  @Override
  public final void onPollFailed(EcsException error, long now) {
    // The category of an undocumented error is a guess.
    boolean undocumented = error.errorCode().scope() == Scope.UNDOCUMENTED;
    if (error.category() == Category.NOT_FOUND && !undocumented) {
      onPolled(null, now);
      return;
    }
    planNext(now);
    if (isFinal(error)) {
      complete(new PollFailed(error));
    }
  }

  @Override
  public final void onAborted(EcsException error) {
    complete(new PollFailed(error));
  }

  private boolean isFinal(EcsException error) {
    return switch (error.category()) {
      case AUTH, PERMISSION, REQUEST ->
          error.errorCode().scope() != Scope.UNDOCUMENTED
              || ++undocumentedErrors >= MAX_UNDOCUMENTED_ERRORS;
      case LOCAL -> error.errorCode().equals(ClientErrors.CLOSED);
      default -> false;
    };
  }

  private @Nullable WaitResult onMissing(long now) {
    changedNanos = now;
    return ++misses >= MAX_MISSES ? new NotFound() : null;
  }

  private @Nullable WaitResult onListed(Instance instance, long now) {
    misses = 0;
    String before = lastStatus;
    State state = instance.state();
    // The name is shared, so that no instance retains a string of its reply. Another status becomes
    // part of messages.
    String status =
        instance.status().equals(state.name()) ? state.name() : Printable.of(instance.status());
    lastStatus = status;
    if (before != null && !before.equals(status)) {
      changedNanos = now;
    }
    if (ends.test(state)) {
      return new Reached(instance, status);
    }
    boolean stopped = state == State.STOPPING || state == State.STOPPED;
    boolean started = state == State.RUNNING || state == State.STARTING;
    if (wasChanging && (forRunning ? stopped : started)) {
      return ++reverted >= MAX_REVERTED ? new Reverted(status) : null;
    }
    reverted = 0;
    wasChanging |= forRunning ? started : stopped;
    return null;
  }
}

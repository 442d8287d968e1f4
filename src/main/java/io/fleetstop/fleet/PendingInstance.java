package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import io.fleetstop.fleet.WaitResult.NotFound;
import io.fleetstop.fleet.WaitResult.PollFailed;
import io.fleetstop.fleet.WaitResult.Reached;
import io.fleetstop.fleet.WaitResult.StartedAgain;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.MonoSink;

/**
 * One instance that is waited for. Looks at it come one after another; what they mean is decided
 * here.
 */
final class PendingInstance {

  /**
   * How many looks in a row must miss an instance before it counts as gone: a list may lag behind
   * for a moment, and a stopped instance must not be called failed for it. Such looks come half a
   * poll interval apart at least.
   */
  private static final int MAX_MISSES = 5;

  /**
   * How many pages in a row that nobody documented (a proxy's 403, say) end the wait: one may pass,
   * and a wrong address would give nothing else.
   */
  private static final int MAX_UNDOCUMENTED_ERRORS = 5;

  /**
   * How many looks in a row must show an instance as running after one that showed it as stopping,
   * before it counts as started again: one may be of a copy that lags behind.
   */
  private static final int MAX_RESTARTS = 3;

  private final InstanceId id;
  private final Predicate<State> ends;
  private long changedNanos;
  private volatile long earliestNanos;
  private volatile long dueNanos;
  private @Nullable MonoSink<WaitResult> sink;
  private boolean wasStopping;
  private int misses;
  private int restarts;
  private int undocumentedErrors;
  private volatile @Nullable String lastStatus;

  PendingInstance(InstanceId id, Predicate<State> ends) {
    this.id = id;
    this.ends = ends;
  }

  /** Begins the wait. The end of it is told to {@code sink}. */
  void start(MonoSink<WaitResult> sink, PollInterval interval, long now) {
    this.sink = sink;
    changedNanos = now;
    planNext(interval, now);
  }

  /** When the next look is due, in the time of the scheduler. */
  long dueNanos() {
    return dueNanos;
  }

  /** Whether a call that has room may look at the instance before the look is due. */
  boolean isEligible(long now) {
    return now - earliestNanos >= 0;
  }

  /** Plans the next look, after one has ended. */
  void planNext(PollInterval interval, long now) {
    long nanos = interval.after(Duration.ofNanos(now - changedNanos)).toNanos();
    earliestNanos = now + nanos / 2;
    dueNanos = now + nanos;
  }

  InstanceId id() {
    return id;
  }

  @Nullable String lastStatus() {
    return lastStatus;
  }

  /** What a look has shown, {@code null} if the service did not list the instance. */
  void onPolled(@Nullable Instance instance, long now) {
    undocumentedErrors = 0;
    WaitResult sighting = instance == null ? onMissing(now) : onListed(instance, now);
    if (sighting != null) {
      complete(sighting);
    }
  }

  /** A look that failed: what may pass is looked at again, what cannot pass ends the wait. */
  void onPollFailed(EcsException error, long now) {
    // Of a page that nobody documented, the category is a guess.
    boolean isUndocumented = error.errorCode().scope() == Scope.UNDOCUMENTED;
    if (error.category() == Category.NOT_FOUND && !isUndocumented) {
      onPolled(null, now);
    } else if (isFinal(error)) {
      complete(new PollFailed(error));
    }
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

  void complete(WaitResult sighting) {
    if (sink != null) {
      sink.success(sighting);
    }
  }

  private @Nullable WaitResult onMissing(long now) {
    changedNanos = now;
    return ++misses >= MAX_MISSES ? new NotFound() : null;
  }

  private @Nullable WaitResult onListed(Instance instance, long now) {
    misses = 0;
    String before = lastStatus;
    lastStatus = instance.status();
    if (before != null && !before.equals(lastStatus)) {
      changedNanos = now;
    }
    State state = instance.state();
    if (ends.test(state)) {
      return new Reached(state, instance.status(), instance.stoppedMode());
    }
    if (wasStopping && (state == State.RUNNING || state == State.STARTING)) {
      return ++restarts >= MAX_RESTARTS ? new StartedAgain(instance.status()) : null;
    }
    restarts = 0;
    wasStopping |= state == State.STOPPING || state == State.STOPPED;
    return null;
  }
}

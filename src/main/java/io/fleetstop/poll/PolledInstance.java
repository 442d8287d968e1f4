package io.fleetstop.poll;

import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.CallerGroups.Caller;
import io.fleetstop.poll.CallerGroups.Group;
import io.fleetstop.poll.InstancePoller.Poll;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/**
 * An instance of one group, with all targets that wait for it. Ordered by due time. Used by the
 * draining thread only.
 */
final class PolledInstance implements Comparable<PolledInstance> {

  /** A target, until it is disposed. */
  static final class Registration implements Disposable {

    final PollSubscriber target;
    private final Consumer<Registration> onDispose;
    private volatile boolean disposed;

    // Used by the draining thread only.
    @Nullable Caller caller;
    @Nullable PolledInstance instance;
    // The poll that answers it: not one that was sent before it was added.
    @Nullable Poll poll;

    Registration(PollSubscriber target, Consumer<Registration> onDispose) {
      this.target = target;
      this.onDispose = onDispose;
    }

    @Override
    public void dispose() {
      if (!disposed) {
        disposed = true;
        onDispose.accept(this);
      }
    }

    @Override
    public boolean isDisposed() {
      return disposed;
    }
  }

  final InstanceId id;
  final Group group;
  private final long number;
  // Usually one target, which a list of the default capacity would cost ten places for.
  private final List<Registration> targets = new ArrayList<>(1);
  long dueNanos;
  long earliestNanos;
  @Nullable Poll poll;

  PolledInstance(InstanceId id, Group group, long number) {
    this.id = id;
    this.group = group;
    this.number = number;
  }

  /** Adds a target. Only while the instance is not in a sorted set. */
  void add(Registration registration) {
    registration.instance = this;
    targets.add(registration);
  }

  void remove(Registration registration) {
    registration.instance = null;
    targets.remove(registration);
  }

  /** Whether no target is left. */
  boolean isUnwanted() {
    return targets.isEmpty();
  }

  /** Starts a poll that answers the present targets. */
  void startPoll(Poll started) {
    poll = started;
    targets.forEach(registration -> registration.poll = started);
  }

  /** Returns the context of a target. */
  ContextView context() {
    return targets.get(0).target.context();
  }

  /** Plans the next poll. Only while the instance is not in a sorted set. */
  void plan() {
    PollSubscriber first = targets.get(0).target;
    dueNanos = first.pollDueNanos();
    earliestNanos = first.earliestPollNanos();
    for (Registration other : targets) {
      dueNanos = earlier(dueNanos, other.target.pollDueNanos());
      earliestNanos = earlier(earliestNanos, other.target.earliestPollNanos());
    }
  }

  private static long earlier(long one, long other) {
    return one - other <= 0 ? one : other;
  }

  /** Signals targets. One that throws must not keep the others from their signal. */
  void signal(Predicate<Registration> which, Consumer<PollSubscriber> signal) {
    for (Registration registration : List.copyOf(targets)) {
      try {
        if (!registration.isDisposed() && which.test(registration)) {
          signal.accept(registration.target);
        }
      } catch (Throwable thrown) {
        Operators.onErrorDropped(thrown, Context.empty());
      }
    }
  }

  @Override
  public int compareTo(PolledInstance other) {
    long earlier = dueNanos - other.dueNanos;
    return earlier != 0 ? Long.signum(earlier) : Long.compare(number, other.number);
  }
}

package io.fleetstop.poll;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.MonoSink;
import reactor.util.context.ContextView;

/** Describes an instance once; a second time if the service did not list it. */
final class InstanceLookup implements PollSubscriber {

  /** The delay in which other look-ups may join a call. */
  private static final long COALESCE_NANOS = Duration.ofMillis(10).toNanos();

  /** How long after a list without the instance it is looked up again. */
  private static final long AGAIN_NANOS = Duration.ofSeconds(1).toNanos();

  private final InstanceId id;
  private final MonoSink<Instance> sink;
  private final ContextView context;
  private long earliestNanos;
  private long dueNanos;
  private boolean missed;

  private InstanceLookup(
      InstanceId id, MonoSink<Instance> sink, ContextView context, long nowNanos) {
    this.id = id;
    this.sink = sink;
    this.context = context;
    this.earliestNanos = nowNanos;
    this.dueNanos = nowNanos + COALESCE_NANOS;
  }

  static void start(
      InstancePoller poller,
      InstanceId id,
      MonoSink<Instance> sink,
      ContextView context,
      long nowNanos) {
    Disposable unused =
        poller.add(new InstanceLookup(id, sink, context, nowNanos), sink::onDispose);
  }

  @Override
  public InstanceId id() {
    return id;
  }

  @Override
  public long pollDueNanos() {
    return dueNanos;
  }

  @Override
  public long earliestPollNanos() {
    return earliestNanos;
  }

  @Override
  public void onPolled(@Nullable Instance instance, long now) {
    if (instance != null) {
      sink.success(instance);
    } else if (missed) {
      sink.success();
    } else {
      missed = true;
      dueNanos = now + AGAIN_NANOS;
      earliestNanos = dueNanos;
    }
  }

  @Override
  public void onPollFailed(EcsException error, long now) {
    // The category of an undocumented error is a guess.
    if (error.category() == Category.NOT_FOUND && error.errorCode().scope() != Scope.UNDOCUMENTED) {
      onPolled(null, now);
    } else {
      sink.error(error);
    }
  }

  @Override
  public void onAborted(EcsException error) {
    sink.error(error);
  }

  @Override
  public ContextView context() {
    return context;
  }
}

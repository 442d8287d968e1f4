package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;

/** The request to stop one instance, until it has its result. Only the first result counts. */
final class BatchRequest {

  private final InstanceId id;
  private final MonoSink<Acceptance> sink;
  private final long startNanos = nanos();
  private int retries;
  private volatile boolean done;

  BatchRequest(InstanceId id, MonoSink<Acceptance> sink) {
    this.id = id;
    // After a cancellation a result has no receiver: Reactor would log it as dropped.
    this.sink = sink.onCancel(() -> done = true);
  }

  InstanceId id() {
    return id;
  }

  MonoSink<Acceptance> sink() {
    return sink;
  }

  int nextRetry() {
    return ++retries;
  }

  Duration elapsed() {
    return Duration.ofNanos(nanos() - startNanos);
  }

  void succeed(Acceptance result) {
    if (!done) {
      done = true;
      sink.success(result);
    }
  }

  void fail(Throwable error) {
    if (!done) {
      done = true;
      sink.error(error);
    }
  }

  private static long nanos() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }
}

package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import io.fleetstop.retry.Backoff;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Mono;
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

  /** Takes the result of a call of its own, which is cancelled with the request. */
  void receive(Mono<Acceptance> call) {
    sink.onDispose(call.subscribe(this::succeed, this::fail));
  }

  static List<InstanceId> ids(List<BatchRequest> requests) {
    return requests.stream().map(BatchRequest::id).toList();
  }

  /** Returns the delay before the next retry. */
  Duration nextDelay(Backoff backoff) {
    double random = ThreadLocalRandom.current().nextDouble();
    return BatchRules.inStep(backoff.delay(++retries, random), nanos());
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

package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsException;
import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.Instance;
import io.fleetstop.model.StopInstance;
import io.fleetstop.model.StopInstances;
import io.fleetstop.model.StopInstances.InstanceResult;
import io.fleetstop.retry.RetryPolicy;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A client without a network; an instance without a state set is RUNNING. */
final class StubClient implements EcsClient {

  final Map<String, String> states = new ConcurrentHashMap<>();
  final Queue<StopInstance> calls = new ConcurrentLinkedQueue<>();
  final Queue<StopInstances> batches = new ConcurrentLinkedQueue<>();
  final AtomicInteger described = new AtomicInteger();
  ConcurrencyLimiter openInstances = ConcurrencyLimiter.of(Integer.MAX_VALUE);
  Function<StopInstance, Mono<StopInstance.Result>> onStop = this::stop;
  Function<StopInstances, Mono<StopInstances.Result>> onBatch = batch -> Mono.just(stop(batch));
  Function<List<String>, Flux<Instance>> onDescribe = this::describe;

  Mono<StopInstance.Result> stop(StopInstance request) {
    states.put(request.instanceId().value(), "STOPPED");
    return Mono.just(new StopInstance.Result("req", 1));
  }

  List<String> called() {
    return calls.stream().map(call -> call.instanceId().value()).toList();
  }

  @Override
  public Mono<StopInstance.Result> stopInstance(StopInstance request) {
    return Mono.defer(
        () -> {
          calls.add(request);
          return onStop.apply(request);
        });
  }

  StopInstances.Result stop(StopInstances batch) {
    batch.instanceIds().forEach(id -> states.put(id.value(), "STOPPED"));
    return result(batch, id -> null);
  }

  /** Returns a result in which {@code error} gives the error of each instance. */
  static StopInstances.Result result(
      StopInstances batch, Function<String, @Nullable EcsException> error) {
    return new StopInstances.Result(
        "req-batch",
        1,
        batch.instanceIds().stream()
            .map(id -> new InstanceResult(id, error.apply(id.value())))
            .toList(),
        List.of());
  }

  @Override
  public Mono<StopInstances.Result> stopInstances(StopInstances request) {
    return Mono.defer(
        () -> {
          batches.add(request);
          return onBatch.apply(request);
        });
  }

  @Override
  public Flux<Instance> describeInstances(DescribeInstances request) {
    return Flux.defer(
        () -> {
          described.incrementAndGet();
          return onDescribe.apply(
              request.parameters().entrySet().stream()
                  .filter(parameter -> parameter.getKey().startsWith("InstanceIds."))
                  .map(Map.Entry::getValue)
                  .toList());
        });
  }

  Flux<Instance> describe(List<String> ids) {
    return Flux.fromIterable(ids).map(id -> instance(id, states.getOrDefault(id, "RUNNING")));
  }

  static Instance instance(String id, String status) {
    return new Instance(
        id, null, status, null, null, null, null, null, null, null, null, List.of());
  }

  @Override
  public ConcurrencyLimiter openInstances() {
    return openInstances;
  }

  @Override
  public <T> Mono<T> call(EcsAction<T> action) {
    return Mono.error(new UnsupportedOperationException());
  }

  @Override
  public EcsClient withRetryPolicy(UnaryOperator<RetryPolicy> change) {
    return this;
  }

  @Override
  public Mono<Void> closeAsync() {
    return Mono.empty();
  }
}

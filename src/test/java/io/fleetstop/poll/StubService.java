package io.fleetstop.poll;

import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import reactor.core.publisher.Flux;

/** Describes instances without a network; an instance without a state set is RUNNING. */
final class StubService {

  final Map<String, String> states = new ConcurrentHashMap<>();
  final AtomicInteger described = new AtomicInteger();
  Function<List<String>, Flux<Instance>> onDescribe = this::describe;

  InstancePoller poller() {
    return InstancePoller.create(this::describeInstances);
  }

  private Flux<Instance> describeInstances(DescribeInstances request) {
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
}

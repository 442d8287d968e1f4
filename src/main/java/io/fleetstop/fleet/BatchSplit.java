package io.fleetstop.fleet;

import java.util.List;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/**
 * Sends a batch, and its parts if it is rejected as a whole for a reason that one of its members
 * has, until that one is alone.
 *
 * <p>Each part is halved. If the first half passes, the second one has the reason, and is halved
 * without being sent: one reason among n members is found by at most 2 log2(n) further calls.
 */
final class BatchSplit {

  private BatchSplit() {}

  /**
   * Sends all members; emits whether they were rejected as a whole.
   *
   * @param call sends members in one call and emits whether they were rejected as a whole
   */
  static <M> Mono<Boolean> send(List<M> members, Function<List<M>, Mono<Boolean>> call) {
    return Mono.defer(() -> call.apply(members))
        .flatMap(
            rejected ->
                rejected && members.size() > 1
                    ? split(members, call).thenReturn(true)
                    : Mono.just(rejected));
  }

  private static <M> Mono<Boolean> split(List<M> members, Function<List<M>, Mono<Boolean>> call) {
    if (members.size() == 1) {
      return send(members, call);
    }
    int half = members.size() / 2;
    List<M> second = members.subList(half, members.size());
    return send(members.subList(0, half), call)
        .flatMap(rejected -> rejected ? send(second, call) : split(second, call));
  }
}

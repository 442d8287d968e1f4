package io.fleetstop.benchmarks;

import io.fleetstop.transport.HttpExchange;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** Accepts each stop when a number of later ones have arrived, so that as many are always open. */
final class HeldExchange implements HttpExchange {

  private final StubExchange stub = new StubExchange();
  private final Deque<MonoSink<Response>> held = new ArrayDeque<>();
  private final int open;
  private int remaining;

  /**
   * Creates an exchange.
   *
   * @param open the number of calls that are open
   * @param calls the number of calls until the last ones are accepted too
   */
  HeldExchange(int open, int calls) {
    this.open = open;
    this.remaining = calls;
  }

  @Override
  public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
    return stub.exchange(request, maySend).flatMap(reply -> Mono.create(sink -> hold(sink, reply)));
  }

  private void hold(MonoSink<Response> arrived, Response reply) {
    held.add(arrived);
    remaining--;
    if (held.size() >= open) {
      held.remove().success(reply);
    }
    while (remaining == 0 && !held.isEmpty()) {
      held.remove().success(reply);
    }
  }
}

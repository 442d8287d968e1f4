package io.fleetstop.cli;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.transport.HttpExchange;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** An order to end a run early: no new calls, while those on the wire end by themselves. */
final class Interruption {

  private final Sinks.Empty<Void> order = Sinks.empty();
  private volatile boolean ordered;

  /** Gives the order; the first time counts. */
  void order() {
    ordered = true;
    order.tryEmitEmpty();
  }

  boolean isOrdered() {
    return ordered;
  }

  /** Ends {@code source} when the order comes. */
  <T> Flux<T> end(Flux<T> source) {
    return source.takeUntilOther(order.asMono());
  }

  /** Fails whoever waits for {@code limiter}, or would, as never sent once the order has come. */
  RateLimiter gate(RateLimiter limiter) {
    Mono<RateLimiter.Permit> closed = order.asMono().then(Mono.error(Interruption::notSent));
    return () -> Mono.firstWithSignal(closed, limiter.acquire());
  }

  /** Sends nothing once the order has come, whatever has waited in line until then. */
  HttpExchange gate(HttpExchange transport) {
    return new HttpExchange() {
      @Override
      public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
        return Mono.defer(
            () -> ordered ? Mono.error(notSent()) : transport.exchange(request, maySend));
      }

      @Override
      public Mono<Void> disposeLater() {
        return transport.disposeLater();
      }
    };
  }

  /** Whether an error says that the gate was closed. */
  static boolean isCauseOf(EcsException error) {
    return error.errorCode().equals(ClientErrors.CLOSED);
  }

  private static EcsException notSent() {
    return EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT)
        .detail("The run was interrupted before the call was sent")
        .build();
  }
}

package io.fleetstop.fleet;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Lets those who wait for a condition look again when something has changed. Never locks. */
final class News {

  // One for each piece of news, so that none is emitted into twice.
  private final AtomicReference<Sinks.Empty<Void>> next = new AtomicReference<>(Sinks.empty());

  /** Something has changed; those who wait look again on this thread. */
  void spread() {
    next.getAndSet(Sinks.empty()).tryEmitEmpty();
  }

  /**
   * Completes once {@code condition} holds, which is asked at subscription and after each change,
   * and not again once it has held.
   */
  Mono<Void> until(BooleanSupplier condition) {
    return Mono.defer(
            () -> {
              // Before the look: what changes after it is heard of.
              Mono<Void> change = Objects.requireNonNull(next.get()).asMono();
              return condition.getAsBoolean() ? Mono.just(true) : change.then(Mono.empty());
            })
        .repeat()
        .next()
        .then();
  }
}

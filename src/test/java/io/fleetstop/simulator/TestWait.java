package io.fleetstop.simulator;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Flux;

/** Waits for what other threads do. */
final class TestWait {

  private TestWait() {}

  static void until(BooleanSupplier condition) {
    Flux.interval(Duration.ZERO, Duration.ofMillis(2))
        .filter(tick -> condition.getAsBoolean())
        .blockFirst(Duration.ofSeconds(20));
  }
}

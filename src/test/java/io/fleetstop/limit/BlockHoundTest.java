package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockingOperationError;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** No limiter blocks a non-blocking thread; a platform listener installs the agent. */
class BlockHoundTest {

  @Test
  void agent_detectsABlockingCall() {
    Mono<Void> blocking =
        Mono.<Void>fromRunnable(BlockHoundTest::sleep).subscribeOn(Schedulers.parallel());
    assertThatThrownBy(() -> blocking.block(Duration.ofSeconds(5)))
        .satisfies(
            thrown ->
                assertThat(Exceptions.unwrap(thrown)).isInstanceOf(BlockingOperationError.class));
  }

  private static void sleep() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void limiters_doNotBlock() {
    AdaptiveRateLimiter adaptive =
        RateLimiter.adaptive(AdaptiveOptions.builder().ceiling(5_000).initialRate(500).build());
    for (RateLimiter limiter : new RateLimiter[] {RateLimiter.tokenBucket(5_000, 5), adaptive}) {
      AtomicInteger calls = new AtomicInteger();
      Flux.range(0, 1_000)
          .parallel(2)
          .runOn(Schedulers.parallel())
          .flatMap(
              i -> {
                Mono<Integer> call = limiter.limit(Mono.fromSupplier(calls::incrementAndGet));
                return i % 5 == 0 ? call.timeout(Duration.ofMillis(50), Mono.just(0)) : call;
              },
              false,
              200)
          .sequential()
          .blockLast(Duration.ofSeconds(20));
      assertThat(calls.get()).isBetween(800, 1_000);
      limiter
          .pace(Flux.range(0, 50).publishOn(Schedulers.parallel(), 1))
          .blockLast(Duration.ofSeconds(20));
    }
  }
}

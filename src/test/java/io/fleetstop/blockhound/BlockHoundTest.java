package io.fleetstop.blockhound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.blockhound.BlockingOperationError;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The premise of all other tests: blocking a non-blocking thread fails. */
class BlockHoundTest {

  @Test
  void parallelThread_mayNotBlock() {
    Mono<Long> sleeping =
        Mono.delay(Duration.ofMillis(1), Schedulers.parallel()).doOnNext(tick -> sleep());

    BlockingCalls.take();
    assertThatThrownBy(sleeping::block)
        .hasRootCauseInstanceOf(BlockingOperationError.class)
        .rootCause()
        .hasMessageContaining("java.lang.Thread.sleep");
    assertThat(BlockingCalls.take()).hasSize(1);
  }

  @Test
  void boundedElasticThread_mayBlock() {
    Mono.fromRunnable(BlockHoundTest::sleep).subscribeOn(Schedulers.boundedElastic()).block();
  }

  private static void sleep() {
    try {
      Thread.sleep(1);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

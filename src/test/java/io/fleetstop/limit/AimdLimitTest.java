package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class AimdLimitTest {

  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  @Test
  void timeOut_halvesAtMostOnceASecondDownToFour() {
    AimdLimit limit = AimdLimit.start(64, 0);
    assertThat(limit.timedOut(0).limit()).isEqualTo(32);
    assertThat(limit.timedOut(0).timedOut(SECOND - 1).limit()).isEqualTo(32);
    for (int second = 0; second < 10; second++) {
      limit = limit.timedOut(second * SECOND);
    }
    assertThat(limit.limit()).isEqualTo(4);
    assertThat(AimdLimit.start(2, 0).timedOut(0).limit()).isEqualTo(2);
  }

  @Test
  void reply_raisesByOneIfHalfIsInUse() {
    AimdLimit lowered = AimdLimit.start(64, 0).timedOut(0);
    assertThat(lowered.replied(15).limit()).isEqualTo(32);
    assertThat(lowered.replied(16).limit()).isEqualTo(33);
    assertThat(AimdLimit.start(64, 0).replied(64).limit()).isEqualTo(64);
  }

  /** A line that carries ten calls a second, divided among those in flight. */
  @Test
  void slowLine_letsAllCallsThrough() {
    verifyRepliesInOneMinute(() -> ConcurrencyLimiter.of(64), replies -> replies < 100);
    verifyRepliesInOneMinute(() -> ConcurrencyLimiter.adaptive(64), replies -> replies == 200);
  }

  private static void verifyRepliesInOneMinute(
      Supplier<ConcurrencyLimiter> limiters, Predicate<Long> expected) {
    StepVerifier.withVirtualTime(
            () -> {
              // Made here, since it reads the virtual clock.
              ConcurrencyLimiter limiter = limiters.get();
              Mono<Long> call =
                  limiter.limit(Mono.defer(() -> replyOrTimeOut(limiter.inFlight()))).retry();
              return Flux.range(0, 200).flatMap(i -> call, 200).take(Duration.ofMinutes(1)).count();
            })
        .thenAwait(Duration.ofMinutes(1))
        .expectNextMatches(expected)
        .verifyComplete();
  }

  private static Mono<Long> replyOrTimeOut(int inFlight) {
    Duration reply = Duration.ofMillis(100L * inFlight);
    Duration timeOut = Duration.ofSeconds(2);
    return reply.compareTo(timeOut) < 0
        ? Mono.delay(reply)
        : Mono.delay(timeOut).then(Mono.error(new TimeoutException()));
  }

  @Test
  void fastFailureAndSlowReply_keepTheLimit() {
    StepVerifier.withVirtualTime(
            () -> {
              ConcurrencyLimiter limiter = ConcurrencyLimiter.adaptive(8);
              return limiter
                  .limit(
                      Mono.delay(Duration.ofMillis(999)).then(Mono.error(new TimeoutException())))
                  .onErrorComplete()
                  .then(limiter.limit(Mono.delay(Duration.ofMinutes(1))))
                  .then(Mono.fromSupplier(limiter::limit));
            })
        .thenAwait(Duration.ofMinutes(2))
        .expectNext(8)
        .verifyComplete();
  }

  @Test
  void cancelAfterASecond_isATimeOut() {
    StepVerifier.withVirtualTime(
            () -> {
              ConcurrencyLimiter limiter = ConcurrencyLimiter.adaptive(8);
              assertThat(limiter.maxInFlight()).isEqualTo(8);
              return limiter
                  .limit(Mono.never())
                  .timeout(Duration.ofSeconds(1))
                  .onErrorComplete()
                  .then(Mono.fromSupplier(limiter::limit));
            })
        .thenAwait(Duration.ofSeconds(1))
        .expectNext(4)
        .verifyComplete();
  }
}

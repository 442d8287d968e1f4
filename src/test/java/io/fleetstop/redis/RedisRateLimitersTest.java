package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.QuotaStore;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.limit.SharedRateLimiter;
import io.fleetstop.limit.TokenBucketOptions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** Limiters of several processes, each with its own connection to a real Redis. */
class RedisRateLimitersTest {

  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Duration SOON = Duration.ofSeconds(15);
  private static final Scope SCOPE = new Scope("a{b}/c", "cn-beijing", "StopInstance");

  private final TestRedis redis = TestRedis.start();

  @AfterEach
  void stop() {
    redis.close();
  }

  private RedisRateLimiters process() {
    return RedisRateLimiters.on(redis.connect());
  }

  private SharedRateLimiter fixed(double rate, int burst) {
    return process().fixed(SCOPE, TokenBucketOptions.of(rate, burst));
  }

  private static Mono<Long> calls(RateLimiter limiter, int number) {
    return Flux.range(0, number).flatMap(i -> limiter.limit(Mono.just(i).hide()), 16).count();
  }

  @Test
  void knownRate_isSharedByProcesses() {
    List<SharedRateLimiter> limiters = Stream.generate(() -> fixed(100, 1)).limit(3).toList();
    StepVerifier.create(
            Flux.fromIterable(limiters)
                .flatMap(limiter -> calls(limiter, 70))
                .collectList()
                .elapsed())
        // 210 calls at 100 per second; alone, each process would take 0.7 s.
        .assertNext(done -> assertThat(done.getT1()).isGreaterThan(2_000))
        .expectComplete()
        .verify(LIMIT);
    assertThat(limiters).allSatisfy(limiter -> assertThat(limiter.members()).isEqualTo(3));
    assertThat(limiters).allSatisfy(limiter -> assertThat(limiter.rate()).isEqualTo(100));
  }

  @Test
  void burst_isDueAtOnceAfterIdleTime() {
    SharedRateLimiter limiter = fixed(1, 5);
    StepVerifier.create(calls(limiter, 1)).expectNext(1L).expectComplete().verify(LIMIT);
    StepVerifier.create(Mono.delay(Duration.ofMillis(4_100)).then(calls(limiter, 4)).elapsed())
        .assertNext(done -> assertThat(done.getT1()).isLessThan(5_500))
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void cancelledCaller_leavesTheQueue() {
    SharedRateLimiter limiter = fixed(1, 1);
    StepVerifier.create(calls(limiter, 1)).expectNext(1L).expectComplete().verify(LIMIT);
    StepVerifier.create(limiter.acquire().take(Duration.ofMillis(50)))
        .expectComplete()
        .verify(LIMIT);
    assertThat(limiter.waiting()).isZero();
  }

  @Test
  void retryAfter_pausesAllProcesses() {
    SharedRateLimiter asked = fixed(100, 1);
    SharedRateLimiter other = fixed(100, 1);
    StepVerifier.create(calls(other, 1)).expectNext(1L).expectComplete().verify(LIMIT);
    RateLimiter.Permit permit = asked.acquire().block(LIMIT);
    assertThat(permit).isNotNull();
    permit.throttled(Duration.ofSeconds(2));
    StepVerifier.create(Mono.delay(Duration.ofMillis(500)).then(calls(other, 1)).elapsed())
        .assertNext(done -> assertThat(done.getT1()).isBetween(1_500L, 10_000L))
        .expectComplete()
        .verify(LIMIT);
    assertThat(asked.throttledCount()).isEqualTo(1);
  }

  @Test
  void refusal_lowersTheRateOfAllProcesses() {
    AdaptiveOptions options = AdaptiveOptions.builder().initialRate(100).ceiling(1_000).build();
    SharedRateLimiter first = process().adaptive(SCOPE, options);
    SharedRateLimiter second = process().adaptive(SCOPE, options);
    StepVerifier.create(calls(second, 3)).expectNext(3L).expectComplete().verify(LIMIT);
    StepVerifier.create(calls(first, 3)).expectNext(3L).expectComplete().verify(LIMIT);
    double before = Math.max(first.rate(), second.rate());
    // On a machine that stalls, the refusal of a call that was sent before proves nothing.
    StepVerifier.create(
            first
                .limit(Mono.error(refusal()))
                .onErrorComplete()
                .repeatWhen(done -> done.delayElements(Duration.ofMillis(50)))
                .takeUntilOther(
                    Flux.interval(Duration.ofMillis(20))
                        .onBackpressureDrop()
                        .filter(i -> Math.max(first.rate(), second.rate()) < before)
                        .next()))
        .expectComplete()
        .verify(LIMIT);
  }

  private static EcsException refusal() {
    return EcsException.builder(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED).build();
  }

  @Test
  void nextRun_startsWhereTheLastOneEnded() {
    AdaptiveOptions slow = AdaptiveOptions.builder().initialRate(300).ceiling(1_000).build();
    SharedRateLimiter first = process().adaptive(SCOPE, slow);
    StepVerifier.create(calls(first, 100)).expectNext(100L).expectComplete().verify(LIMIT);
    SharedRateLimiter next =
        process().adaptive(SCOPE, AdaptiveOptions.defaults().mutate().ceiling(1_000).build());
    StepVerifier.create(calls(next, 1)).expectNext(1L).expectComplete().verify(LIMIT);
    assertThat(next.rate()).isGreaterThanOrEqualTo(300);
  }

  @Test
  void lostRedis_leavesItsShareAndIsFoundAgain() {
    SharedRateLimiter first = fixed(100, 1);
    SharedRateLimiter second = fixed(100, 1);
    StepVerifier.create(calls(first, 5)).expectNext(5L).expectComplete().verify(LIMIT);
    StepVerifier.create(calls(second, 5)).expectNext(5L).expectComplete().verify(LIMIT);
    StepVerifier.create(calls(first, 5)).expectNext(5L).expectComplete().verify(LIMIT);

    redis.kill();
    StepVerifier.create(calls(first, 60).elapsed())
        .assertNext(done -> assertThat(done.getT1()).isGreaterThan(1_000))
        .expectComplete()
        .verify(LIMIT);
    assertThat(first.isShared()).isFalse();
    assertThat(first.rate()).isEqualTo(50);

    redis.restart();
    StepVerifier.create(
            Flux.defer(() -> calls(first, 5)).repeat().takeUntil(unused -> first.isShared()).then())
        .expectComplete()
        .verify(LIMIT);
    assertThat(first.rate()).isEqualTo(100);
  }

  @Test
  void sharedLimiter_doesNotBlock() {
    SharedRateLimiter limiter =
        process()
            .adaptive(SCOPE, AdaptiveOptions.builder().initialRate(500).ceiling(5_000).build());
    AtomicInteger calls = new AtomicInteger();
    Flux.range(0, 500)
        .parallel(2)
        .runOn(Schedulers.parallel())
        .flatMap(
            i ->
                limiter.limit(
                    i % 50 == 0
                        ? Mono.error(refusal())
                        : Mono.fromSupplier(calls::incrementAndGet)),
            true,
            200)
        .sequential()
        .onErrorComplete()
        .blockLast(LIMIT);
    assertThat(calls.get()).isGreaterThan(400);
  }

  /** As when something else writes to the keys: what is no quota is replaced. */
  @Test
  void keysThatHoldNoRate_neitherFillTheMemoryNorStopThePace() {
    AdaptiveOptions options =
        AdaptiveOptions.builder().floor(20).initialRate(40).ceiling(50).build();
    SharedRateLimiter limiter = process().adaptive(SCOPE, options);
    RedisConnection connection = redis.connect();
    StepVerifier.create(calls(limiter, 1)).expectNext(1L).expectComplete().verify(LIMIT);
    String key = connection.commands().keys("fleetstop:*:pace").blockFirst(LIMIT);
    assertThat(key).isNotNull();

    List<String> damages =
        List.of(
            "next 9e300",
            "next x",
            "epoch 9e300",
            "epoch 99999999999999999999",
            "epoch -1",
            "revision x",
            "rate 1e-9",
            "rate nan",
            "rate -5",
            "slot 9000000000000000",
            "tested x",
            "a0 -5",
            "r7 1.5",
            "u20 99999999");
    for (String damage : damages) {
      String[] written = damage.split(" ", -1);
      connection.commands().hset(key, written[0], written[1]).block(LIMIT);
      StepVerifier.create(calls(limiter, 4)).expectNext(4L).expectComplete().verify(SOON);
      assertThat(limiter.isShared()).as(damage).isTrue();
      assertThat(limiter.rate()).as(damage).isBetween(20.0, 50.0);
    }
  }

  @Test
  void keysOfAnotherType_areReplaced() {
    SharedRateLimiter limiter = fixed(100, 1);
    RedisConnection connection = redis.connect();
    StepVerifier.create(calls(limiter, 1)).expectNext(1L).expectComplete().verify(LIMIT);
    List<String> keys = connection.commands().keys("fleetstop:*").collectList().block(LIMIT);
    assertThat(keys).hasSize(2);
    keys.forEach(key -> connection.commands().set(key, "x").block(LIMIT));
    StepVerifier.create(calls(limiter, 10)).expectNext(10L).expectComplete().verify(SOON);
    assertThat(limiter.isShared()).isTrue();
  }

  /** Not even for the time of one lease. */
  @Test
  void forgedRate_staysBelowTheCeiling() {
    AdaptiveOptions options =
        AdaptiveOptions.builder().floor(20).initialRate(40).ceiling(50).build();
    SharedRateLimiter limiter = process().adaptive(SCOPE, options);
    RedisConnection connection = redis.connect();
    StepVerifier.create(calls(limiter, 1)).expectNext(1L).expectComplete().verify(LIMIT);
    String key = connection.commands().keys("fleetstop:*:pace").blockFirst(LIMIT);
    assertThat(key).isNotNull();
    connection.commands().hset(key, "rate", "1e9").block(LIMIT);
    // 60 calls at 50 per second.
    StepVerifier.create(calls(limiter, 60).elapsed())
        .assertNext(done -> assertThat(done.getT1()).isGreaterThan(1_100))
        .expectComplete()
        .verify(LIMIT);
  }

  @Test
  void messageThatIsNoDecision_isPassedOver() {
    RedisConnection connection = redis.connect();
    RedisQuotaStore store =
        new RedisQuotaStore(Mono.just(connection), Mono.just(connection), "m", "scope");
    String channel = "fleetstop:{scope}:pace:decisions";
    StepVerifier.create(store.decisions().map(QuotaStore.SharedRate::epoch))
        .then(
            () -> {
              Flux.interval(Duration.ofMillis(10))
                  .onBackpressureDrop()
                  .concatMap(
                      tick ->
                          connection
                              .commands()
                              .pubsubNumsub(channel)
                              .map(found -> found.getOrDefault(channel, 0L)))
                  .takeUntil(subscribers -> subscribers > 0)
                  .blockLast(LIMIT);
              for (String message :
                  List.of(
                      "",
                      "x",
                      "1 2 NaN s",
                      "1 2 1e300 s",
                      "1 2",
                      "-1 2 50.0 s",
                      "9223372036854775807 2 50.0 s",
                      "7 8 50.0 s")) {
                connection.commands().publish(channel, message).block(LIMIT);
              }
            })
        .expectNext(7L)
        .thenCancel()
        .verify(LIMIT);
  }
}

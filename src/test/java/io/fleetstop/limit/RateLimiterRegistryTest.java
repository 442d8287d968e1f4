package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.limit.RateLimiterRegistry.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

class RateLimiterRegistryTest {

  private static final Scope STOP = new Scope("main", "cn-beijing", "StopInstance");

  @Test
  void sameScope_returnsTheSameLimiter() {
    RateLimiterRegistry limiters = RateLimiterRegistry.standard();
    RateLimiter stop = limiters.limiter(STOP);
    assertThat(limiters.limiter(new Scope("main", "cn-beijing", "StopInstance"))).isSameAs(stop);
    assertThat(limiters.limiter(new Scope("main", "cn-shanghai", "StopInstance")))
        .isNotSameAs(stop);
    assertThat(limiters.limiter(new Scope("main", "cn-beijing", "Describe"))).isNotSameAs(stop);
    assertThat(limiters.limiter(new Scope("other", "cn-beijing", "StopInstance")))
        .isNotSameAs(stop);
    assertThat(limiters.limiters()).hasSize(4).containsEntry(STOP, stop);
  }

  @Test
  void standardLimiters_adaptForStopsStartsAndDescribes() {
    RateLimiterRegistry limiters = RateLimiterRegistry.standard();
    assertThat(limiters.limiter(STOP)).isInstanceOf(AdaptiveRateLimiter.class);
    RateLimiter describes = limiters.limiter(new Scope("main", "cn-beijing", "DescribeInstances"));
    assertThat(((AdaptiveRateLimiter) describes).ceiling()).isEqualTo(50);
    assertThat(describes.rate()).isEqualTo(20);
    assertThat(RateLimiterRegistry.describeLimiter(0.5).rate()).isEqualTo(0.5);
    assertThat(limiters.limiter(new Scope("main", "cn-beijing", "StartInstance")))
        .isInstanceOf(AdaptiveRateLimiter.class);
    RateLimiter other = limiters.limiter(new Scope("main", "cn-beijing", "RebootInstance"));
    assertThat(other.rate()).isEqualTo(4);
    assertThat(other.available()).isEqualTo(10);
  }

  @Test
  void twoClientsOfOneScope_shareTheQuota() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    RateLimiterRegistry shared =
        RateLimiterRegistry.of(
            scope ->
                RateLimiter.tokenBucket(TokenBucketOptions.of(20, 1).withScheduler(() -> time)));
    AtomicInteger one = new AtomicInteger();
    AtomicInteger other = new AtomicInteger();
    Flux.range(0, 1_000)
        .flatMap(i -> shared.limiter(STOP).limit(Mono.fromRunnable(one::incrementAndGet)), 8)
        .subscribe();
    Flux.range(0, 1_000)
        .flatMap(i -> shared.limiter(STOP).limit(Mono.fromRunnable(other::incrementAndGet)), 8)
        .subscribe();
    time.advanceTimeBy(Duration.ofSeconds(10));
    assertThat(one.get() + other.get()).isBetween(200, 202);
    assertThat(one.get()).isBetween(95, 107);
    time.dispose();
  }

  @Test
  void concurrentFirstCallers_getOneLimiter() {
    for (int round = 0; round < 1_000; round++) {
      RateLimiterRegistry limiters = RateLimiterRegistry.of(scope -> RateLimiter.tokenBucket(1, 1));
      Set<RateLimiter> seen = ConcurrentHashMap.newKeySet();
      Runnable lookup = () -> seen.add(limiters.limiter(STOP));
      RaceTestUtils.race(IntStream.range(0, 2).mapToObj(i -> lookup).toArray(Runnable[]::new));
      assertThat(seen).hasSize(1);
    }
  }

  @Test
  void listener_isNotifiedOfEveryLimiter() {
    RateLimiterRegistry limiters = RateLimiterRegistry.of(scope -> RateLimiter.tokenBucket(1, 1));
    Scope another = new Scope("prod", "cn-beijing", "Another");
    Map<Scope, RateLimiter> notified = new HashMap<>();
    RateLimiter first = limiters.limiter(STOP);
    limiters.addListener((scope, limiter) -> assertThat(notified.put(scope, limiter)).isNull());

    RateLimiter second = limiters.limiter(another);
    limiters.limiter(another);

    assertThat(notified).isEqualTo(Map.of(STOP, first, another, second));
  }

  @Test
  void listener_isNotifiedOnlyOfTheKeptLimiter() {
    for (int round = 0; round < 1_000; round++) {
      RateLimiterRegistry limiters = RateLimiterRegistry.of(scope -> RateLimiter.tokenBucket(1, 1));
      Set<RateLimiter> notified = ConcurrentHashMap.newKeySet();
      limiters.addListener((scope, limiter) -> notified.add(limiter));
      RaceTestUtils.race(() -> limiters.limiter(STOP), () -> limiters.limiter(STOP));
      assertThat(notified).containsExactly(limiters.limiter(STOP));
    }
  }

  @Test
  void throwingListener_doesNotFailTheFirstCall() {
    List<String> dropped = new ArrayList<>();
    Hooks.onErrorDropped(error -> dropped.add(String.valueOf(error.getMessage())));
    RateLimiterRegistry limiters = RateLimiterRegistry.of(scope -> RateLimiter.tokenBucket(1, 1));
    limiters.addListener(
        (scope, limiter) -> {
          throw new IllegalStateException("the registry is closed");
        });

    assertThat(limiters.limiter(STOP)).isNotNull();
    assertThat(dropped).containsExactly("the registry is closed");
  }

  @Test
  void blankScopePart_isRejected() {
    assertThatThrownBy(() -> new Scope(" ", "r", "a"))
        .hasMessage("account must not be blank, was \" \"");
    assertThatThrownBy(() -> new Scope("m", "", "a"))
        .hasMessage("region must not be blank, was \"\"");
    assertThatThrownBy(() -> new Scope("m", "r", "\t"))
        .hasMessage("action must not be blank, was \"\t\"");
  }
}

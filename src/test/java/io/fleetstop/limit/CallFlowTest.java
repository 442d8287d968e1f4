package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Permits and slots go to flows round robin. */
class CallFlowTest {

  private static final int RUNS = 200;

  private final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
  private final List<String> granted = new ArrayList<>();

  @AfterEach
  void resetTime() {
    VirtualTimeScheduler.reset();
  }

  private void queueRuns(RateLimiter limiter, int callsEach) {
    for (int run = 0; run < RUNS; run++) {
      String name = "run-" + run;
      CallFlow flow = CallFlow.create();
      for (int call = 0; call < callsEach; call++) {
        limiter.acquire().contextWrite(flow::putInto).subscribe(permit -> granted.add(name));
      }
    }
  }

  @Test
  void singleCall_doesNotWaitForTwoHundredRuns() {
    RateLimiter limiter = RateLimiter.tokenBucket(50, 1);
    queueRuns(limiter, 50);
    time.advanceTimeBy(Duration.ofSeconds(10));
    limiter.acquire().subscribe(permit -> granted.add("single"));
    int before = granted.size();

    time.advanceTimeBy(Duration.ofMillis(100));

    assertThat(granted.subList(before, granted.size())).contains("single");
  }

  @Test
  void permits_goToRunsRoundRobin() {
    RateLimiter limiter = RateLimiter.tokenBucket(50, 1);
    queueRuns(limiter, 3);
    time.advanceTimeBy(Duration.ofSeconds(13));

    assertThat(granted).hasSize(3 * RUNS);
    for (int round = 0; round < 3; round++) {
      // The first permit was granted before any run was queued.
      int start = 1 + round * RUNS;
      assertThat(granted.subList(start, Math.min(start + RUNS, 3 * RUNS))).doesNotHaveDuplicates();
    }
  }

  @Test
  void slots_goToFlowsRoundRobin() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    Sinks.Empty<Void> first = Sinks.empty();
    limiter.limit(first.asMono()).subscribe();
    Map<String, CallFlow> flows = new HashMap<>();
    for (String name : List.of("a", "a", "a", "b", "c")) {
      CallFlow flow = flows.computeIfAbsent(name, key -> CallFlow.create());
      limiter
          .limit(Mono.fromRunnable(() -> granted.add(name)))
          .contextWrite(flow::putInto)
          .subscribe();
    }

    first.tryEmitEmpty();

    assertThat(granted).containsExactly("a", "b", "c", "a", "a");
  }

  @Test
  void cancelledFlow_isGrantedNoSlot() {
    ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    CallFlow flow = CallFlow.create();
    Sinks.Empty<Void> first = Sinks.empty();
    limiter.limit(first.asMono()).subscribe();
    Disposable next =
        limiter
            .limit(Mono.fromRunnable(() -> granted.add("cancelled")))
            .contextWrite(flow::putInto)
            .subscribe();
    limiter.limit(Mono.fromRunnable(() -> granted.add("other"))).subscribe();

    flow.cancel();
    first.tryEmitEmpty();
    next.dispose();

    assertThat(granted).containsExactly("other");
    assertThat(limiter.waiting()).isZero();
    assertThat(limiter.inFlight()).isZero();
  }
}

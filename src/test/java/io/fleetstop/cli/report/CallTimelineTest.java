package io.fleetstop.cli.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.report.CallTimeline.Timeline.Bucket;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.context.Context;

class CallTimelineTest {

  private static final String STOP = "StopInstance";

  private static final ErrorCode THROTTLED = ErrorCode.classify("FlowLimitExceeded", null, 429);

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private double rate = 10;
  private final CallTimeline calls = new CallTimeline(STOP, () -> rate, time);

  private void succeed(String action) {
    calls.callSucceeded(action, 1, Duration.ZERO, Context.empty());
  }

  private void fail(ErrorCode code, Delivery delivery, @Nullable Integer httpStatus) {
    EcsException failure =
        EcsException.builder(code, delivery).action(STOP).httpStatus(httpStatus).build();
    calls.attemptFailed(STOP, 1, failure, Context.empty());
  }

  @Test
  void replies_countAsGrantedThrottledOrLost() {
    succeed(STOP);
    fail(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.REJECTED, 404);
    fail(THROTTLED, Delivery.REJECTED, 429);
    fail(ClientErrors.RESPONSE_TIMEOUT, Delivery.UNKNOWN, null);

    assertThat(calls.timeline().buckets()).containsExactly(new Bucket(2, 1, 1, 10.0));
  }

  @Test
  void unsentCallsAndOtherActions_areNotCounted() {
    succeed("DescribeInstances");
    fail(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT, null);

    assertThat(calls.timeline().buckets()).isEmpty();
  }

  @Test
  void rate_isReadWhenCallsEnd() {
    succeed(STOP);
    rate = 20;
    succeed(STOP);
    time.advanceTimeBy(Duration.ofMillis(130));
    rate = Double.POSITIVE_INFINITY;
    succeed(STOP);

    assertThat(calls.timeline().buckets())
        .containsExactly(new Bucket(2, 0, 0, 20.0), new Bucket(1, 0, 0, null));
  }

  @Test
  void restart_resetsTheTime() {
    time.advanceTimeBy(Duration.ofMinutes(5));
    calls.restart();
    time.advanceTimeBy(Duration.ofMillis(200));
    succeed(STOP);

    assertThat(calls.timeline().buckets()).containsExactly(Bucket.EMPTY, new Bucket(1, 0, 0, 10.0));
  }

  @Test
  void concurrentCalls_areAllCounted() throws Exception {
    int threads = 8;
    int each = 5_000;
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      List<? extends Future<?>> done =
          IntStream.range(0, threads)
              .mapToObj(
                  thread ->
                      executor.submit(
                          () -> {
                            start.await();
                            for (int i = 0; i < each; i++) {
                              succeed(STOP);
                            }
                            return null;
                          }))
              .toList();
      start.countDown();
      for (Future<?> future : done) {
        future.get(30, TimeUnit.SECONDS);
      }
    } finally {
      executor.shutdownNow();
    }

    assertThat(calls.timeline().total().granted()).isEqualTo((long) threads * each);
  }
}

package io.fleetstop.benchmarks.call;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Makes concurrent calls for some time; the first failed call ends it. */
@FunctionalInterface
interface Load {

  /** The time-out of the last calls. */
  Duration PATIENCE = Duration.ofSeconds(30);

  /** Starts calls until {@code endNanos}; returns when the last one has ended. */
  void run(int inFlight, long endNanos, Latencies latencies) throws InterruptedException;

  /** Subscribes once for each call. */
  static Load of(Mono<?> call) {
    return (inFlight, endNanos, latencies) -> {
      Mono<?> timed =
          Mono.defer(
              () -> {
                long start = System.nanoTime();
                return call.doOnSuccess(reply -> latencies.add(System.nanoTime() - start));
              });
      Flux.range(0, Integer.MAX_VALUE)
          .takeWhile(number -> System.nanoTime() < endNanos)
          .flatMap(number -> timed, inFlight)
          .then()
          .block(PATIENCE.plusNanos(endNanos - System.nanoTime()));
    };
  }

  /** Uses a thread for each call in flight. */
  static Load ofBlocking(Callable<?> call) {
    ExecutorService threads = Executors.newCachedThreadPool();
    return (inFlight, endNanos, latencies) -> {
      List<Future<?>> lanes = new ArrayList<>();
      for (int lane = 0; lane < inFlight; lane++) {
        lanes.add(
            threads.submit(
                () -> {
                  for (long start = System.nanoTime(); start < endNanos; ) {
                    call.call();
                    long end = System.nanoTime();
                    latencies.add(end - start);
                    start = end;
                  }
                  return null;
                }));
      }
      try {
        for (Future<?> lane : lanes) {
          lane.get();
        }
      } catch (ExecutionException e) {
        throw new IllegalStateException("a call failed", e.getCause());
      }
    };
  }
}

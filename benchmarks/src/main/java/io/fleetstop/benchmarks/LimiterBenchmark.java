package io.fleetstop.benchmarks;

import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.limit.RateLimiter;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.publisher.Mono;

/** The cost of a limiter with a permit available, beside a call without limiter. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@State(Scope.Benchmark)
public class LimiterBenchmark {

  private final Mono<String> call = Mono.fromCallable(() -> "done").hide();
  private final RateLimiter none = RateLimiter.unlimited();
  private final RateLimiter bucket = RateLimiter.tokenBucket(1e9, 1_000_000);
  private final ConcurrencyLimiter places = ConcurrencyLimiter.of(64);

  /** The bare call. */
  @Benchmark
  public String floor() {
    return call.block();
  }

  /** The limiter without a limit. */
  @Benchmark
  public String unlimited() {
    return none.limit(call).block();
  }

  /** A token bucket that is never empty. */
  @Benchmark
  public String bucket() {
    return bucket.limit(call).block();
  }

  /** A bound on calls in flight that is never reached. */
  @Benchmark
  public String inFlight() {
    return places.limit(call).block();
  }
}

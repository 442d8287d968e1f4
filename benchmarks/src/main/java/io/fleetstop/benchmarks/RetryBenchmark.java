package io.fleetstop.benchmarks;

import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;
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

/** The cost of retries when nothing fails, beside the bare call. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@State(Scope.Benchmark)
public class RetryBenchmark {

  private final RetryPolicy policy = RetryPolicy.defaults();
  private final RetryBudget budget = RetryBudget.standard();
  private final Mono<String> call = Mono.fromCallable(() -> "done").hide();

  /** The call without retries. */
  @Benchmark
  public String floor() {
    return call.block();
  }

  /** The call with retries, as it is put together for each call. */
  @Benchmark
  public String ours() {
    return call.retryWhen(policy.asRetry(true, budget)).block();
  }
}

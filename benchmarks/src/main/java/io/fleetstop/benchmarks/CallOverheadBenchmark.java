package io.fleetstop.benchmarks;

import io.fleetstop.EcsClient;
import io.fleetstop.model.StopInstance;
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

/** The cost of a call without the network. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@State(Scope.Benchmark)
public class CallOverheadBenchmark {

  private final EcsClient client = StubExchange.client();

  /** One call, from request to result. */
  @Benchmark
  public StopInstance.Result ours() {
    return client.stopInstance(StopInstance.of("i-3tiefmkskq3vj0example")).block();
  }
}

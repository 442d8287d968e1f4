package io.fleetstop.benchmarks;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.publisher.Flux;

/**
 * The cost of an instance in a fleet, beside the same number of single calls, without a network and
 * without waiting for STOPPED. Each shot stops a million instances, as one fleet or as several, in
 * a heap of 64 MB.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 5)
@Fork(value = 2, jvmArgsAppend = "-Xmx64m")
@State(Scope.Benchmark)
public class FleetBenchmark {

  private static final int MILLION = 1_000_000;

  private final EcsClient client = StubExchange.client();
  private final FleetShutdown shutdown =
      FleetShutdown.create(
          client, ShutdownOptions.builder().protectTag("").awaitStopped(false).build());

  /** The size of each fleet. */
  @Param({"10000", "1000000"})
  public int instances;

  /** The total number of instances; the figures are valid for the default only. */
  @Param("1000000")
  public int total;

  private Flux<InstanceId> ids() {
    return Flux.range(0, instances).map(number -> InstanceId.of("i-sim" + (MILLION + number)));
  }

  /** The same number of single calls, 64 in flight. */
  @Benchmark
  @OperationsPerInvocation(MILLION)
  public long floor() {
    long stopped = 0;
    for (int done = 0; done < total; done += instances) {
      stopped += ids().flatMap(id -> client.stopInstance(StopInstance.of(id)), 64).count().block();
    }
    return all(stopped);
  }

  /** Fleets with default options. */
  @Benchmark
  @OperationsPerInvocation(MILLION)
  public long ours() {
    long stopped = 0;
    for (int done = 0; done < total; done += instances) {
      stopped += shutdown.stop(ids()).filter(ShutdownOutcome::isSuccess).count().block();
    }
    return all(stopped);
  }

  private long all(long stopped) {
    if (stopped != total) {
      throw new IllegalStateException(stopped + " of " + total + " were stopped");
    }
    return stopped;
  }
}

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
 * What an instance costs in a fleet, against as many single calls: with no network, and without
 * waiting for what the fleet would wait for. A million instances in each shot, be it as one fleet
 * or as many; the heap is what issue 7 allows.
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
      FleetShutdown.create(client, ShutdownOptions.builder().awaitStopped(false).build());

  /** The size of each fleet. */
  @Param({"10000", "1000000"})
  public int instances;

  /** How many instances there are in all; the figures are right for the default alone. */
  @Param("1000000")
  public int total;

  private Flux<InstanceId> ids() {
    return Flux.range(0, instances).map(number -> InstanceId.of("i-sim" + (MILLION + number)));
  }

  /** As many single calls, 64 in flight. */
  @Benchmark
  @OperationsPerInvocation(MILLION)
  public long floor() {
    long stopped = 0;
    for (int done = 0; done < total; done += instances) {
      stopped += ids().flatMap(id -> client.stopInstance(StopInstance.of(id)), 64).count().block();
    }
    return all(stopped);
  }

  /** Fleets, with their defaults. */
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

package io.fleetstop.benchmarks;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.publisher.Flux;

/**
 * The cost of an instance in a fleet by a call of its own and by calls of a hundred, without a
 * network and without waiting for STOPPED. The exchange of this benchmark writes the reply to a
 * batch, which costs some 300 bytes an instance.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
@Fork(value = 2, jvmArgsAppend = "-Xmx256m")
@State(Scope.Benchmark)
public class BatchBenchmark {

  private static final int INSTANCES = 200_000;
  private static final int FIRST = 1_000_000;

  private final EcsClient client = StubExchange.client();

  private long stop(int batchSize) {
    ShutdownOptions options =
        ShutdownOptions.builder().protectTag("").awaitStopped(false).batchSize(batchSize).build();
    long stopped =
        FleetShutdown.create(client, options)
            .stop(Flux.range(0, INSTANCES).map(number -> InstanceId.of("i-sim" + (FIRST + number))))
            .filter(ShutdownOutcome::isSuccess)
            .count()
            .block();
    if (stopped != INSTANCES) {
      throw new IllegalStateException(stopped + " of " + INSTANCES + " were stopped");
    }
    return stopped;
  }

  /** A call for each instance. */
  @Benchmark
  @OperationsPerInvocation(INSTANCES)
  public long floor() {
    return stop(1);
  }

  /** Calls of a hundred instances. */
  @Benchmark
  @OperationsPerInvocation(INSTANCES)
  public long ours() {
    return stop(100);
  }
}

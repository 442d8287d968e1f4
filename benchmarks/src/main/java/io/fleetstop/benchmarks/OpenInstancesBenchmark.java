package io.fleetstop.benchmarks;

import com.sun.management.ThreadMXBean;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import reactor.core.publisher.Flux;

/**
 * The cost of an instance in a fleet, by the number of instances that are open at the same time,
 * without a network and without waiting for STOPPED. All work is done by one thread, whose CPU time
 * is measured: it varies less with the load of the machine than the time that passes.
 */
public final class OpenInstancesBenchmark {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int FIRST_ID = 1_000_000;

  private record Cost(long nanos, long bytes) {}

  private OpenInstancesBenchmark() {}

  /** Prints a table in Markdown. */
  public static void main(String... args) {
    Arguments arguments = Arguments.parse(args);
    List<Integer> numbers =
        arguments.list("open", "100,1000,10000").stream().map(Integer::valueOf).toList();
    int instances = arguments.number("instances", 50_000);
    int rounds = arguments.number("rounds", 11);
    int warmUp = arguments.number("warm-up", 4);
    arguments.requireAllUsed();
    Map<Integer, List<Cost>> costs = new LinkedHashMap<>();
    // Round after round, so that a change of the machine's load meets all of them.
    for (int round = 0; round < warmUp + rounds; round++) {
      for (int open : numbers) {
        Cost cost = stop(open, instances);
        if (round >= warmUp) {
          costs.computeIfAbsent(open, key -> new ArrayList<>()).add(cost);
        }
      }
    }
    System.out.println("| open | CPU, ns | of the first | bytes |");
    System.out.println("|---:|---:|---:|---:|");
    double first = median(costs.get(numbers.get(0)).stream().map(Cost::nanos).toList());
    costs.forEach(
        (open, some) -> {
          long nanos = median(some.stream().map(Cost::nanos).toList());
          long bytes = median(some.stream().map(Cost::bytes).toList());
          System.out.printf(
              Locale.ROOT, "| %,d | %,d | %.2f | %,d |%n", open, nanos, nanos / first, bytes);
        });
    // The timers of the client have threads.
    System.exit(0);
  }

  private static long median(List<Long> figures) {
    return figures.stream().sorted().skip(figures.size() / 2).findFirst().orElseThrow();
  }

  private static Cost stop(int open, int instances) {
    HeldExchange exchange = new HeldExchange(open, instances);
    ShutdownOptions options =
        ShutdownOptions.builder()
            .protectTag("")
            .awaitStopped(false)
            .maxInFlight(open)
            .maxOpen(open)
            .build();
    FleetShutdown shutdown = FleetShutdown.create(StubExchange.client(exchange, open), options);
    Flux<InstanceId> ids =
        Flux.range(0, instances).map(number -> InstanceId.of("i-sim" + (FIRST_ID + number)));
    long bytes = THREADS.getCurrentThreadAllocatedBytes();
    long nanos = THREADS.getCurrentThreadCpuTime();
    long stopped = shutdown.stop(ids).filter(ShutdownOutcome::isSuccess).count().block();
    nanos = THREADS.getCurrentThreadCpuTime() - nanos;
    bytes = THREADS.getCurrentThreadAllocatedBytes() - bytes;
    if (stopped != instances) {
      throw new IllegalStateException(stopped + " of " + instances + " were stopped");
    }
    return new Cost(nanos / instances, bytes / instances);
  }
}

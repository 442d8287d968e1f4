package io.fleetstop.benchmarks.call;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * One contender in a process of its own, so that the processor time is its own and the compiler has
 * seen no other. It executes lines {@code IN_FLIGHT MILLIS}, replies {@code measured CALLS NANOS
 * CPU_NANOS BYTES MEDIAN_NANOS P99_NANOS}, and ends with its input.
 */
final class CallWorker {

  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private static final ThreadMXBean THREADS =
      ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

  private CallWorker() {}

  /** Takes the contender's name and the addresses for JSON and XML. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Load load = CallContender.of(args[0]).load(URI.create(args[1]), URI.create(args[2]));
    Latencies latencies = new Latencies();
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      measure(load, Integer.parseInt(words[0]), Long.parseLong(words[1]), latencies);
    }
    // Some leave threads behind that keep a process alive.
    System.exit(0);
  }

  private static void measure(Load load, int inFlight, long millis, Latencies latencies)
      throws InterruptedException {
    latencies.clear();
    long bytes = allocated();
    long cpu = SYSTEM.getProcessCpuTime();
    long start = System.nanoTime();
    load.run(inFlight, start + TimeUnit.MILLISECONDS.toNanos(millis), latencies);
    long nanos = System.nanoTime() - start;
    cpu = SYSTEM.getProcessCpuTime() - cpu;
    bytes = allocated() - bytes;
    latencies.sort();
    System.out.printf(
        Sample.MARK + "%d %d %d %d %d %d%n",
        latencies.count(),
        nanos,
        cpu,
        bytes,
        latencies.quantile(0.5),
        latencies.quantile(0.99));
  }

  /** By all threads that are alive: those that make calls stay so from one run to the next. */
  private static long allocated() {
    long sum = 0;
    for (long bytes : THREADS.getThreadAllocatedBytes(THREADS.getAllThreadIds())) {
      sum += Math.max(0, bytes);
    }
    return sum;
  }
}

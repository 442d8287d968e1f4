package io.fleetstop.redis;

import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Quota;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Several processes that share a quota of a simulated service through a real Redis. Prints and
 * returns what they used of it; {@code .ci/shared-pace} runs it.
 */
final class PaceMeasurement implements AutoCloseable {

  private static final Duration START_DELAY = Duration.ofSeconds(1);

  /**
   * What was measured.
   *
   * @param used the accepted calls, as a share of the quota from the second of the first one on
   * @param refused the refused calls, as a share of all
   * @param fairness the index of Jain over the accepted calls of the processes
   * @param perSecond the accepted and the refused calls of each second
   */
  record Result(double used, double refused, double fairness, Map<Long, int[]> perSecond) {

    @Override
    public String toString() {
      StringBuilder text =
          new StringBuilder(
              String.format(
                  Locale.ROOT, "used %.3f, refused %.4f, Jain %.3f;", used, refused, fairness));
      perSecond.forEach(
          (second, counts) -> text.append(' ').append(counts[0]).append('/').append(counts[1]));
      return text.toString();
    }
  }

  /**
   * Something that happens during a measurement.
   *
   * @param atSecond when
   * @param action what
   */
  record Event(int atSecond, Runnable action) {}

  final TestRedis redis;
  private final EcsSimulator simulator;
  private final double quota;
  private final String url;
  private final List<DelayProxy> proxies = new ArrayList<>();
  private final List<Process> workers = new ArrayList<>();

  PaceMeasurement(double quota, int burst, Duration roundTrip) {
    this.quota = quota;
    this.redis = TestRedis.start();
    this.simulator =
        EcsSimulator.builder().instances(1).quota(Quota.tokenBucket(quota, burst)).startNow();
    if (roundTrip.isZero()) {
      this.url = redis.url();
    } else {
      DelayProxy proxy = DelayProxy.to(redis.port(), roundTrip);
      proxies.add(proxy);
      this.url = "redis://127.0.0.1:" + proxy.port();
    }
  }

  /** Runs processes for some seconds. */
  Result run(int processes, int seconds, String rate, boolean shared, List<Event> events)
      throws IOException, InterruptedException {
    workers.clear();
    Map<Integer, Map<Long, int[]>> counts = new ConcurrentHashMap<>();
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < processes; i++) {
      workers.add(start(shared ? url : "none", seconds, rate));
    }
    List<BufferedReader> outputs = new ArrayList<>();
    for (Process worker : workers) {
      BufferedReader output = worker.inputReader(StandardCharsets.UTF_8);
      String line = output.readLine();
      while (line != null && !line.equals("ready")) {
        System.out.println(line);
        line = output.readLine();
      }
      outputs.add(output);
    }
    long start = System.currentTimeMillis() + START_DELAY.toMillis();
    for (int i = 0; i < processes; i++) {
      Process worker = workers.get(i);
      BufferedReader output = outputs.get(i);
      try (Writer input = worker.outputWriter(StandardCharsets.UTF_8)) {
        input.write(start + "\n");
      }
      Map<Long, int[]> own = new TreeMap<>();
      counts.put(i, own);
      Thread reader = new Thread(() -> read(output, start, own));
      reader.start();
      readers.add(reader);
    }
    for (Event event : events) {
      sleepUntil(start + event.atSecond() * 1_000L);
      event.action().run();
    }
    for (Thread reader : readers) {
      reader.join();
    }
    return result(counts, seconds);
  }

  private static void sleepUntil(long millis) throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(Math.max(0, millis - System.currentTimeMillis()));
  }

  private Process start(String redisUrl, int seconds, String rate) throws IOException {
    ProcessBuilder worker =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx96m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            PaceWorker.class.getName(),
            redisUrl,
            simulator.endpoint().toString(),
            simulator.ids().get(0),
            String.valueOf(seconds),
            rate);
    return Child.start(worker.redirectErrorStream(true), Duration.ofSeconds(seconds + 120L));
  }

  private static void read(BufferedReader lines, long start, Map<Long, int[]> counts) {
    try (lines) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.matches("[0-9]+ [0-9]+ [0-9]+")) {
          String[] fields = line.split(" ", -1);
          long second = Math.floorDiv(Long.parseLong(fields[0]) - start, 1_000L);
          int[] count = counts.computeIfAbsent(second, unused -> new int[2]);
          count[0] += Integer.parseInt(fields[1]);
          count[1] += Integer.parseInt(fields[2]);
        } else {
          System.out.println(line);
        }
      }
    } catch (IOException ended) {
      System.out.println(ended);
    }
  }

  private Result result(Map<Integer, Map<Long, int[]>> counts, int seconds) {
    Map<Long, int[]> sums = new TreeMap<>();
    double accepted = 0;
    double refused = 0;
    double squares = 0;
    for (Map<Long, int[]> own : counts.values()) {
      double mine = 0;
      for (Map.Entry<Long, int[]> second : own.entrySet()) {
        int[] sum = sums.computeIfAbsent(second.getKey(), unused -> new int[2]);
        sum[0] += second.getValue()[0];
        sum[1] += second.getValue()[1];
        mine += second.getValue()[0];
        refused += second.getValue()[1];
      }
      accepted += mine;
      squares += mine * mine;
    }
    // What the processes took to start is not the pace.
    long first =
        sums.entrySet().stream()
            .filter(second -> second.getValue()[0] > 0)
            .mapToLong(second -> Math.max(0, second.getKey()))
            .min()
            .orElse(0);
    sums.keySet().removeIf(second -> second < 0);
    return new Result(
        accepted / (quota * Math.max(1, seconds - first)),
        refused / Math.max(1, accepted + refused),
        accepted * accepted / Math.max(1, counts.size() * squares),
        sums);
  }

  /** Kills a process. */
  void kill(int worker) {
    workers.get(worker).destroyForcibly();
  }

  @Override
  public void close() {
    workers.forEach(Process::destroyForcibly);
    proxies.forEach(DelayProxy::dispose);
    redis.close();
    simulator.dispose();
  }

  /**
   * Arguments: quota, burst, round trip in milliseconds, processes, seconds, rate or {@code
   * adaptive}, {@code shared} or {@code alone}, and what happens: {@code cold}, {@code warm} for a
   * second run, {@code kill} for two processes, {@code lost} for Redis.
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    int processes = Integer.parseInt(args[3]);
    int seconds = Integer.parseInt(args[4]);
    boolean shared = args[6].equals("shared");
    try (PaceMeasurement measurement =
        new PaceMeasurement(
            Double.parseDouble(args[0]),
            Integer.parseInt(args[1]),
            Duration.ofMillis(Long.parseLong(args[2])))) {
      List<Event> events = new ArrayList<>();
      if (args[7].equals("kill")) {
        events.add(new Event(seconds / 2, () -> measurement.kill(0)));
        events.add(new Event(seconds / 2, () -> measurement.kill(1)));
      }
      if (args[7].equals("lost")) {
        events.add(new Event(seconds / 2, measurement.redis::kill));
        events.add(new Event(seconds / 2 + 6, measurement.redis::restart));
      }
      System.out.println(
          String.join(" ", args)
              + ": "
              + measurement.run(processes, seconds, args[5], shared, events));
      if (args[7].equals("warm")) {
        System.out.println(
            "warm: " + measurement.run(processes, seconds, args[5], shared, List.of()));
      }
    }
    Runtime.getRuntime().halt(0);
  }
}

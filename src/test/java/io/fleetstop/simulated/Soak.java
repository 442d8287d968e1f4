package io.fleetstop.simulated;

import static io.fleetstop.simulated.Simulated.ids;
import static io.fleetstop.simulated.Simulated.options;
import static io.fleetstop.simulated.Simulated.patience;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Ledger;
import io.fleetstop.simulator.Quota;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Consecutive runs of one client, each with a journal, against a service with every fault that is
 * restarted in between. {@link SoakTest} runs it in a separate process. After each run the outcomes
 * are compared with the ledger; at the end no resource of the process may have grown since warm-up.
 */
final class Soak {

  private static final int FLEET = 2_500;

  /** The default of the client. */
  private static final int CONNECTIONS = 64;

  /** The warm-up, when classes are loaded and pools are filled. */
  private static final double WARM = 1.0 / 3;

  /**
   * The largest growth of each reading between warm-up and end. The threads of a disposed service
   * may still be terminating.
   */
  private static final Map<String, Double> ALLOWANCES =
      Map.of(
          "heap kB", 2_048.0,
          "direct kB", 2_048.0,
          "threads", 4.0,
          "files", 2.0);

  private final Map<String, List<Double>> readings = new LinkedHashMap<>();
  private final Path journal;
  private final int port;
  private final EcsClient client;
  private long calls;
  private long outcomes;

  /** A trend needs as many, however slow the machine. */
  private static final int MIN_ROUNDS = 6;

  private Soak(Path journal) throws IOException {
    this.journal = journal;
    this.port = freePort();
    this.client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(URI.create("http://127.0.0.1:" + port))
            .credentials(
                CredentialsProvider.fixed(
                    Credentials.of(
                        EcsSimulator.SAMPLE_ACCESS_KEY_ID, EcsSimulator.SAMPLE_SECRET_ACCESS_KEY)))
            // An adaptive limiter would slow down, because some calls are rejected at any rate.
            .rateLimiter(RateLimiter.unlimited())
            .retryBudget(RetryBudget.ofRetries(1_000_000))
            .retryPolicy(patience().attemptTimeout(Duration.ofMillis(500)).build())
            .build();
  }

  private static int freePort() throws IOException {
    try (ServerSocket probe = new ServerSocket(0)) {
      return probe.getLocalPort();
    }
  }

  /**
   * Runs for a duration.
   *
   * @param args the duration, for example {@code PT30M}, and a directory for the journals
   */
  public static void main(String[] args) throws IOException {
    Duration time = Duration.parse(args[0]);
    Soak soak = new Soak(Path.of(args[1]).resolve("soak.jsonl"));
    long end = System.nanoTime() + time.toNanos();
    int round = 0;
    for (; System.nanoTime() < end || round < MIN_ROUNDS; round++) {
      soak.round(round);
      soak.read();
    }
    soak.client.closeAsync().block(Simulated.PATIENCE);
    System.out.printf("rounds=%d calls=%d outcomes=%d%n", round, soak.calls, soak.outcomes);
    soak.requireFlat();
  }

  /** Runs once. Its service ends with this method. */
  private void round(int round) throws IOException {
    EcsSimulator simulator =
        Simulated.simulator()
            .port(port)
            .seed(round)
            .instances(FLEET)
            .quota("StopInstance", Quota.tokenBucket(3_000, 50))
            .faults(ChaosTest.everything())
            .startNow();
    try {
      ShutdownOptions options =
          options().runId("soak-" + round).failureLimit(FailureLimit.none()).build();
      ShutdownJournal opened =
          Objects.requireNonNull(
              ShutdownJournal.create(journal, options).block(Simulated.PATIENCE), "a journal");
      List<ShutdownOutcome> emitted = run(FleetShutdown.create(client, opened), simulator, round);
      opened.disposeLater().block(Simulated.PATIENCE);
      Files.delete(journal);
      emitted.forEach(outcome -> assertTruth(simulator, outcome));
      assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
      assertThat(client.gauges().inFlight()).isZero();
      calls += simulator.calls();
      outcomes += emitted.size();
      // How many of them are open depends on the latency of this machine, the bound does not.
      assertThat(client.gauges().connections().open()).isLessThanOrEqualTo(CONNECTIONS);
    } finally {
      simulator.disposeLater().block(Simulated.PATIENCE);
    }
  }

  /** Most runs complete; some are drained, and some cancelled, half-way. */
  private static List<ShutdownOutcome> run(FleetShutdown fleet, EcsSimulator simulator, int round) {
    List<ShutdownOutcome> emitted = new ArrayList<>();
    Mono<Long> half =
        Flux.interval(Duration.ofMillis(20))
            .filter(tick -> simulator.ledger().effects() >= FLEET / 2)
            .next();
    Flux<ShutdownOutcome> outcomes =
        round % 5 == 1 ? fleet.stop(ids(simulator.ids()), half) : fleet.stop(ids(simulator.ids()));
    Flux<ShutdownOutcome> taken = outcomes.doOnNext(emitted::add);
    if (round % 5 == 2) {
      taken.takeUntilOther(half).then().block(Simulated.PATIENCE);
      // Cancelled calls may still be on their way to the service.
      return List.copyOf(emitted);
    }
    taken.then().block(Simulated.PATIENCE);
    assertThat(round % 5 == 1 ? FLEET : emitted.size()).isEqualTo(FLEET);
    return emitted;
  }

  private static void assertTruth(EcsSimulator simulator, ShutdownOutcome outcome) {
    String id = outcome.instanceId().value();
    Ledger ledger = simulator.ledger();
    assertThat(ledger.tokens(id)).as("tokens of %s", outcome).hasSizeLessThanOrEqualTo(1);
    switch (outcome.kind()) {
      case STOPPED, ALREADY_STOPPED ->
          assertThat(simulator.status(id)).as("%s", outcome).isEqualTo("STOPPED");
      case SKIPPED -> assertThat(ledger.effects(id)).as("%s", outcome).isZero();
      case FAILED -> {
        if (((Failed) outcome).error().delivery() != Delivery.UNKNOWN) {
          assertThat(ledger.effects(id)).as("%s", outcome).isZero();
        }
      }
      case UNCONFIRMED -> {
        // Both states are possible.
      }
      default -> throw new AssertionError("not to be had here: " + outcome);
    }
  }

  private void read() {
    // The second collection frees what the first one's references released.
    System.gc();
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    add("heap kB", heap / 1_024);
    add("direct kB", (direct() + PlatformDependent.usedDirectMemory()) / 1_024);
    add("threads", threads());
    add("files", openFiles());
  }

  private void add(String what, long reading) {
    readings.computeIfAbsent(what, key -> new ArrayList<>()).add((double) reading);
  }

  // The workers of boundedElastic() come and go, up to its cap.
  private static long threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> !thread.getName().startsWith("boundedElastic-"))
        .count();
  }

  private static long direct() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static long openFiles() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? unix.getOpenFileDescriptorCount()
        : 0;
  }

  private void requireFlat() {
    List<String> grown = new ArrayList<>();
    readings.forEach(
        (what, all) -> {
          List<Double> warm = all.subList((int) (all.size() * WARM), all.size());
          double growth = Trend.growth(warm);
          double allowance = Objects.requireNonNull(ALLOWANCES.get(what), what);
          String line =
              String.format(
                  Locale.ROOT,
                  "%s: %.0f when warm, %.0f at the end, trend %+.1f of %.0f allowed, %d readings",
                  what,
                  warm.get(0),
                  warm.get(warm.size() - 1),
                  growth,
                  allowance,
                  warm.size());
          System.out.println(line);
          if (growth > allowance) {
            grown.add(line);
          }
        });
    assertThat(grown).isEmpty();
  }
}

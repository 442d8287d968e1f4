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
 * One client and one run after another, each with a journal, against a service with every fault
 * there is, which is restarted in between. {@link SoakTest} runs it in a process of its own. After
 * each run the verdicts are held against the ledger; in the end what the process holds must not
 * have grown since it was warm.
 */
final class Soak {

  private static final int FLEET = 2_500;

  /** The first part of the time says nothing: classes are loaded, and pools filled. */
  private static final double WARM = 1.0 / 3;

  /**
   * How much a reading may grow between being warm and the end, however long that is. With how many
   * connections a run ends, of the 64 that it may have, is up to its last faults; one that is not
   * given back is an open file as well. The threads of a service that has ended may be ending yet.
   */
  private static final Map<String, Double> ALLOWANCES =
      Map.of(
          "heap kB", 2_048.0,
          "direct kB", 2_048.0,
          "threads", 4.0,
          "connections", 16.0,
          "files", 2.0);

  private final Map<String, List<Double>> readings = new LinkedHashMap<>();
  private final Path journal;
  private final int port;
  private final EcsClient client;
  private long calls;
  private long outcomes;

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
            // One that finds its pace would slow down, as some calls are refused at any.
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
   * Runs for a while.
   *
   * @param args how long, as {@code PT30M}, and a folder for the journals
   */
  public static void main(String[] args) throws IOException {
    Duration time = Duration.parse(args[0]);
    Soak soak = new Soak(Path.of(args[1]).resolve("soak.jsonl"));
    long end = System.nanoTime() + time.toNanos();
    int round = 0;
    for (; System.nanoTime() < end; round++) {
      soak.read(soak.round(round));
    }
    soak.client.disposeLater().block(Simulated.PATIENCE);
    System.out.printf("rounds=%d calls=%d outcomes=%d%n", round, soak.calls, soak.outcomes);
    soak.requireFlat();
  }

  /** One run; how many connections it has left. Nothing of its service outlives this method. */
  private int round(int round) throws IOException {
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
              ShutdownJournal.open(journal, options).block(Simulated.PATIENCE), "a journal");
      List<ShutdownOutcome> told = run(FleetShutdown.create(client, opened), simulator, round);
      opened.disposeLater().block(Simulated.PATIENCE);
      Files.delete(journal);
      told.forEach(outcome -> assertTruth(simulator, outcome));
      assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
      assertThat(client.gauges().inFlight()).isZero();
      calls += simulator.calls();
      outcomes += told.size();
      return client.gauges().connections().open();
    } finally {
      simulator.disposeLater().block(Simulated.PATIENCE);
    }
  }

  /** Most runs come to their end; some are ended, and some left, when half is done. */
  private static List<ShutdownOutcome> run(FleetShutdown fleet, EcsSimulator simulator, int round) {
    List<ShutdownOutcome> told = new ArrayList<>();
    Mono<Long> half =
        Flux.interval(Duration.ofMillis(20))
            .filter(tick -> simulator.ledger().effects() >= FLEET / 2)
            .next();
    Flux<ShutdownOutcome> outcomes =
        round % 5 == 1 ? fleet.stop(ids(simulator.ids()), half) : fleet.stop(ids(simulator.ids()));
    Flux<ShutdownOutcome> taken = outcomes.doOnNext(told::add);
    if (round % 5 == 2) {
      taken.takeUntilOther(half).then().block(Simulated.PATIENCE);
      // Calls that were cut off may still be under way to the service.
      return List.copyOf(told);
    }
    taken.then().block(Simulated.PATIENCE);
    assertThat(round % 5 == 1 ? FLEET : told.size()).isEqualTo(FLEET);
    return told;
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
        // It may be either.
      }
      default -> throw new AssertionError("not to be had here: " + outcome);
    }
  }

  private void read(int connections) {
    // The second one collects what the first one's references have let go of.
    System.gc();
    System.gc();
    long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    add("heap kB", heap / 1_024);
    add("direct kB", (direct() + PlatformDependent.usedDirectMemory()) / 1_024);
    add("threads", threads());
    add("connections", connections);
    add("files", openFiles());
  }

  private void add(String what, long reading) {
    readings.computeIfAbsent(what, key -> new ArrayList<>()).add((double) reading);
  }

  // Of its workers, which come and go, boundedElastic() has no more than its cap.
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

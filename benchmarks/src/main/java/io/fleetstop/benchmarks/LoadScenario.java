package io.fleetstop.benchmarks;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.simulator.EcsSimulator;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** One load on one client. */
record LoadScenario(String name, String target, Load load) {

  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final String UNLIMITED = "unlimited 0";
  private static final int LATENCY_MILLIS = 20;
  private static final int FAST = 2_000;
  private static final double NANOS = 1e9;

  /**
   * A result.
   *
   * @param text the figure
   * @param met whether it meets the target
   * @param correct whether every instance has the outcome that it must have
   */
  record Result(String text, boolean met, boolean correct) {}

  /** What is done with a service of its own. */
  interface Load {
    Result run(ServerProcess server);
  }

  Result run(ServerProcess server) {
    return load.run(server);
  }

  static List<String> names() {
    return all(true).stream().map(LoadScenario::name).toList();
  }

  static List<LoadScenario> all(boolean brief) {
    int delay = brief ? 500 : 10_000;
    int runs = brief ? 20 : 200;
    int size = brief ? 5 : 50;
    int seconds = brief ? 2 : 60;
    return List.of(
        new LoadScenario(
            "small-demand", "1.3 times the time of unbounded demand", s -> demand(s, delay)),
        new LoadScenario("runs-of-one", "5 s", s -> runsOfOne(s, runs)),
        new LoadScenario(
            "steady-arrivals", "last quarter 1.2 times the first", s -> arrivals(s, seconds)),
        new LoadScenario("many-runs", "every outcome", s -> manyRuns(s, runs, size, delay)),
        new LoadScenario("more-runs", "every outcome", s -> manyRuns(s, 2 * runs, size, delay)),
        new LoadScenario(
            "single-fast", "p99 0.5 s", s -> singles(s, runs, size, FAST, 0.5, seconds / 6)),
        new LoadScenario(
            "single-slow", "p99 2.5 s", s -> singles(s, runs, size, 50, 2.5, seconds / 3)),
        new LoadScenario("vanishing", "nothing held", s -> vanishing(s, brief ? 2 : 20, 1_000)));
  }

  /** Compiles the code before anything is measured. */
  static void warmUp(ServerProcess server) {
    stop(server, 1_000, 0, Flux::onBackpressureBuffer);
  }

  /** A subscriber that requests 32 outcomes at a time, beside one that requests all. */
  private static Result demand(ServerProcess server, int delayMillis) {
    double few = stop(server, 1_000, delayMillis, outcomes -> outcomes.limitRate(32));
    double all = stop(server, 1_000, delayMillis, Flux::onBackpressureBuffer);
    double ratio = few / all;
    return new Result(
        format("%.2f (%.1f s, %.1f s)", ratio, few, all), ratio <= 1.3, !Double.isNaN(ratio));
  }

  /** Stops a fleet by a client of its own. */
  private static double stop(
      ServerProcess server,
      int size,
      int delayMillis,
      UnaryOperator<Flux<ShutdownOutcome>> subscriber) {
    URI endpoint = server.start(size, UNLIMITED, LATENCY_MILLIS, delayMillis);
    return with(
        endpoint,
        FAST,
        client ->
            stop(
                FleetShutdown.create(client, ShutdownOptions.defaults()),
                Trial.ids(1, size),
                subscriber));
  }

  /** The seconds until all are stopped; not a number if one is not. */
  private static double stop(
      FleetShutdown fleet, List<String> ids, UnaryOperator<Flux<ShutdownOutcome>> subscriber) {
    long start = System.nanoTime();
    Long stopped =
        fleet
            .stop(instances(ids))
            .transform(subscriber)
            .filter(LoadScenario::isStopped)
            .count()
            .block(PATIENCE);
    return stopped != null && stopped == ids.size() ? seconds(start) : Double.NaN;
  }

  private static Result runsOfOne(ServerProcess server, int runs) {
    URI endpoint = server.start(runs, UNLIMITED, LATENCY_MILLIS, 2_000);
    return with(
        endpoint,
        FAST,
        client -> {
          long start = System.nanoTime();
          long stopped = stopped(client, Trial.ids(1, runs), 1);
          double seconds = seconds(start);
          return new Result(format("%.1f s", seconds), seconds < 5, stopped == runs);
        });
  }

  private static long stopped(EcsClient client, List<String> ids, int size) {
    FleetShutdown fleet = FleetShutdown.create(client, ShutdownOptions.defaults());
    Long stopped =
        Flux.fromIterable(ids)
            .buffer(size)
            .flatMap(run -> fleet.stop(instances(run)), Integer.MAX_VALUE)
            .filter(LoadScenario::isStopped)
            .count()
            .block(PATIENCE);
    return stopped == null ? 0 : stopped;
  }

  /** Ten new runs of one instance each second. */
  private static Result arrivals(ServerProcess server, int seconds) {
    int runs = 10 * seconds;
    URI endpoint = server.start(runs, UNLIMITED, LATENCY_MILLIS, 2_000);
    return with(
        endpoint,
        FAST,
        client -> {
          FleetShutdown fleet = FleetShutdown.create(client, ShutdownOptions.defaults());
          List<String> ids = Trial.ids(1, runs);
          double[] latencies =
              Flux.interval(Duration.ofMillis(100))
                  .take(runs)
                  .flatMap(
                      i ->
                          Mono.fromSupplier(() -> stop(fleet, ids, i.intValue()))
                              .flatMap(each -> each),
                      Integer.MAX_VALUE)
                  .sort((one, other) -> Integer.compare(one.number(), other.number()))
                  .collectList()
                  .block(PATIENCE)
                  .stream()
                  .mapToDouble(Latency::seconds)
                  .toArray();
          int quarter = Math.max(1, latencies.length / 4);
          double first = median(Arrays.copyOf(latencies, quarter));
          double last =
              median(Arrays.copyOfRange(latencies, latencies.length - quarter, latencies.length));
          return new Result(
              format("%.2f (%.1f s, %.1f s)", last / first, first, last),
              last / first <= 1.2,
              latencies.length == runs);
        });
  }

  private record Latency(int number, double seconds) {}

  private static Mono<Latency> stop(FleetShutdown fleet, List<String> ids, int number) {
    long start = System.nanoTime();
    return fleet
        .stop(instances(ids.subList(number, number + 1)))
        .filter(LoadScenario::isStopped)
        .last()
        .map(outcome -> new Latency(number, seconds(start)));
  }

  private static Result manyRuns(ServerProcess server, int runs, int size, int delayMillis) {
    int all = runs * size;
    URI endpoint = server.start(all, UNLIMITED, LATENCY_MILLIS, delayMillis);
    return with(
        endpoint,
        FAST,
        client -> {
          long start = System.nanoTime();
          long stopped = stopped(client, Trial.ids(1, all), size);
          return new Result(
              format("%d of %d in %.1f s", stopped, all, seconds(start)), true, stopped == all);
        });
  }

  /** Single stops while many runs wait for permits. */
  private static Result singles(
      ServerProcess server, int runs, int size, int rate, double target, int seconds) {
    int all = runs * size;
    int singles = Math.max(1, 10 * seconds);
    URI endpoint = server.start(all + singles, UNLIMITED, LATENCY_MILLIS, 0);
    return with(
        endpoint,
        rate,
        client -> {
          ShutdownOptions options =
              ShutdownOptions.builder().protectTag("").awaitStopped(false).build();
          FleetShutdown fleet = FleetShutdown.create(client, options);
          Disposable fleets =
              Flux.fromIterable(Trial.ids(1, all))
                  .buffer(size)
                  .flatMap(run -> fleet.stop(instances(run)), Integer.MAX_VALUE)
                  .subscribe();
          List<Double> latencies = new ArrayList<>();
          for (String id : Trial.ids(all + 1, all + singles)) {
            long start = System.nanoTime();
            client.stopInstance(StopInstance.of(id)).block(PATIENCE);
            latencies.add(seconds(start));
            Mono.delay(Duration.ofMillis(20)).block();
          }
          fleets.dispose();
          Collections.sort(latencies);
          double p99 = latencies.get((int) Math.ceil(latencies.size() * 0.99) - 1);
          return new Result(
              format("%.2f s (median %.2f s)", p99, latencies.get(latencies.size() / 2)),
              p99 < target,
              true);
        });
  }

  /** Runs whose subscribers leave at a random moment. */
  private static Result vanishing(ServerProcess server, int rounds, int runs) {
    URI endpoint = server.start(runs, UNLIMITED, LATENCY_MILLIS, 200);
    Random random = new Random(rounds);
    return with(
        endpoint,
        FAST,
        client -> {
          FleetShutdown fleet = FleetShutdown.create(client, ShutdownOptions.defaults());
          for (int round = 0; round < rounds; round++) {
            Flux.fromIterable(Trial.ids(1, runs))
                .flatMap(
                    id ->
                        fleet
                            .stop(Flux.just(InstanceId.of(id)))
                            .takeUntilOther(Mono.delay(Duration.ofMillis(random.nextInt(500))))
                            .onErrorComplete(),
                    Integer.MAX_VALUE)
                .blockLast(PATIENCE);
          }
          int held = held(client);
          for (int i = 0; i < 50 && held > 0; i++) {
            Mono.delay(Duration.ofMillis(100)).block();
            held = held(client);
          }
          return new Result(format("%d calls or connections in use", held), held == 0, true);
        });
  }

  private static int held(EcsClient client) {
    return client.gauges().inFlight()
        + client.gauges().queued()
        + client.gauges().connections().open()
        - client.gauges().connections().idle();
  }

  private static Flux<InstanceId> instances(List<String> ids) {
    return Flux.fromIterable(ids).map(InstanceId::of);
  }

  private static boolean isStopped(ShutdownOutcome outcome) {
    return outcome instanceof ShutdownOutcome.Stopped;
  }

  private static <T> T with(URI endpoint, int rate, Function<EcsClient, T> load) {
    RateLimiterRegistry standard = RateLimiterRegistry.standard();
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(endpoint)
            .credentials(
                CredentialsProvider.fixed(
                    Credentials.of(
                        EcsSimulator.SAMPLE_ACCESS_KEY_ID, EcsSimulator.SAMPLE_SECRET_ACCESS_KEY)))
            .rateLimiters(
                RateLimiterRegistry.of(
                    scope ->
                        scope.action().equals("StopInstance")
                            ? RateLimiter.tokenBucket(rate, 1)
                            : standard.limiter(scope)))
            .build();
    try {
      return load.apply(client);
    } finally {
      client.closeAsync().block(PATIENCE);
    }
  }

  private static double median(double[] values) {
    double[] sorted =
        IntStream.range(0, values.length).mapToDouble(i -> values[i]).sorted().toArray();
    return sorted[sorted.length / 2];
  }

  private static double seconds(long startNanos) {
    return (System.nanoTime() - startNanos) / NANOS;
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }
}

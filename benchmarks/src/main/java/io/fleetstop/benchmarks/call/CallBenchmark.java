package io.fleetstop.benchmarks.call;

import io.fleetstop.benchmarks.Arguments;
import io.fleetstop.benchmarks.Row;
import io.fleetstop.benchmarks.Row.Claim;
import io.fleetstop.benchmarks.Row.Measure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The cost of a whole call: the contenders take turns, round after round, each in its own process,
 * against a server in another one.
 */
public final class CallBenchmark {

  private static final int COMPARED_IN_FLIGHT = 64;
  private static final String OURS = CallContender.OURS.label();

  /** The variation of a constant throughput from run to run. */
  private static final double NOT_FALLING = 0.97;

  /** The permitted cost of an instance of a fleet, relative to a single call. */
  private static final double FLEET_OF_CALLS = 1.15;

  private final int seconds;
  private final int rounds;
  private final int warmUpSeconds;
  private final List<Integer> levels;
  private final List<CallContender> contenders;
  private final String server;
  private final Path profiles;

  /**
   * Reads the options {@code --seconds}, {@code --rounds}, {@code --warm-up}, {@code --in-flight},
   * {@code --contenders}, {@code --server} and {@code --profiles}.
   */
  public CallBenchmark(Arguments arguments) {
    this.seconds = arguments.number("seconds", 3);
    this.rounds = arguments.number("rounds", 5);
    this.warmUpSeconds = arguments.number("warm-up", 10);
    this.levels = arguments.list("in-flight", "1,8,64,512").stream().map(Integer::valueOf).toList();
    this.contenders =
        arguments.list("contenders", "floor,transport,ours,fleet,webclient,official,aws").stream()
            .map(CallContender::of)
            .toList();
    this.server = arguments.text("server", "");
    this.profiles = folder(arguments.text("profiles", ""));
    if (levels.stream().anyMatch(level -> level < 1 || level > CallContender.MOST)) {
      throw new IllegalArgumentException("--in-flight must be 1 to " + CallContender.MOST);
    }
  }

  private static Path folder(String name) {
    return name.isEmpty() ? null : Path.of(name);
  }

  /** Prints the rows of this benchmark alone. */
  public static void main(String[] args) throws IOException {
    Arguments arguments = Arguments.parse(args);
    CallBenchmark benchmark = new CallBenchmark(arguments);
    arguments.requireAllUsed();
    Row.print(benchmark.run());
  }

  /** Measures; takes {@code seconds} for each level, contender and round. */
  public List<Row> run() throws IOException {
    try (CannedServer canned = startServer()) {
      Map<CallContender, WorkerProcess> workers = new EnumMap<>(CallContender.class);
      try {
        for (CallContender contender : contenders) {
          WorkerProcess worker = WorkerProcess.launch(contender, canned, profiles);
          workers.put(contender, worker);
          worker.run(COMPARED_IN_FLIGHT, 1_000L * warmUpSeconds);
        }
        List<Row> rows = new ArrayList<>();
        Row ours = null;
        for (int level : levels) {
          List<Row> some = run(level, workers, canned.name(), ours);
          rows.addAll(some);
          ours = some.stream().filter(row -> row.who().equals(OURS)).findFirst().orElse(null);
        }
        return rows;
      } finally {
        workers.values().forEach(WorkerProcess::close);
      }
    }
  }

  private CannedServer startServer() throws IOException {
    return server.isEmpty()
        ? CannedServer.start()
        : CannedServer.start(CannedServer.Kind.valueOf(server.toUpperCase(Locale.ROOT)));
  }

  private List<Row> run(
      int level, Map<CallContender, WorkerProcess> workers, String server, Row oursBefore) {
    Map<CallContender, List<Sample>> samples = new EnumMap<>(CallContender.class);
    for (int round = 0; round < rounds; round++) {
      workers.forEach(
          (contender, worker) ->
              samples
                  .computeIfAbsent(contender, key -> new ArrayList<>())
                  .add(worker.run(level, 1_000L * seconds)));
    }
    Map<CallContender, Row> rows = new EnumMap<>(CallContender.class);
    samples.forEach(
        (contender, all) ->
            rows.put(
                contender,
                Row.of(
                    "call, " + level + " in flight, " + server,
                    contender.label(),
                    Sample.medians(all))));
    Row floor = rows.get(CallContender.FLOOR);
    rows.replaceAll((contender, row) -> row.against(floor));
    if (level == COMPARED_IN_FLIGHT) {
      rows.computeIfPresent(CallContender.FLEET, (fleet, row) -> heldToOurs(row, rows));
    }
    rows.computeIfPresent(CallContender.OURS, (ours, row) -> held(row, level, rows, oursBefore));
    return List.copyOf(rows.values());
  }

  /** Compares an instance of a fleet with a single call. */
  private static Row heldToOurs(Row fleet, Map<CallContender, Row> peers) {
    Row ours = peers.get(CallContender.OURS);
    return ours == null
        ? fleet
        : fleet
            .with(ratio("CPU of ours", Measure.CPU, fleet, ours))
            .with(ratio("bytes of ours", Measure.BYTES, fleet, ours));
  }

  private static Claim ratio(String name, Measure measure, Row fleet, Row ours) {
    return new Claim(
        name, fleet.figures().get(measure) / ours.figures().get(measure), FLEET_OF_CALLS, true);
  }

  /** Compares fleetstop with its targets. */
  private static Row held(Row ours, int level, Map<CallContender, Row> peers, Row oursBefore) {
    Row held = ours;
    if (level == COMPARED_IN_FLIGHT) {
      held =
          held.atMost(Measure.CPU, 1.25)
              .atMost(Measure.BYTES, 1.5)
              .atLeast(Measure.RATE, peers.get(CallContender.OFFICIAL), 4)
              .atLeast(Measure.RATE, peers.get(CallContender.AWS), 4);
    }
    if (oursBefore == null) {
      return held;
    }
    double before = oursBefore.figures().get(Measure.RATE);
    return held.with(
        new Claim(
            "per second of fewer in flight",
            ours.figures().get(Measure.RATE) / before,
            NOT_FALLING,
            false));
  }
}

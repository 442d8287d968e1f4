package io.fleetstop.benchmarks;

import io.fleetstop.benchmarks.Row.Claim;
import io.fleetstop.benchmarks.Row.Measure;
import io.fleetstop.benchmarks.call.CallBenchmark;
import io.fleetstop.benchmarks.startup.StartupBenchmark;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * All cost benchmarks in one run and one table: whole calls, their parts, fleets, and the start of
 * the command line. {@code --brief true} sees only that all of it runs.
 */
public final class AllBenchmarks {

  private static final String ALLOCATED = "gc.alloc.rate.norm";
  private static final String FLOOR = "floor";
  private static final String OURS = "ours";
  private static final String INSTANCES = "instances";

  private AllBenchmarks() {}

  /** Takes the options of {@link CallBenchmark} and {@link StartupBenchmark} too. */
  public static void main(String[] args) throws IOException, InterruptedException, RunnerException {
    Arguments arguments = Arguments.parse(args);
    CallBenchmark calls = new CallBenchmark(arguments);
    StartupBenchmark startup = new StartupBenchmark(arguments);
    String picture = arguments.text("picture", "");
    boolean brief = Boolean.parseBoolean(arguments.text("brief", "false"));
    arguments.requireAllUsed();
    List<Row> rows = new ArrayList<>(calls.run());
    if (!picture.isEmpty()) {
      Files.writeString(Path.of(picture), BarChart.of(rows), StandardCharsets.UTF_8);
    }
    rows.addAll(operations(brief));
    rows.addAll(startup.run());
    System.out.printf(
        "JVM %s, %d processors%n%n",
        System.getProperty("java.vm.version"), Runtime.getRuntime().availableProcessors());
    Row.print(rows);
  }

  private static List<Row> operations(boolean brief) throws RunnerException, IOException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("io\\.fleetstop\\.")
            .addProfiler(GCProfiler.class)
            .shouldFailOnError(true)
            .output(Files.createTempFile("fleetstop-jmh", ".txt").toString());
    if (brief) {
      options
          .forks(1)
          .warmupIterations(0)
          .measurementIterations(1)
          .measurementTime(TimeValue.milliseconds(50))
          .param("total", "1000")
          .param(INSTANCES, "100", "1000");
    }
    return rows(new Runner(options.build()).run());
  }

  private static List<Row> rows(Collection<RunResult> results) {
    Map<String, List<Row>> byWhat = new LinkedHashMap<>();
    for (RunResult result : results) {
      Row row = row(result);
      byWhat.computeIfAbsent(row.what(), what -> new ArrayList<>()).add(row);
    }
    Map<String, Double> fleets = new LinkedHashMap<>();
    List<Row> rows = new ArrayList<>();
    byWhat.forEach(
        (what, some) -> {
          Row floor = find(some, FLOOR);
          for (Row row : some) {
            Row compared = row.against(floor);
            rows.add(row.who().equals(OURS) ? held(compared, fleets) : compared);
          }
        });
    return rows;
  }

  private static Row find(List<Row> rows, String who) {
    return rows.stream().filter(row -> row.who().equals(who)).findFirst().orElse(null);
  }

  private static Row row(RunResult result) {
    BenchmarkParams params = result.getParams();
    String[] name = params.getBenchmark().split("\\.");
    StringBuilder what = new StringBuilder(name[name.length - 2].replace("Benchmark", ""));
    for (String key : params.getParamsKeys()) {
      if (!key.equals("total")) {
        what.append(", ").append(key).append(' ').append(params.getParam(key));
      }
    }
    Map<Measure, Double> figures = new EnumMap<>(Measure.class);
    figures.put(Measure.TIME, result.getPrimaryResult().getScore());
    Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
    if (allocated != null) {
      figures.put(Measure.BYTES, allocated.getScore());
    }
    return Row.of(what.toString(), name[name.length - 1], figures);
  }

  private static Row held(Row ours, Map<String, Double> fleets) {
    double time = ours.figures().get(Measure.TIME);
    if (ours.what().startsWith("Signing")) {
      Row timed = ours.atMost(Measure.TIME, 2);
      Double bytes = ours.figures().get(Measure.BYTES);
      return bytes == null ? timed : timed.with(new Claim("KB", bytes / 1024, 1, true));
    }
    if (ours.what().startsWith("Fleet")) {
      Row timed = ours.atMost(Measure.TIME, 1.15);
      Double smaller = fleets.isEmpty() ? null : fleets.values().iterator().next();
      fleets.put(ours.what(), time);
      return smaller == null
          ? timed
          : timed.with(new Claim("time of the smaller fleet", time / smaller, 1.1, true));
    }
    return ours;
  }
}

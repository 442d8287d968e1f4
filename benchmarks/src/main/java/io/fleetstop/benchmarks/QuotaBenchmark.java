package io.fleetstop.benchmarks;

import io.fleetstop.benchmarks.ServerProcess.Fate;
import io.fleetstop.benchmarks.Trial.Target;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.DoubleSupplier;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * How well a fleet uses a quota: real calls over loopback against the simulator in another process,
 * with the official SDK for comparison. Prints a table in Markdown; the README says how to read it.
 */
public final class QuotaBenchmark {

  private static final int WARM_UP = 500;

  /** The time in which an unknown quota is found, in seconds. */
  private static final double COLD = 5;

  /** The settling time after a change of the quota, in seconds. */
  private static final double SETTLING = 5;

  private static final long SAMPLE_MILLIS = 100;

  private final Options options;
  private final ServerProcess server;
  private final PrintWriter series;
  private boolean broken;

  private QuotaBenchmark(Options options, ServerProcess server, PrintWriter series) {
    this.options = options;
    this.server = server;
    this.series = series;
  }

  /** Runs the selected trials; exits with 1 if fleetstop left an instance running. */
  public static void main(String[] args) throws IOException, InterruptedException {
    Options options;
    try {
      options = Options.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.err.println(Options.USAGE);
      System.exit(2);
      return;
    }
    boolean broken;
    try (ServerProcess server = ServerProcess.launch();
        PrintWriter series =
            options.series == null
                ? new PrintWriter(PrintWriter.nullWriter())
                : new PrintWriter(
                    Files.newBufferedWriter(options.series, StandardCharsets.UTF_8))) {
      QuotaBenchmark benchmark = new QuotaBenchmark(options, server, series);
      benchmark.run();
      broken = benchmark.broken;
    }
    // The official SDK leaves threads behind that keep a process alive.
    System.exit(broken ? 1 : 0);
  }

  private void run() throws InterruptedException {
    List<Trial> trials = Trial.all().stream().filter(options::includes).toList();
    for (Contender contender : trials.stream().map(Trial::contender).distinct().toList()) {
      URI endpoint = server.start(WARM_UP, "unlimited 0", 0);
      contender.warmUp(endpoint, Trial.ids(1, WARM_UP));
    }
    System.out.println(
        "| trial | fleet | unstopped | quota used | refused | first 5 s: used | refused | seconds | load"
            + " | target | outcome |");
    System.out.println("|---|---:|---:|---|---:|---:|---:|---:|---:|---|---|");
    series.println("trial,second,granted,refused,rate");
    for (Trial trial : trials) {
      run(trial);
    }
  }

  private void run(Trial trial) throws InterruptedException {
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    int size = trial.instances(options.seconds);
    List<String> ids = Trial.ids(1, size);
    List<String> others = Trial.ids(size + 1, size + trial.others(options.seconds));
    URI endpoint = server.start(size + others.size(), trial.quota(0), options.latencyMillis);
    ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
    Disposable.Swap other = Disposables.swap();
    AtomicReference<DoubleSupplier> gauge = new AtomicReference<>();
    List<Double> rates = new ArrayList<>();
    List<Long> changes = new ArrayList<>();
    try {
      for (int phase = 1; phase < trial.rates().size(); phase++) {
        String quota = trial.quota(phase);
        timer.schedule(
            () -> changes.add(server.changeQuota(quota)),
            options.seconds * 1_000L * phase / trial.rates().size(),
            TimeUnit.MILLISECONDS);
      }
      if (trial.shared()) {
        timer.schedule(
            () -> {
              changes.add(server.now());
              other.update(Contender.intrude(endpoint, others, trial.rates().get(0) / 2.0));
            },
            options.seconds * 500L,
            TimeUnit.MILLISECONDS);
      }
      timer.scheduleAtFixedRate(
          () -> rates.add(gauge.get() == null ? Double.NaN : gauge.get().getAsDouble()),
          0,
          SAMPLE_MILLIS,
          TimeUnit.MILLISECONDS);
      long reported = trial.contender().stop(endpoint, ids, trial.greatest(), gauge);
      other.dispose();
      timer.shutdownNow();
      timer.awaitTermination(1, TimeUnit.SECONDS);
      Figures figures = new Figures(ids, server.calls());
      report(trial, figures, reported, changes, load);
      record(trial, figures, rates);
    } finally {
      other.dispose();
      timer.shutdownNow();
    }
  }

  private void report(
      Trial trial, Figures figures, long reported, List<Long> changes, double load) {
    int size = trial.instances(options.seconds);
    List<Double> marks = new ArrayList<>(List.of(0.0));
    changes.forEach(change -> marks.add(figures.seconds(change)));
    marks.add(figures.seconds());
    List<Double> used = new ArrayList<>();
    String words;
    if (trial.isChanging()) {
      for (int phase = 0; phase < trial.rates().size() && phase + 1 < marks.size(); phase++) {
        double to = marks.get(phase + 1);
        double from = settled(marks.get(phase), to);
        used.add(figures.used(trial.rates().get(phase), from, to));
      }
      words = texts(used) + " at " + trial.rates();
    } else if (trial.shared() && marks.size() > 2) {
      double half = trial.rates().get(0) / 2.0;
      double from = settled(marks.get(1), marks.get(2));
      used.add(figures.ours(from, marks.get(2)) / half);
      used.add(figures.others(from, marks.get(2)) / half);
      words =
          texts(used)
              + " of its half (ours, the other's); "
              + text(figures.used(trial.rates().get(0)))
              + " together";
    } else {
      used.add(figures.used(trial.rates().get(0)));
      words = texts(used);
    }
    Target target = trial.target();
    double least = used.stream().mapToDouble(share -> share).min().orElseThrow();
    boolean met =
        figures.unstopped() == 0 && least >= target.used() && figures.refused() <= target.refused();
    boolean ours = trial.contender().isOwn();
    double cold = Math.min(COLD, figures.seconds());
    boolean correct = reported == size - figures.unstopped() && figures.failed() == 0;
    broken |= ours && (figures.unstopped() > 0 || !correct);
    System.out.printf(
        Locale.ROOT,
        "| %s | %d | %d%s | %s | %.2f%% | %.3f | %.2f%% | %.1f | %.1f | %s | %s |%n",
        trial.name(),
        size,
        figures.unstopped(),
        correct ? "" : " (reported " + (size - reported) + ")",
        words,
        100 * figures.refused(),
        figures.used(trial.rates().get(0), 0, cold),
        100 * figures.refused(0, cold),
        figures.seconds(),
        load,
        ours ? words(target) : "-",
        ours ? (met ? "met" : "**missed**") : "-");
  }

  /** The end of the settling time after a change: five seconds, at most half of the phase. */
  private static double settled(double from, double to) {
    return from + Math.min(SETTLING, (to - from) / 2);
  }

  private static String texts(List<Double> shares) {
    return String.join(", ", shares.stream().map(QuotaBenchmark::text).toList());
  }

  private static String text(double share) {
    return String.format(Locale.ROOT, "%.3f", share);
  }

  private static String words(Target target) {
    String used = String.format(Locale.ROOT, "used >= %.2f", target.used());
    return target.refused() == 1
        ? used
        : used + String.format(Locale.ROOT, ", refused <= %.1f%%", 100 * target.refused());
  }

  private void record(Trial trial, Figures figures, List<Double> rates) {
    int perSecond = (int) (1_000 / SAMPLE_MILLIS);
    for (int second = 0; second <= figures.seconds(); second++) {
      int sample = Math.min(second * perSecond, rates.size() - 1);
      series.printf(
          Locale.ROOT,
          "%s,%d,%d,%d,%.2f%n",
          trial.name(),
          second,
          figures.inSecond(second, Fate.GRANTED),
          figures.inSecond(second, Fate.REFUSED),
          sample < 0 ? Double.NaN : rates.get(sample));
    }
    series.flush();
  }

  private static final class Options {

    static final String USAGE =
        "usage: QuotaBenchmark [--seconds N] [--latency MILLIS] [--only NAME,...] [--series FILE]";

    int seconds = 60;
    int latencyMillis = 30;
    List<String> only = List.of();
    Path series;

    static Options parse(String[] args) {
      Options options = new Options();
      for (int i = 0; i < args.length; i += 2) {
        if (i + 1 == args.length) {
          throw new IllegalArgumentException(args[i] + " needs a value");
        }
        String value = args[i + 1];
        switch (args[i]) {
          case "--seconds" -> options.seconds = number(args[i], value, 2);
          case "--latency" -> options.latencyMillis = number(args[i], value, 0);
          case "--only" -> options.only = List.of(value.split(","));
          case "--series" -> options.series = Path.of(value);
          default -> throw new IllegalArgumentException("unknown option " + args[i]);
        }
      }
      if (Trial.all().stream().noneMatch(options::includes)) {
        throw new IllegalArgumentException(
            "--only must name some of these, or a part before or after the slash: "
                + Trial.all().stream().map(Trial::name).toList());
      }
      return options;
    }

    private static int number(String option, String value, int least) {
      try {
        int number = Integer.parseInt(value);
        if (number >= least) {
          return number;
        }
      } catch (NumberFormatException e) {
        // Reported below.
      }
      throw new IllegalArgumentException(option + " must be " + least + " at least, was " + value);
    }

    boolean includes(Trial trial) {
      return only.isEmpty()
          || only.contains(trial.name())
          || only.contains(trial.contender().label())
          || only.contains(trial.shape());
    }
  }
}

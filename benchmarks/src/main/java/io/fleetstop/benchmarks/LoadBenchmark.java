package io.fleetstop.benchmarks;

import io.fleetstop.benchmarks.LoadScenario.Result;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Many runs and single stops on one client, as in a busy application, against the simulator in
 * another process. Prints a table in Markdown; the README says how to read it.
 */
public final class LoadBenchmark {

  private LoadBenchmark() {}

  /** Runs the selected scenarios; exits with 1 if an instance has no outcome or a wrong one. */
  public static void main(String[] args) throws IOException {
    Arguments arguments = Arguments.parse(args);
    boolean brief = Boolean.parseBoolean(arguments.text("brief", "false"));
    List<String> only = arguments.list("only", String.join(",", LoadScenario.names()));
    arguments.requireAllUsed();
    System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "warn");
    boolean broken = false;
    CountedLines log = new CountedLines(System.err);
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
    System.out.printf(
        Locale.ROOT,
        "Heap of at most %d MB%s.%n%n",
        Runtime.getRuntime().maxMemory() >> 20,
        brief ? "; brief, so that no figure is meaningful" : "");
    System.out.println("| scenario | figure | target | outcome | lines logged |");
    System.out.println("|---|---:|---:|---|---:|");
    try (ServerProcess server = ServerProcess.launch()) {
      LoadScenario.warmUp(server);
      for (LoadScenario scenario : LoadScenario.all(brief)) {
        if (only.contains(scenario.name())) {
          long before = log.lines.get();
          Result result = scenario.run(server);
          broken |= !result.correct();
          System.out.printf(
              Locale.ROOT,
              "| %s | %s | %s | %s | %d |%n",
              scenario.name(),
              result.text(),
              scenario.target(),
              result.correct() ? (result.met() ? "met" : "**missed**") : "**WRONG**",
              log.lines.get() - before);
        }
      }
    }
    System.exit(broken ? 1 : 0);
  }

  /** Counts the lines that are logged. */
  private static final class CountedLines extends OutputStream {

    private final AtomicLong lines = new AtomicLong();
    private final PrintStream out;

    CountedLines(PrintStream out) {
      this.out = out;
    }

    @Override
    public void write(int b) {
      if (b == '\n') {
        lines.incrementAndGet();
      }
      out.write(b);
    }
  }
}

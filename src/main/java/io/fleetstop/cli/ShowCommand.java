package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.Converters.Candidates;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.options.RedisArguments;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.run.JournalView;
import io.fleetstop.cli.run.SharedFleet;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code fleetstop show}: shows the run of a journal. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = ShowCommand.DESCRIPTION,
    footer = {
      "",
      "Works while the run is active in another process, and for a run that was killed. An instance "
          + "that was called and has no outcome yet is UNCONFIRMED.",
      "",
      "Exit codes: 0 every instance in the journal is in the wanted state or was skipped; 1 some "
          + "failed, are unconfirmed, or have no outcome yet; 2 usage, or the journal cannot be "
          + "read; 130 stdout was closed.",
      "",
      "Examples:",
      "  fleetstop show night.jsonl",
      "  fleetstop show night.jsonl --output csv > night.csv",
      "  fleetstop show night.jsonl --report night.html",
      "  fleetstop show --redis redis://10.0.0.5 --run-id night-1"
    })
final class ShowCommand implements Callable<Integer> {

  static final String DESCRIPTION =
      "Shows the run of a journal, or one that machines share. Sends nothing, and changes nothing.";

  private final Terminal terminal;

  @Parameters(
      paramLabel = "JOURNAL",
      arity = "0..1",
      description = "The file of stop --journal or start --start-journal.")
  private @Nullable Path journal;

  @Mixin private RedisArguments redis = new RedisArguments();

  @Option(
      names = "--output",
      paramLabel = "FORM",
      converter = Converters.Format.class,
      completionCandidates = Candidates.Formats.class,
      description =
          "List the last outcome of each instance on stdout, as text, table, jsonl, csv or ids, "
              + "and print the summary on stderr. Default: the summary alone, on stdout.")
  private @Nullable OutputFormat form;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description =
          "Write the HTML report of the run to FILE.html. An earlier report is replaced; any other "
              + "existing file is refused. Default: none.")
  private @Nullable Path report;

  ShowCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (journal != null && redis.hasRunId()) {
      throw CommandFailure.usage(
          "a journal and --run-id exclude each other: the id is that of a run in Redis");
    }
    JournalView view = journal == null ? shared() : JournalView.read(journal);
    if (report != null) {
      // First, because a report that cannot be written is a mistake in the command.
      view.writeReport(report);
    }
    boolean taken = form == null || view.print(form, terminal.out());
    PrintStream summary = form == null ? terminal.out() : terminal.err();
    view.summary().forEach(line -> Progress.NONE.print(summary, line));
    return (taken ? view.exitCode() : ExitCode.INTERRUPTED).number();
  }

  private JournalView shared() {
    if (!redis.isGiven()) {
      throw CommandFailure.usage(
          "a run is missing: give the file of stop --journal, or --redis and --run-id");
    }
    String runId = redis.requireRunId();
    try (SharedFleet shared = SharedFleet.open(redis.requireUrl(terminal::env), runId)) {
      return JournalView.read(shared.fleet());
    }
  }
}

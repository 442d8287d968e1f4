package io.fleetstop.cli.options;

import io.fleetstop.cli.options.Converters.Candidates;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code fleetstop stop} prints and writes. {@code null} means not given. */
public final class OutputArguments {

  @Option(
      names = "--output",
      paramLabel = "FORM",
      converter = Converters.Format.class,
      completionCandidates = Candidates.Formats.class,
      description =
          "Format of stdout: text (one line per instance), table (aligned columns), jsonl (one "
              + "JSON object per instance), csv, or ids (one id per line, of the instances that "
              + "are stopped, accepted or passed the dry run). Default: text.")
  public OutputFormat format = OutputFormat.TEXT;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      description =
          "Write an HTML report to FILE.html when the run ends, however it ends. The page "
              + "loads nothing from the network. An earlier report is replaced; any other "
              + "existing file is refused. A report that cannot be written is reported on "
              + "stderr, and does not change the exit code. Default: none.")
  public @Nullable Path report;

  @Option(
      names = "--notify-command",
      paramLabel = "CMD",
      description =
          "Run CMD by sh when the command ends, also after an interrupt or if the fleet is refused, "
              + "with the summary as one line of JSON on its stdin, for at most 30 s. It gets the "
              + "environment without VOLC*, FLEETSTOP_* and the options of Java, prints to stderr, and "
              + "never changes the exit code. Default: none.")
  public @Nullable String notifyCommand;

  @Option(
      names = "--quiet",
      description =
          "Print no progress and no text lines; print a summary only if something is "
              + "wrong. Default: off.")
  public boolean quiet;

  @Option(
      names = "--progress-interval",
      paramLabel = "D",
      converter = Converters.Time.class,
      description =
          "Where stderr is not a terminal: the time between two progress lines. Default: 10s.")
  public Duration progressInterval = Duration.ofSeconds(10);

  @Option(
      names = "--interactive",
      description =
          "Read commands from the terminal during the run: pause, resume, rate N, "
              + "drain, help. Default: off, stdin is not read.")
  public boolean interactive;

  @Option(
      names = "--log-file",
      paramLabel = "FILE",
      description =
          "Write a debug log of fleetstop and its libraries to FILE, without secrets and readable "
              + "by its owner only. A full log (10 MB), and that of an earlier run, is renamed to "
              + "FILE.1, up to FILE.4. Any other existing file is refused. Default: none.")
  public @Nullable Path logFile;

  @Option(
      names = "--verbose",
      description =
          "Log each attempt to stderr with its instance, result, request id and what happens next, "
              + "and show no progress line. Default: off.")
  public boolean verbose;
}

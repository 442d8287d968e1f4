package io.fleetstop.cli.options;

import io.fleetstop.cli.options.Converters.Candidates;
import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The arguments of {@code fleetstop stop}. {@code null} means not given. */
public final class StopArguments {

  @Parameters(
      paramLabel = "ID",
      arity = "0..*",
      description =
          "Instances to stop, for example i-ycm0a1b2c3d4e5f6g7h8. A repeated id counts once.")
  public List<String> ids = new ArrayList<>();

  @ArgGroup(validate = false, order = 1, heading = "%nSelection:%n")
  public Which which = new Which();

  @ArgGroup(validate = false, order = 2, heading = "%nFilters (all must match):%n")
  public FilterArguments filters = new FilterArguments();

  @ArgGroup(validate = false, order = 3, heading = "%nExclusions:%n")
  public ExclusionArguments exempt = new ExclusionArguments();

  @ArgGroup(validate = false, order = 4, heading = "%nTarget:%n")
  public WhereArguments where = new WhereArguments();

  @ArgGroup(validate = false, order = 5, heading = "%nMode:%n")
  public How how = new How();

  @ArgGroup(validate = false, order = 6, heading = "%nRate:%n")
  public RateArguments rate = new RateArguments();

  @ArgGroup(validate = false, order = 7, heading = "%nRetries and timeouts of one stop call:%n")
  public RetryArguments retries = new RetryArguments();

  @ArgGroup(validate = false, order = 8, heading = "%nWaiting for STOPPED:%n")
  public Waiting waiting = new Waiting();

  @ArgGroup(validate = false, order = 9, heading = "%nSafety:%n")
  public Safety safety = new Safety();

  @ArgGroup(validate = false, order = 10, heading = "%nOutput:%n")
  public Output output = new Output();

  public static final class Which {

    @Option(
        names = "--ids-file",
        paramLabel = "FILE",
        description =
            "Read ids from FILE, one per line; # starts a comment, blank lines are ignored, "
                + "and - is stdin. Repeatable. Default: none.")
    private List<Path> paths = new ArrayList<>();

    /** Returns the files, including {@code -}. */
    public List<String> files() {
      return paths.stream().map(Path::toString).toList();
    }
  }

  public static final class How {

    @Option(
        names = "--force",
        description =
            "Power off instead of shutting down the guest system; unwritten data is lost. "
                + "Default: off.")
    public boolean force;

    @Option(
        names = "--stopped-mode",
        paramLabel = "MODE",
        converter = Converters.Mode.class,
        completionCandidates = Candidates.Modes.class,
        description =
            "KeepCharging: resources stay reserved and billed. StopCharging: vCPU, GPU and "
                + "memory are released, and the next start may fail for lack of capacity. "
                + "Default: KeepCharging.")
    public @Nullable StoppedMode stoppedMode;

    @Option(
        names = "--dry-run",
        description =
            "Only let the service validate each request, and stop nothing. The run ends if the "
                + "service answers a dry run as a real stop. Default: off.")
    public boolean dryRun;
  }

  public static final class RateArguments {

    @Option(
        names = "--rate",
        paramLabel = "N",
        converter = Converters.Rate.class,
        description =
            "Fixed rate: stop calls per second, evenly spaced. Default: adaptive, starting at "
                + "10/s and staying just below the quota of the service.")
    public @Nullable Double rate;

    @Option(
        names = "--max-rate",
        paramLabel = "N",
        converter = Converters.Rate.class,
        description =
            "Upper bound of the adaptive rate, in stop calls per second. Default: 100; 1000 "
                + "with --simulate.")
    public @Nullable Double maxRate;

    @Option(
        names = "--max-describe-rate",
        paramLabel = "N",
        converter = Converters.Rate.class,
        description =
            "Upper bound of the adaptive rate of DescribeInstances, in calls per second. Each "
                + "call describes up to 100 instances. Default: 50; 1000 with --simulate.")
    public @Nullable Double maxDescribeRate;

    @Option(
        names = "--burst",
        paramLabel = "N",
        converter = Converters.Count.class,
        description =
            "With --rate: stop calls that may be sent at once after an idle period. Keep it "
                + "well below what the service allows, because the network may deliver calls "
                + "early. Default: 1.")
    public @Nullable Integer burst;

    @Option(
        names = "--max-in-flight",
        paramLabel = "N",
        converter = Converters.Count.class,
        description =
            "Maximum number of concurrent stop calls. Default: 64; fewer with a low --rate or "
                + "--deadline, so that calls are not queued for long.")
    public @Nullable Integer maxInFlight;
  }

  public static final class RetryArguments {

    @Option(
        names = "--max-attempts",
        paramLabel = "N",
        converter = Converters.Count.class,
        description =
            "Maximum number of attempts per call, the first included; throttled and busy "
                + "attempts do not count, and nor do failed connections once a call has "
                + "succeeded. Default: 4.")
    public @Nullable Integer maxAttempts;

    @Option(
        names = "--retry-budget",
        paramLabel = "N",
        converter = Converters.Count.class,
        description =
            "Retries after failures that all calls of the run share; a success earns a part of "
                + "one. Default: 35, or --max-in-flight if that is more.")
    public @Nullable Integer retryBudget;

    @Option(
        names = "--attempt-timeout",
        paramLabel = "D",
        converter = Converters.Time.class,
        description =
            "Timeout of one attempt. D is a duration here and below, for example 500ms, "
                + "10s, 5m, 1h or PT1M30S. Default: 10s.")
    public @Nullable Duration attemptTimeout;

    @Option(
        names = "--deadline",
        paramLabel = "D",
        converter = Converters.Time.class,
        description =
            "Maximum duration of the stop call of one instance, including queueing, delays and "
                + "retries; also the maximum time that an instance may be busy with another "
                + "operation. Default: 2m.")
    public @Nullable Duration deadline;

    @Option(
        names = "--run-deadline",
        paramLabel = "D",
        converter = Converters.Time.class,
        description =
            "Maximum duration of the run, from its first call. After that no new calls are sent, "
                + "calls in flight complete, and instances that were not started have no outcome. "
                + "Default: unlimited.")
    public @Nullable Duration runDeadline;
  }

  public static final class Waiting {

    @Option(
        names = "--wait",
        description = "Wait until the service reports an instance as STOPPED. This is the default.")
    public boolean await;

    @Option(
        names = "--no-wait",
        description =
            "Report an instance as ACCEPTED when the service accepts the stop, without "
                + "waiting. Default: off.")
    public boolean noWait;

    @Option(
        names = "--wait-timeout",
        paramLabel = "D",
        converter = Converters.Time.class,
        description =
            "Maximum time that an instance may take to stop; after it, the outcome is "
                + "UNCONFIRMED. Default: 10m.")
    public @Nullable Duration waitTimeout;
  }

  public static final class Safety {

    @Option(
        names = "--yes",
        description =
            "Stop without confirmation. Required for more than one instance without a "
                + "terminal, unless --dry-run or --simulate is given. A fleet found by filters "
                + "also needs --max-instances. Default: ask.")
    public boolean yes;

    @Option(
        names = "--max-instances",
        paramLabel = "N",
        converter = Converters.Count.class,
        description =
            "Stop nothing if the fleet has more than N instances. These count: named "
                + "instances, found instances that are not skipped, and with --resume the finished "
                + "ones. Default: unlimited.")
    public @Nullable Integer maxInstances;

    @Option(
        names = "--allow-missing",
        description =
            "Continue if named instances do not exist; their outcome is FAILED. Default: list "
                + "them, and stop nothing.")
    public boolean allowMissing;

    @Option(
        names = "--allow-empty",
        description = "Exit with 0 if no instance matches the filters. Default: exit with 1.")
    public boolean allowEmpty;

    @Option(
        names = "--max-failures",
        paramLabel = "N|P%",
        converter = Converters.Failures.class,
        description =
            "End the run when more than N instances, or more than P per cent of the outcomes "
                + "(from the 20th on), are failed or unconfirmed; calls in flight finish. Default: "
                + "20%%.")
    public @Nullable FailureLimit maxFailures;

    @Option(
        names = "--wave",
        paramLabel = "N|P%,...",
        converter = Converters.WaveSizes.class,
        description =
            "Stop the fleet in waves of these sizes, in instances or per cent; the next wave "
                + "starts only if the previous one stayed within --max-failures. Sizes are "
                + "cumulative, for example 1%%,10%%,100%%; with --resume they refer to the "
                + "remaining instances. The run ends after the last size: without 100%%, the "
                + "remaining instances are not stopped. Default: one wave.")
    public @Nullable Waves waves;

    @Option(
        names = "--run-id",
        paramLabel = "ID",
        description =
            "Continue the run with this id: the service recognises its client tokens, and does "
                + "not repeat requests that it has processed. Default: a new id, which the run "
                + "prints.")
    public @Nullable String runId;

    @Option(
        names = "--journal",
        paramLabel = "FILE",
        description =
            "Record each intent before its call, and each outcome, in FILE. Without --resume, "
                + "FILE must not exist. Default: none.")
    public @Nullable Path journal;

    @Option(
        names = "--resume",
        description =
            "Resume the run in --journal: finished instances are skipped, in-flight ones "
                + "are described before any retry. Default: off.")
    public boolean resume;

    @Option(
        names = "--journal-only",
        paramLabel = "N",
        converter = Converters.CountOrNone.class,
        description =
            "With --resume: the number of unfinished instances in the journal that the command "
                + "line neither names nor finds. Required with --yes if there are any; another "
                + "number stops nothing. Default: ask.")
    public @Nullable Integer journalOnly;
  }

  public static final class Output {

    @Option(
        names = "--output",
        paramLabel = "FORM",
        converter = Converters.Format.class,
        completionCandidates = Candidates.Formats.class,
        description =
            "Format of stdout: text (one line per instance) or jsonl (one JSON object per "
                + "instance). Default: text.")
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
        names = "--quiet",
        description =
            "Print no progress and no text lines; print a summary only if something is "
                + "wrong. Default: off.")
    public boolean quiet;

    @Option(
        names = "--interactive",
        description =
            "Read commands from the terminal during the run: pause, resume, rate N, "
                + "drain, help. Default: off, stdin is not read.")
    public boolean interactive;

    @Option(
        names = "--verbose",
        description = "Log each failed attempt to stderr, and show no progress bar. Default: off.")
    public boolean verbose;
  }

  /** The instances to skip, even when named. {@code null} means not given. */
  public static final class ExclusionArguments {

    /** The default key of the tag that protects an instance. */
    static final String PROTECT_KEY = "fleetstop:protect";

    @Option(
        names = "--protect-tag",
        paramLabel = "K[=V]",
        converter = Converters.Tag.class,
        description =
            "Skip instances with this tag, even when named. Named instances are described "
                + "first, up to 100 per DescribeInstances call. Default: "
                + PROTECT_KEY
                + ", with any value; none with --simulate, whose instances do not have it.")
    public @Nullable TagMatch protectTag;

    @Option(
        names = "--no-protect-tag",
        description =
            "Stop instances regardless of their tags; named instances are not described first. "
                + "Default: off.")
    public boolean unprotected;

    @Option(
        names = "--exclude-file",
        paramLabel = "FILE",
        description =
            "Skip the instances in FILE, in the format of --ids-file; each id must start with i-. "
                + "Repeatable. Default: none.")
    private List<Path> paths = new ArrayList<>();

    /** Returns the files, including {@code -}. */
    public List<String> files() {
      return paths.stream().map(Path::toString).toList();
    }

    /** Returns the protecting tag, or {@code null} if there is none. */
    public @Nullable TagMatch tag(boolean simulated) {
      if (unprotected) {
        return null;
      }
      TagMatch standard = simulated ? null : new TagMatch(PROTECT_KEY, null);
      return protectTag != null ? protectTag : standard;
    }
  }
}

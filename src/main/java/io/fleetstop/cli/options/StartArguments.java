package io.fleetstop.cli.options;

import io.fleetstop.cli.options.StopArguments.SeveralTargets;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.Waves;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;

/** The arguments of {@code fleetstop start}. {@code null} means not given. */
public final class StartArguments {

  /** What a start journal is called beside the journal of the stop. */
  private static final String START_SUFFIX = ".start.jsonl";

  private static final String JSONL = ".jsonl";

  @ArgGroup(validate = false, order = 1, heading = "%nRun:%n")
  public Runs runs = new Runs();

  @ArgGroup(validate = false, order = 2, heading = "%nTarget:%n")
  public WhereArguments where = new WhereArguments();

  @ArgGroup(validate = false, order = 2, heading = "%nSeveral targets:%n")
  public SeveralTargets several = new SeveralTargets();

  @ArgGroup(validate = false, order = 3, heading = "%nRate:%n")
  public RateArguments rate = new RateArguments();

  @ArgGroup(
      validate = false,
      order = 4,
      heading = "%nRetries and timeouts of one call (--deadline bounds a lack of capacity, too):%n")
  public RetryArguments retries = new RetryArguments();

  @ArgGroup(validate = false, order = 5, heading = "%nWaiting for RUNNING:%n")
  public Waiting waiting = new Waiting();

  @ArgGroup(validate = false, order = 6, heading = "%nSafety:%n")
  public Safety safety = new Safety();

  @ArgGroup(validate = false, order = 7, heading = "%nOutput:%n")
  public OutputArguments output = new OutputArguments();

  /** The stop run and the start run. */
  public static final class Runs {

    @Option(
        names = "--journal",
        paramLabel = "FILE",
        description =
            "The journal of the stop run, finished or killed. The instances that it has stopped are "
                + "started, the last one first; those that were stopped before are not. Required.")
    public @Nullable Path journal;

    @Option(
        names = "--target",
        paramLabel = "ACCOUNT/REGION",
        description =
            "Of a stop run over several targets: start the instances of this one only. --region and "
                + "--profile must be those of the target. Default: start those of all targets, with "
                + "the --profile, --role-trn or --targets of the stop.")
    public @Nullable String target;

    @Option(
        names = "--include-changed",
        description =
            "Also start instances that were changed since the run stopped them: their state is not "
                + "STOPPED, or the service dates their last change more than 2m after the stop. "
                + "Default: list them as SKIPPED.")
    public boolean includeChanged;

    @Option(
        names = "--start-journal",
        paramLabel = "FILE",
        description =
            "Record this start run in FILE. Without --resume, FILE must not exist. Default: beside "
                + "--journal, night.start.jsonl for night.jsonl; the --target is part of its name. None "
                + "with --dry-run.")
    public @Nullable Path startJournal;

    @Option(
        names = "--resume",
        description =
            "Resume the start run of --start-journal: finished instances are skipped, in-flight ones "
                + "are described before any retry. Default: off.")
    public boolean resume;

    @Option(
        names = "--run-id",
        paramLabel = "ID",
        description = "The id of this start run. Default: a new id, which the run prints.")
    public @Nullable String runId;
  }

  /** How long to wait. */
  public static final class Waiting {

    @Option(
        names = "--no-wait",
        description =
            "Report an instance as ACCEPTED when the service accepts the start. Default: wait until "
                + "it is RUNNING.")
    public boolean noWait;

    @Option(
        names = "--wait-timeout",
        paramLabel = "D",
        converter = Converters.Time.class,
        description =
            "Maximum time that an instance may take to start; after it, the outcome is "
                + "UNCONFIRMED. Default: 10m.")
    public @Nullable Duration waitTimeout;
  }

  /** What bounds a start run. */
  public static final class Safety {

    @Option(
        names = "--yes",
        description =
            "Start without confirmation. Required for more than one instance without a terminal, "
                + "unless --dry-run or --plan is given. Default: ask.")
    public boolean yes;

    @Option(
        names = "--dry-run",
        description =
            "Only let the service validate each request, and start nothing. Default: off.")
    public boolean dryRun;

    @Option(
        names = "--plan",
        description =
            "Print what the question would show, and start nothing. With --output jsonl: one JSON "
                + "object. Writes no journal and no report. Default: off.")
    public boolean plan;

    @Option(
        names = "--max-instances",
        paramLabel = "N",
        converter = Converters.Count.class,
        description =
            "Start nothing if more than N instances would be started. Default: unlimited.")
    public @Nullable Integer maxInstances;

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
            "Start the instances in waves of these cumulative sizes, in instances or per cent, in the "
                + "reverse order of the stop; the next wave starts only if the previous one stayed "
                + "within --max-failures. The run ends after the last size. Default: one wave.")
    public @Nullable Waves waves;

    @Option(
        names = "--confirm-waves",
        description =
            "Ask on the terminal before each wave but the first; any answer but yes ends the run, "
                + "which can be resumed. Default: off.")
    public boolean confirmWaves;

    @Option(
        names = "--wave-pause",
        paramLabel = "D",
        converter = Converters.Time.class,
        description =
            "Wait this long between the end of a wave and the start of the next one, and before "
                + "the question of --confirm-waves. Default: no pause.")
    public @Nullable Duration wavePause;
  }

  /** Returns the journal of the stop run. */
  public Path stopJournal() {
    return Objects.requireNonNull(runs.journal, "validated");
  }

  /**
   * Returns the journal of the start run, or {@code null} if it has none: a plan, and a dry run
   * that names none, whose journal would be in the way of the start itself.
   */
  public @Nullable Path startJournal() {
    boolean unnamed = runs.startJournal == null;
    if (!runs.resume && (safety.plan || (safety.dryRun && unnamed))) {
      return null;
    }
    if (!unnamed) {
      return runs.startJournal;
    }
    String name = String.valueOf(stopJournal().getFileName());
    String stem = name.endsWith(JSONL) ? name.substring(0, name.length() - JSONL.length()) : name;
    String target = runs.target == null ? "" : "." + runs.target.replace('/', '.');
    return stopJournal().resolveSibling(stem + target + START_SUFFIX);
  }

  /** Returns the arguments that a start shares with a stop, for what reads those of a stop. */
  public StopArguments shared() {
    StopArguments shared = new StopArguments();
    shared.where = where;
    shared.several = several;
    shared.retries = retries;
    shared.output = output;
    shared.rate.rate = rate.rate;
    shared.rate.maxRate = rate.maxRate;
    shared.rate.maxDescribeRate = rate.maxDescribeRate;
    shared.rate.burst = rate.burst;
    shared.rate.maxInFlight = rate.maxInFlight;
    shared.how.plan = safety.plan;
    shared.how.dryRun = safety.dryRun;
    shared.waiting.noWait = waiting.noWait;
    shared.waiting.waitTimeout = waiting.waitTimeout;
    shared.safety.yes = safety.yes;
    shared.safety.maxFailures = safety.maxFailures;
    shared.safety.waves = safety.waves;
    shared.safety.confirmWaves = safety.confirmWaves;
    shared.safety.wavePause = safety.wavePause;
    shared.safety.journal = startJournal();
    shared.safety.resume = runs.resume;
    return shared;
  }
}

package io.fleetstop.cli.options;

import io.fleetstop.cli.options.Converters.Candidates;
import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.WaveOrder;
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

  @ArgGroup(validate = false, order = 5, heading = "%nSeveral targets:%n")
  public SeveralTargets several = new SeveralTargets();

  @ArgGroup(validate = false, order = 6, heading = "%nMode:%n")
  public How how = new How();

  @ArgGroup(validate = false, order = 7, heading = "%nRate:%n")
  public StopRateArguments rate = new StopRateArguments();

  @ArgGroup(validate = false, order = 8, heading = "%nRetries and timeouts of one stop call:%n")
  public RetryArguments retries = new RetryArguments();

  @ArgGroup(validate = false, order = 9, heading = "%nWaiting for STOPPED:%n")
  public Waiting waiting = new Waiting();

  @ArgGroup(validate = false, order = 10, heading = "%nSafety:%n")
  public Safety safety = new Safety();

  @ArgGroup(validate = false, order = 11, heading = "%nOutput:%n")
  public OutputArguments output = new OutputArguments();

  /** The options of a run over several accounts and regions. */
  public static final class SeveralTargets {

    @Option(
        names = "--targets",
        paramLabel = "FILE",
        description =
            "Read the accounts and their regions from FILE, a JSON array of objects with name, "
                + "regions, and profile, roleTrn or \"credentials\": \"default\". Default: those of "
                + "--profile, --role-trn and --region.")
    public @Nullable Path file;

    @Option(
        names = "--continue-on-target-error",
        description =
            "Continue with the other targets if one cannot be read or ends with an error. Default: "
                + "call nothing if one cannot be read, and end the run if one fails.")
    public boolean continued;

    @Option(
        names = "--max-failures-per-target",
        paramLabel = "N|P%",
        converter = Converters.Failures.class,
        description =
            "End a target, and not the others, when more than N of its instances, or more than P "
                + "per cent of its outcomes (from the 20th on), are failed or unconfirmed. "
                + "Default: none; --max-failures counts all targets.")
    public @Nullable FailureLimit maxFailures;

    @Option(
        names = "--wave-by",
        paramLabel = "ORDER",
        converter = WaveBy.class,
        completionCandidates = WaveBy.Words.class,
        description =
            "share: each wave has its share of every target. target: one target after another, "
                + "each to its end, in the waves of --wave or in one. Default: share.")
    public WaveOrder waveBy = WaveOrder.PROPORTIONAL;
  }

  public static final class Which {

    @Option(
        names = "--ids-file",
        paramLabel = "FILE",
        description =
            "Read ids from FILE: one per line (# starts a comment), CSV with a header that names "
                + "InstanceId, or JSON of ve ecs DescribeInstances or list --output jsonl; - is "
                + "stdin. Repeatable. Default: none.")
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

    @Option(
        names = "--plan",
        description =
            "Print what the question would show, and stop nothing: account, target, mode, and the "
                + "instances by status, zone and project. With --output jsonl: one JSON object. "
                + "Writes no journal and no report. Default: off.")
    public boolean plan;
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
        names = "--min-instances",
        paramLabel = "N",
        converter = Converters.Count.class,
        description =
            "Stop nothing if the fleet has fewer than N instances, counted as for --max-instances "
                + "but without missing ones. Default: 1 for filters, unless --allow-empty is given.")
    public @Nullable Integer minInstances;

    @Option(
        names = "--allow-missing",
        description =
            "Continue if named instances do not exist: they are not called, and their outcome is "
                + "FAILED. Default: list them, and stop nothing.")
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

    @Option(
        names = "--run-id",
        paramLabel = "ID",
        description =
            "Continue the run with this id: the service recognises its client tokens, and does "
                + "not repeat requests that it has processed. With --redis: the run that several "
                + "machines share; the first one loads its instances, and later ones need only "
                + "--redis and --run-id. Default: a new id, which the run prints.")
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
                + "line neither names nor finds. Required with --yes if one of them can still be "
                + "stopped; another number stops nothing. Default: ask.")
    public @Nullable Integer journalOnly;
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
            "Skip instances with this tag, even when named; the case of key and value does not "
                + "matter. Named instances are described first, up to 100 per DescribeInstances "
                + "call. Default: "
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
        names = "--only-running",
        description =
            "Skip instances whose status is not RUNNING. Named instances are described first. "
                + "Default: off, stopped ones are ALREADY_STOPPED and others are waited for.")
    public boolean onlyRunning;

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

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

/** What can be said to {@code fleetstop stop}. {@code null} stands for not said. */
public final class StopArguments {

  @Parameters(
      paramLabel = "ID",
      arity = "0..*",
      description = "Instances to stop, as i-ycm0a1b2c3d4e5f6g7h8. An id given twice counts once.")
  public List<String> ids = new ArrayList<>();

  @ArgGroup(validate = false, order = 1, heading = "%nWhich instances:%n")
  public Which which = new Which();

  @ArgGroup(validate = false, order = 2, heading = "%nOr those that pass all of these filters:%n")
  public FilterArguments filters = new FilterArguments();

  @ArgGroup(validate = false, order = 3, heading = "%nBut not:%n")
  public ExclusionArguments exempt = new ExclusionArguments();

  @ArgGroup(validate = false, order = 4, heading = "%nWhere:%n")
  public WhereArguments where = new WhereArguments();

  @ArgGroup(validate = false, order = 5, heading = "%nHow:%n")
  public How how = new How();

  @ArgGroup(validate = false, order = 6, heading = "%nPace:%n")
  public RateArguments rate = new RateArguments();

  @ArgGroup(validate = false, order = 7, heading = "%nPatience with one stop call:%n")
  public RetryArguments patience = new RetryArguments();

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
            "Read ids from FILE, one a line. # starts a comment, blank lines are ignored, - is"
                + " stdin. May be repeated. Default: none.")
    private List<Path> paths = new ArrayList<>();

    /** The files, {@code -} among them. */
    public List<String> files() {
      return paths.stream().map(Path::toString).toList();
    }
  }

  public static final class How {

    @Option(
        names = "--force",
        description =
            "Cut the power instead of asking the guest; unwritten data is lost. Default: off.")
    public boolean force;

    @Option(
        names = "--stopped-mode",
        paramLabel = "MODE",
        converter = Converters.Mode.class,
        completionCandidates = Candidates.Modes.class,
        description =
            "KeepCharging: resources stay yours and billed. StopCharging: vCPU, GPU and memory are"
                + " released, and the next start may fail for lack of stock. Default:"
                + " KeepCharging.")
    public @Nullable StoppedMode stoppedMode;

    @Option(
        names = "--dry-run",
        description =
            "Let the service check each request; stop nothing. The first answer as if it were no dry"
                + " run ends it. Default: off.")
    public boolean dryRun;
  }

  public static final class RateArguments {

    @Option(
        names = "--rate",
        paramLabel = "N",
        converter = Converters.Rate.class,
        description =
            "Stop calls per second, evenly spaced. Default: found as the run goes, from 10 a second"
                + " on, just below what the service grants.")
    public @Nullable Double rate;

    @Option(
        names = "--max-rate",
        paramLabel = "N",
        converter = Converters.Rate.class,
        description =
            "Without --rate: stop calls per second at most, whatever the service grants. Default:"
                + " 100; 1000 with --simulate.")
    public @Nullable Double maxRate;

    @Option(
        names = "--burst",
        paramLabel = "N",
        converter = Converters.Count.class,
        description =
            "With --rate: stop calls that may go at once after a pause. Keep it well below what the"
                + " service allows, or calls that the network delivers early are refused. Default:"
                + " 1.")
    public @Nullable Integer burst;

    @Option(
        names = "--max-in-flight",
        paramLabel = "N",
        converter = Converters.Count.class,
        description =
            "Stop calls that may be made at once. Default: 64; fewer if they would wait long for"
                + " their turn, with a --rate or --deadline that is low.")
    public @Nullable Integer maxInFlight;
  }

  public static final class RetryArguments {

    @Option(
        names = "--max-attempts",
        paramLabel = "N",
        converter = Converters.Count.class,
        description =
            "How often a call that fails is tried, the first try included; throttled and busy tries"
                + " do not count. Default: 4.")
    public @Nullable Integer maxAttempts;

    @Option(
        names = "--attempt-timeout",
        paramLabel = "D",
        converter = Converters.Time.class,
        description =
            "How long one try may take. D is a time here and below, as 500ms, 10s, 5m, 1h or"
                + " PT1M30S. Default: 10s.")
    public @Nullable Duration attemptTimeout;

    @Option(
        names = "--deadline",
        paramLabel = "D",
        converter = Converters.Time.class,
        description =
            "How long one instance's stop call may take, pace, waits and retries included; and how"
                + " long an instance may be busy with another operation. Default: 2m.")
    public @Nullable Duration deadline;
  }

  public static final class Waiting {

    @Option(
        names = "--wait",
        description =
            "An instance is done when the service shows it as STOPPED. This is the default.")
    public boolean await;

    @Option(
        names = "--no-wait",
        description = "An instance is done when the service has accepted the stop. Default: off.")
    public boolean noWait;

    @Option(
        names = "--wait-timeout",
        paramLabel = "D",
        converter = Converters.Time.class,
        description =
            "How long an instance may take to stop; past it, it counts as UNCONFIRMED."
                + " Default: 10m.")
    public @Nullable Duration waitTimeout;
  }

  public static final class Safety {

    @Option(
        names = "--yes",
        description =
            "Do not ask. More than one instance needs this, or a yes on the terminal, unless"
                + " --dry-run or --simulate is given; so does a fleet found by filters, which needs"
                + " --max-instances beside it. Default: ask.")
    public boolean yes;

    @Option(
        names = "--max-instances",
        paramLabel = "N",
        converter = Converters.Count.class,
        description =
            "Stop nothing if the fleet is larger: what is named, or found and not left alone, and with"
                + " --resume what the run is done with. Default: any number.")
    public @Nullable Integer maxInstances;

    @Option(
        names = "--max-failures",
        paramLabel = "N|P%",
        converter = Converters.Failures.class,
        description =
            "Start no more calls once more than N instances, or P per cent of those answered (from"
                + " the 20th on), are failed or unconfirmed. Default: 20%%.")
    public @Nullable FailureLimit maxFailures;

    @Option(
        names = "--wave",
        paramLabel = "N|P%,...",
        converter = Converters.WaveSizes.class,
        description =
            "Stop so many instances, or per cent of them, first, and go on to the next wave only if"
                + " --max-failures bears what came of the last one, however few they were. Sizes"
                + " are cumulative, as 1%%,10%%,100%%; with --resume they are of what is left."
                + " Default: all at once.")
    public @Nullable Waves waves;

    @Option(
        names = "--run-id",
        paramLabel = "ID",
        description =
            "Continue the run of that id: the service recognises what it has done already."
                + " Default: a new one, shown at the end.")
    public @Nullable String runId;

    @Option(
        names = "--journal",
        paramLabel = "FILE",
        description =
            "Keep a journal of the run in FILE, which must not exist: each instance is in it before"
                + " it is called, and its outcome after. Default: none.")
    public @Nullable Path journal;

    @Option(
        names = "--resume",
        description =
            "Go on with the run of --journal, however it ended: what is done is left alone, what"
                + " was being called is looked at first. Default: off.")
    public boolean resume;
  }

  public static final class Output {

    @Option(
        names = "--output",
        paramLabel = "FORM",
        converter = Converters.Format.class,
        completionCandidates = Candidates.Formats.class,
        description =
            "What stdout gets: text, a line for each instance, or jsonl, a JSON object for each."
                + " Default: text.")
    public OutputFormat format = OutputFormat.TEXT;

    @Option(
        names = "--report",
        paramLabel = "FILE.html",
        description =
            "Write what became of the run to FILE.html when it ends, however it ends: a page for"
                + " any browser, which needs no network. A report that is there is replaced, any"
                + " other file is not. If it cannot be written in the end, that is said, and the"
                + " exit code stays that of the instances. Default: none.")
    public @Nullable Path report;

    @Option(
        names = "--quiet",
        description =
            "No progress and no text lines; a summary only if something is wrong. Default: off.")
    public boolean quiet;

    @Option(
        names = "--verbose",
        description = "Log each try that fails to stderr, instead of a bar. Default: off.")
    public boolean verbose;
  }

  /** What is left alone whoever names it. {@code null} stands for not said. */
  public static final class ExclusionArguments {

    /** The key of the tag that protects an instance unless another is said. */
    static final String PROTECT_KEY = "fleetstop:protect";

    @Option(
        names = "--protect-tag",
        paramLabel = "K[=V]",
        converter = Converters.Tag.class,
        description =
            "Leave instances with this tag alone, named ones too: they are looked at first, a hundred"
                + " with each DescribeInstances call, 4 calls a second. Default: "
                + PROTECT_KEY
                + ", whatever its value; none with --simulate, whose instances do not have it.")
    public @Nullable TagMatch protectTag;

    @Option(
        names = "--no-protect-tag",
        description =
            "Stop instances whatever their tags; named ones are not looked at. Default: off.")
    public boolean isUnprotected;

    @Option(
        names = "--exclude-file",
        paramLabel = "FILE",
        description =
            "Leave the instances in FILE alone, a file as for --ids-file. May be repeated. Default:"
                + " none.")
    private List<Path> paths = new ArrayList<>();

    /** The files, {@code -} among them. */
    public List<String> files() {
      return paths.stream().map(Path::toString).toList();
    }

    /** The tag that counts, or {@code null} if none does. */
    public @Nullable TagMatch tag(boolean isSimulated) {
      if (isUnprotected) {
        return null;
      }
      TagMatch standard = isSimulated ? null : new TagMatch(PROTECT_KEY, null);
      return protectTag != null ? protectTag : standard;
    }
  }
}

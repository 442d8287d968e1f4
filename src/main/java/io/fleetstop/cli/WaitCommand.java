package io.fleetstop.cli;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.Converters.Candidates;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.RunLimits;
import io.fleetstop.cli.select.IdFile.InstanceIds;
import io.fleetstop.cli.select.InstanceDiscovery;
import io.fleetstop.cli.select.InstanceDiscovery.Described;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.node.JsonNodeFactory;

/** {@code fleetstop wait}: waits until instances are in a status. */
@Command(
    name = "wait",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = WaitCommand.DESCRIPTION,
    footer = {
      "",
      "Prints each instance when it is in the status, and at the end those that are not, with the "
          + "reason. Waiting for an instance ends early if it is in ERROR or DELETING, or does "
          + "not exist.",
      "",
      "Exit codes: 0 every instance is in the status; 1 some are not; 2 usage, nothing sent; "
          + "4 credentials or configuration; 130 stdout was closed.",
      "",
      "Examples:",
      "  fleetstop wait --until STOPPED i-ycm0a1b2c3d4e5f6g7h8",
      "  fleetstop stop --ids-file night.txt --yes --no-wait --output ids > accepted.txt",
      "  fleetstop wait --until STOPPED --ids-file accepted.txt --timeout 30m"
    })
final class WaitCommand implements Callable<Integer> {

  static final String DESCRIPTION =
      "Waits until every instance is in a status. Stops and starts nothing.";

  /** What an instance's status says about the wait. */
  enum Progress {
    REACHED,
    PENDING,
    HOPELESS
  }

  private static final String MISSING = "does not exist; check the id and the region";

  private final Terminal terminal;

  @Parameters(paramLabel = "ID", arity = "0..*", description = "Instances to wait for.")
  private List<String> ids = new ArrayList<>();

  @Option(
      names = "--ids-file",
      paramLabel = "FILE",
      description =
          "Wait for the instances in FILE, in any format of stop --ids-file. Default: none.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--until",
      paramLabel = "S",
      converter = Until.class,
      completionCandidates = UntilCandidates.class,
      description = "The status to wait for: STOPPED or RUNNING. Default: STOPPED.")
  private State until = State.STOPPED;

  @Option(
      names = "--timeout",
      paramLabel = "D",
      converter = Converters.Time.class,
      description = "The maximum time to wait, for example 90s, 10m or 1h30m. Default: 10m.")
  private Duration timeout = Duration.ofMinutes(10);

  @Option(
      names = "--interval",
      paramLabel = "D",
      converter = Converters.Time.class,
      description = "The time between two polls of the same instances. Default: 2s.")
  private Duration interval = Duration.ofSeconds(2);

  @Option(
      names = "--output",
      paramLabel = "FORM",
      converter = Converters.TextOrJsonl.class,
      completionCandidates = Candidates.TextAndJsonl.class,
      description =
          "Format of stdout: text or jsonl (one JSON object per instance). Default: text.")
  private OutputFormat form = OutputFormat.TEXT;

  @ArgGroup(validate = false, heading = "%nTarget:%n")
  private WhereArguments where = new WhereArguments();

  WaitCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  /** A status that an instance keeps. */
  static final class Until extends Converters.Word<State> {
    Until() {
      super(List.of(State.STOPPED, State.RUNNING), State::name);
    }
  }

  /** The statuses to wait for. */
  static final class UntilCandidates extends ArrayList<String> {
    private static final long serialVersionUID = 1L;

    UntilCandidates() {
      super(List.of(State.STOPPED.name(), State.RUNNING.name()));
    }
  }

  @Override
  public Integer call() {
    where.rejectConflicts();
    where.requireOne();
    Set<InstanceId> named =
        InstanceIds.read(ids, files.stream().map(Path::toString).toList(), terminal.in());
    if (ids.isEmpty() && files.isEmpty()) {
      throw CommandFailure.usage("no instances are given: give ids or --ids-file FILE");
    }
    if (named.isEmpty()) {
      throw InstanceIds.empty(files);
    }
    if (where.isSimulated() && until != State.RUNNING) {
      throw CommandFailure.usage(
          "--simulate has instances that stay RUNNING, so that none will be "
              + until
              + "; keep a simulator with fleetstop simulate, and name it by --endpoint");
    }
    try (ServiceTarget target = ServiceTarget.find(where, terminal)) {
      EcsClient client =
          target.connect(
              EcsClient.builder().rateLimiters(RunLimits.describeLimiters(where.isSimulated())));
      return await(InstanceDiscovery.of(client), new LinkedHashSet<>(named)).number();
    } catch (EcsException e) {
      throw CommandFailure.unanswered(
          "the instances cannot be described", e, "run the command again to continue waiting");
    }
  }

  private ExitCode await(InstanceDiscovery discovery, Set<InstanceId> pending) {
    long start = now();
    Polls polls = new Polls(pending);
    Duration delay = Duration.ZERO;
    while (!pending.isEmpty()) {
      List<Described> polled =
          Objects.requireNonNull(
              discovery
                  .describeAll(List.copyOf(pending))
                  .delaySubscription(delay)
                  .collectList()
                  .block());
      polled.forEach(polls::take);
      if (terminal.out().checkError()) {
        return ExitCode.INTERRUPTED;
      }
      Duration left = timeout.minus(Duration.ofNanos(now() - start));
      if (left.isNegative() || left.isZero()) {
        polls.giveUp();
      }
      delay = left.compareTo(interval) < 0 ? left : interval;
    }
    terminal
        .err()
        .print(
            TerminalText.count(polls.reached)
                + " of "
                + TerminalText.count(polls.all)
                + (polls.all == 1 ? " instance is " : " instances are ")
                + until
                + " after "
                + TerminalText.time(Duration.ofNanos(now() - start))
                + "\n");
    return polls.reached == polls.all ? ExitCode.SUCCESS : ExitCode.INSTANCES_FAILED;
  }

  private static long now() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }

  /** Decides whether an instance in {@code state} is, or can come to be, in {@code until}. */
  static Progress progress(State state, State until) {
    if (state == until) {
      return Progress.REACHED;
    }
    return state == State.ERROR || state == State.DELETING ? Progress.HOPELESS : Progress.PENDING;
  }

  /** The instances that are waited for, and what the polls have shown. */
  private final class Polls {

    private final Set<InstanceId> pending;
    private final Set<InstanceId> missed = new LinkedHashSet<>();
    private final int all;
    private int reached;

    Polls(Set<InstanceId> pending) {
      this.pending = pending;
      this.all = pending.size();
    }

    void take(Described described) {
      Instance known = described.known();
      if (known == null) {
        // A list may lag behind: an instance is missing when two polls in a row do not show it.
        if (!missed.add(described.id())) {
          end(described.id(), "", MISSING);
        }
        return;
      }
      missed.remove(described.id());
      switch (progress(known.state(), until)) {
        case REACHED -> {
          reached++;
          end(described.id(), known.status(), null);
        }
        case HOPELESS ->
            end(described.id(), known.status(), "will not be " + until + " without help");
        case PENDING -> {
          // Polled again.
        }
      }
    }

    void giveUp() {
      String late = "not " + until + " within " + TerminalText.time(timeout);
      List.copyOf(pending).forEach(id -> end(id, "", missed.contains(id) ? MISSING : late));
    }

    private void end(InstanceId id, String status, @Nullable String reason) {
      pending.remove(id);
      String text =
          form == OutputFormat.JSONL
              ? TerminalText.line(
                  JsonNodeFactory.instance
                      .objectNode()
                      .put("instanceId", id.value())
                      .put("status", status.isEmpty() ? null : status)
                      .put("reached", reason == null)
                      .put("message", reason))
              : TerminalText.escape(
                  id.value()
                      + "  "
                      + (status.isEmpty() ? "NOT " + until : status)
                      + (reason == null ? "" : "  " + reason));
      terminal.out().print(text + "\n");
      terminal.out().flush();
    }
  }
}

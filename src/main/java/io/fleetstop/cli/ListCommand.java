package io.fleetstop.cli;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.Converters.Candidates;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.FilterArguments;
import io.fleetstop.cli.options.FilterArguments.TagMatch;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.RunLimits;
import io.fleetstop.cli.select.IdFile;
import io.fleetstop.cli.select.IdFile.InstanceIds;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import reactor.core.scheduler.Schedulers;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code fleetstop list}: lists instances, page by page. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = "Lists all instances, or those that match every filter. Stops nothing.",
    footer = {
      "",
      "Each page is printed when it arrives. An incomplete list is reported on stderr and "
          + "by the exit code; with --output ids, the last line is one that stop --ids-file "
          + "rejects.",
      "",
      "Exit codes: 0 the list is complete; 1 it is not; 2 usage, nothing sent; 4 "
          + "credentials or configuration; 130 interrupted, or stdout was closed.",
      "",
      "Examples:",
      "  fleetstop list --region cn-beijing --status RUNNING --tag env=dev",
      "  fleetstop list --simulate 100 --output jsonl",
      "  fleetstop list --zone cn-beijing-a --output ids | fleetstop stop --ids-file - --yes"
    })
final class ListCommand implements Callable<Integer> {

  static final class Output {

    @Option(
        names = "--output",
        paramLabel = "FORM",
        converter = Converters.Listed.class,
        completionCandidates = Candidates.ListFormats.class,
        description =
            "Format of stdout: text (a table), jsonl (one JSON object per instance), or ids "
                + "(one id per line). Default: text.")
    OutputFormat form = OutputFormat.TEXT;
  }

  private final Terminal terminal;

  @ArgGroup(validate = false, order = 1, heading = "%nWhich instances:%n")
  private FilterArguments filters = new FilterArguments();

  @ArgGroup(validate = false, order = 2, heading = "%nWhere:%n")
  private WhereArguments where = new WhereArguments();

  @ArgGroup(validate = false, order = 3, heading = "%nOutput:%n")
  private Output output = new Output();

  ListCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    where.rejectConflicts();
    DescribeInstances request = filters.request();
    try (ServiceTarget target = ServiceTarget.find(where, terminal)) {
      EcsClient client =
          target.connect(
              EcsClient.builder().rateLimiters(RunLimits.describeLimiters(where.isSimulated())));
      return print(client, request, target.region()).number();
    }
  }

  private ExitCode print(EcsClient client, DescribeInstances request, String region) {
    AtomicLong listed = new AtomicLong();
    AtomicBoolean isUnread = new AtomicBoolean();
    if (output.form == OutputFormat.TEXT) {
      print(InstanceLine.header());
    }
    try {
      client
          .describeInstances(request)
          // On a thread that may block on stdout; the next page is requested after the previous one
          // was printed.
          .publishOn(Schedulers.boundedElastic(), DescribeInstances.MAX_PAGE)
          .doOnNext(
              instance -> {
                isUnread.set(!print(line(instance)));
                listed.incrementAndGet();
              })
          .takeUntil(instance -> isUnread.get())
          .then()
          .block();
    } catch (EcsException e) {
      throw incomplete(
          CommandFailure.unanswered("the list is not complete", e, wereListed(listed.get())));
    } catch (CommandFailure e) {
      throw incomplete(e);
    }
    if (isUnread.get()) {
      return ExitCode.INTERRUPTED;
    }
    conclude(listed.get(), region);
    return ExitCode.SUCCESS;
  }

  private String line(Instance instance) {
    return switch (output.form) {
      case TEXT -> InstanceLine.text(instance);
      case JSONL -> TerminalText.line(InstanceLine.json(instance));
      case IDS -> InstanceIds.listed(instance).value();
    };
  }

  /** Prints a line; returns whether stdout is still open. */
  private boolean print(String line) {
    PrintStream out = terminal.out();
    out.print(line + "\n");
    return !out.checkError();
  }

  // The reader of a pipe sees only its end, not the exit code of the writer.
  private CommandFailure incomplete(CommandFailure failure) {
    if (output.form == OutputFormat.IDS) {
      print(IdFile.INCOMPLETE);
    }
    return failure;
  }

  private static String wereListed(long listed) {
    return (listed == 1 ? "1 instance was" : TerminalText.count(listed) + " instances were")
        + " listed";
  }

  private void conclude(long listed, String region) {
    PrintStream err = terminal.err();
    err.print(
        (listed == 1 ? "1 instance" : TerminalText.count(listed) + " instances")
            + " in "
            + TerminalText.escape(region)
            + "\n");
    String warning = filters.truncationWarning(listed);
    if (warning != null) {
      err.print(warning + "\n");
    }
  }

  /** Formats an instance as a line. */
  static final class InstanceLine {

    private InstanceLine() {}

    /** Returns the header line. */
    static String header() {
      return row("INSTANCE", "STATUS", "ZONE", "PROJECT", "NAME", "TAGS");
    }

    /** Returns the text line. */
    static String text(Instance instance) {
      String tags =
          instance.tags().stream()
              .map(tag -> new TagMatch(tag.key(), tag.value()).toString())
              .collect(Collectors.joining(", "));
      return row(
          instance.instanceId(),
          shown(instance.status()),
          shown(instance.zoneId()),
          shown(instance.projectName()),
          shown(instance.instanceName()),
          shown(tags));
    }

    private static String shown(@Nullable String text) {
      return text == null || text.isBlank() ? "-" : text;
    }

    private static String row(Object... columns) {
      // Lines are printed before later pages are known, so column widths are fixed.
      String row = String.format("%-22s  %-10s  %-15s  %-12s  %-20s  %s", columns);
      return TerminalText.escape(row).stripTrailing();
    }

    /** Returns the JSON object with all fields. */
    static ObjectNode json(Instance instance) {
      ObjectNode object =
          JsonNodeFactory.instance
              .objectNode()
              .put("instanceId", instance.instanceId())
              .put("instanceName", instance.instanceName())
              .put("status", instance.status())
              .put("stoppedMode", instance.stoppedMode())
              .put("instanceTypeId", instance.instanceTypeId())
              .put("instanceChargeType", instance.instanceChargeType())
              .put("zoneId", instance.zoneId())
              .put("vpcId", instance.vpcId())
              .put("projectName", instance.projectName())
              .put("createdAt", instance.createdAt());
      ObjectNode tags = object.putObject("tags");
      instance.tags().forEach(tag -> tags.put(tag.key(), tag.value()));
      return object;
    }
  }
}

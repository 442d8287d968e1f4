package io.fleetstop.cli;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.Converters.Candidates;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.FilterArguments;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.cli.output.CsvRow;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.RunLimits;
import io.fleetstop.cli.select.IdFile;
import io.fleetstop.cli.select.IdFile.InstanceIds;
import io.fleetstop.cli.select.InstanceDiscovery;
import io.fleetstop.cli.select.JsonIds;
import io.fleetstop.cli.select.ServiceTarget;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import reactor.core.publisher.Flux;
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
    description = ListCommand.DESCRIPTION,
    footer = {
      "",
      "Each page is printed when it arrives. An incomplete list is reported on stderr and "
          + "by the exit code; with --output ids, csv or jsonl, the last line is one that stop "
          + "--ids-file rejects.",
      "",
      "Exit codes: 0 the list is complete; 1 it is not, or a given id does not exist; 2 usage, "
          + "nothing sent; 4 credentials or configuration; 130 interrupted, or stdout was closed.",
      "",
      "Examples:",
      "  fleetstop list --region cn-beijing --status RUNNING --tag env=dev",
      "  fleetstop list --simulate 100 --output jsonl",
      "  fleetstop list --ids-file night.csv --output table",
      "  fleetstop list --zone cn-beijing-a --output ids | fleetstop stop --ids-file - --yes"
    })
final class ListCommand implements Callable<Integer> {

  static final String DESCRIPTION =
      "Lists all instances, or those that match every filter. Stops nothing.";

  static final class Output {

    @Option(
        names = "--output",
        paramLabel = "FORM",
        converter = Converters.Format.class,
        completionCandidates = Candidates.Formats.class,
        description =
            "Format of stdout: text or table (aligned columns), jsonl (one JSON object per "
                + "instance), csv, or ids (one id per line). Default: text.")
    OutputFormat form = OutputFormat.TEXT;
  }

  /** The maximum number of missing ids that are named. */
  private static final int MAX_MISSING = 20;

  private final Terminal terminal;

  @Parameters(
      paramLabel = "ID",
      arity = "0..*",
      description = "Instances to list. Default: all, or those that match the filters.")
  private List<String> ids = new ArrayList<>();

  @Option(
      names = "--ids-file",
      paramLabel = "FILE",
      description = "List the instances in FILE, in any format of stop --ids-file. Default: none.")
  private List<Path> files = new ArrayList<>();

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
    where.requireOne();
    DescribeInstances request = filters.request(DescribeInstances.DEFAULT_MAX_INSTANCES);
    Set<InstanceId> named =
        InstanceIds.read(ids, files.stream().map(Path::toString).toList(), terminal.in());
    boolean isNamed = !ids.isEmpty() || !files.isEmpty();
    if (isNamed && filters.isGiven()) {
      throw CommandFailure.usage("ids and filters cannot be combined: give one or the other");
    }
    if (isNamed && named.isEmpty()) {
      throw InstanceIds.empty(files);
    }
    try (ServiceTarget target = ServiceTarget.find(where, terminal)) {
      EcsClient client =
          target.connect(
              EcsClient.builder().rateLimiters(RunLimits.describeLimiters(where.isSimulated())));
      List<String> missing = new ArrayList<>();
      Flux<Instance> instances =
          isNamed ? named(client, named, missing) : client.describeInstances(request);
      return print(instances, missing, target.region()).number();
    }
  }

  private static Flux<Instance> named(EcsClient client, Set<InstanceId> ids, List<String> missing) {
    return InstanceDiscovery.of(client)
        .describeAll(ids)
        .handle(
            (described, sink) -> {
              if (described.known() == null) {
                missing.add(described.id().value());
              } else {
                sink.next(described.known());
              }
            });
  }

  private ExitCode print(Flux<Instance> instances, List<String> missing, String region) {
    AtomicLong listed = new AtomicLong();
    AtomicBoolean isUnread = new AtomicBoolean();
    String header = InstanceLine.header(output.form);
    if (header != null) {
      print(header);
    }
    try {
      instances
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
    return missing.isEmpty() ? ExitCode.SUCCESS : reportMissing(missing, region);
  }

  private ExitCode reportMissing(List<String> missing, String region) {
    List<String> shown = missing.subList(0, Math.min(MAX_MISSING, missing.size()));
    int more = missing.size() - shown.size();
    terminal
        .err()
        .print(
            TerminalText.count(missing.size())
                + (missing.size() == 1 ? " id does" : " ids do")
                + " not exist in "
                + TerminalText.escape(region)
                + ": "
                + String.join(", ", shown)
                + (more == 0 ? "" : " and " + TerminalText.count(more) + " more")
                + ". Check the ids and the region\n");
    return ExitCode.INSTANCES_FAILED;
  }

  private String line(Instance instance) {
    return switch (output.form) {
      case TEXT, TABLE -> InstanceLine.text(instance);
      case CSV -> InstanceLine.csv(instance);
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
    switch (output.form) {
      case IDS, CSV -> print(IdFile.INCOMPLETE);
      case JSONL -> print(JsonIds.INCOMPLETE);
      case TEXT, TABLE -> {
        // Not read by a program.
      }
    }
    return failure;
  }

  private static String wereListed(long listed) {
    return (listed == 1 ? "1 instance was" : TerminalText.count(listed) + " instances were")
        + " listed";
  }

  private void conclude(long listed, String region) {
    PrintStream err = terminal.err();
    err.print(TerminalText.instances(listed) + " in " + TerminalText.escape(region) + "\n");
    String warning = filters.truncationWarning(listed);
    if (warning != null) {
      err.print(warning + "\n");
    }
  }

  /** Formats an instance as a line. */
  static final class InstanceLine {

    private static final int[] WIDTHS = {22, 10, 15, 12, 20};

    private InstanceLine() {}

    /** Returns the header line, or {@code null} if the format has none. */
    static @Nullable String header(OutputFormat form) {
      return switch (form) {
        case TEXT, TABLE -> row("INSTANCE", "STATUS", "ZONE", "PROJECT", "NAME", "TAGS");
        case CSV ->
            CsvRow.of(
                "instanceId",
                "instanceName",
                "status",
                "stoppedMode",
                "instanceTypeId",
                "instanceChargeType",
                "zoneId",
                "vpcId",
                "projectName",
                "createdAt",
                "tags");
        case JSONL, IDS -> null;
      };
    }

    /** Returns the row of comma-separated values with all fields. */
    static String csv(Instance instance) {
      return CsvRow.of(
          InstanceIds.listed(instance).value(),
          instance.instanceName(),
          instance.status(),
          instance.stoppedMode(),
          instance.instanceTypeId(),
          instance.instanceChargeType(),
          instance.zoneId(),
          instance.vpcId(),
          instance.projectName(),
          instance.createdAt(),
          InstanceLabel.tags(instance));
    }

    /** Returns the text line. */
    static String text(Instance instance) {
      return row(
          instance.instanceId(),
          shown(instance.status()),
          shown(instance.zoneId()),
          shown(instance.projectName()),
          shown(instance.instanceName()),
          shown(InstanceLabel.tags(instance)));
    }

    private static String shown(@Nullable String text) {
      return text == null || text.isBlank() ? "-" : text;
    }

    private static String row(String... columns) {
      // Lines are printed before later pages are known, so column widths are fixed.
      StringBuilder row = new StringBuilder();
      for (int i = 0; i < columns.length; i++) {
        row.append(TerminalText.padded(columns[i], i < WIDTHS.length ? WIDTHS[i] : 0)).append("  ");
      }
      return row.toString().stripTrailing();
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

package io.fleetstop.cli;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsException;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import reactor.core.scheduler.Schedulers;

/** {@code fleetstop list}: instances, page by page as they are printed. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = "Lists instances: all of them, or those that pass every filter. Stops nothing.",
    footer = {
      "",
      "Each page is printed as it comes. A list that could not be had to its end says so on stderr and"
          + " by the exit code; with --output ids also by a last line that stop --ids-file refuses.",
      "",
      "Exit codes: 0 the list is whole; 1 it is not; 2 usage, nothing sent; 4 credentials or"
          + " configuration; 130 interrupted, or nobody reads on.",
      "",
      "Examples:",
      "  fleetstop list --region cn-beijing --status RUNNING --tag env=dev",
      "  fleetstop list --simulate 100 --output jsonl",
      "  fleetstop list --zone cn-beijing-a --output ids | fleetstop stop --ids-file - --yes"
    })
final class ListCommand implements Callable<Integer> {

  /** The form of a list. */
  enum Form {
    /** Lines for people. */
    TEXT,
    /** One JSON object a line. */
    JSONL,
    /** One id a line. */
    IDS
  }

  static final class Output {

    @Option(
        names = "--output",
        paramLabel = "FORM",
        converter = Converters.Listed.class,
        completionCandidates = Candidates.ListFormats.class,
        description =
            "text, a table; jsonl, a JSON object for each instance; or ids, a line with the id of"
                + " each. Default: text.")
    Form form = Form.TEXT;
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
    try (Target target = Target.find(where, terminal)) {
      EcsClient client =
          target.connect(EcsClient.builder().rateLimiters(Pace.ofLooks(where.isSimulated())));
      return print(client, request, target.region()).number();
    }
  }

  private ExitCode print(EcsClient client, DescribeInstances request, String region) {
    AtomicLong listed = new AtomicLong();
    AtomicBoolean isUnread = new AtomicBoolean();
    if (output.form == Form.TEXT) {
      print(InstanceLine.header());
    }
    try {
      client
          .describeInstances(request)
          // To a thread that may wait for whoever reads; a page is asked for when it has come on.
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
      case JSONL -> JsonLines.line(InstanceLine.json(instance));
      case IDS -> InstanceIds.listed(instance).value();
    };
  }

  /** Prints a line, and says whether anybody reads it. */
  private boolean print(String line) {
    PrintStream out = terminal.out();
    out.print(line + "\n");
    return !out.checkError();
  }

  // Whoever reads from a pipe sees its end only, not how the writer ended.
  private CommandFailure incomplete(CommandFailure failure) {
    if (output.form == Form.IDS) {
      print(IdFile.INCOMPLETE);
    }
    return failure;
  }

  private static String wereListed(long listed) {
    return (listed == 1 ? "1 instance was" : Numbers.count(listed) + " instances were") + " listed";
  }

  private void conclude(long listed, String region) {
    PrintStream err = terminal.err();
    err.print(
        (listed == 1 ? "1 instance" : Numbers.count(listed) + " instances")
            + " in "
            + TerminalText.escape(region)
            + "\n");
    String doubt = filters.doubt(listed);
    if (doubt != null) {
      err.print(doubt + "\n");
    }
  }
}

package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.LocaleEncoding;
import io.fleetstop.cli.output.Logging;
import io.fleetstop.cli.output.SystemTerminal;
import io.fleetstop.cli.output.Terminal;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code fleetstop}. */
@Command(
    name = "fleetstop",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    description = "Stops Volcengine ECS instances: one, or a whole fleet.",
    synopsisSubcommandLabel = "COMMAND",
    footer = {
      "",
      "Try it without an account: fleetstop stop --simulate 1000",
      "Help for a command: fleetstop COMMAND --help"
    })
public final class Main implements Runnable {

  private static final int HELP_WIDTH = 100;

  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    Runnable exit = () -> System.exit(ExitCode.INTERRUPTED.number());
    Runnable endNow = () -> Runtime.getRuntime().halt(ExitCode.INTERRUPTED.number());
    System.exit(start(new SystemTerminal(exit, endNow), args));
  }

  private static int start(Terminal terminal, String[] args) {
    try {
      return run(terminal, LocaleEncoding.arguments(List.of(args)).toArray(new String[0]));
    } catch (CommandFailure e) {
      return failed(terminal, new Complaint(List.of(args)), e);
    }
  }

  /** Runs a command. All access to the process goes through {@code terminal}. */
  static int run(Terminal terminal, String... args) {
    Complaint complaint = new Complaint(List.of(args));
    CommandLine commandLine =
        new CommandLine(new Main())
            .addSubcommand(new StopCommand(terminal, List.of(args)))
            .addSubcommand(new ListCommand(terminal))
            .addSubcommand(new SimulateCommand(terminal))
            .addSubcommand(new CodesCommand(terminal))
            .addSubcommand(new CompletionCommand(terminal))
            .setOut(writer(terminal.out()))
            .setErr(writer(terminal.err()))
            .setUsageHelpWidth(HELP_WIDTH)
            .setExpandAtFiles(false)
            .setPosixClusteredShortOptionsAllowed(false)
            .setExecutionStrategy(Main::execute)
            .setParameterExceptionHandler((e, arguments) -> rejected(terminal, complaint, e))
            .setExecutionExceptionHandler(
                (e, command, parsed) -> {
                  if (e instanceof CommandFailure failure) {
                    return failed(terminal, complaint, failure);
                  }
                  throw e;
                })
            .registerConverter(Path.class, new Converters.File());
    int exitCode = commandLine.execute(args);
    terminal.out().flush();
    terminal.err().flush();
    return exitCode;
  }

  /** Fails: a command is required. */
  @Override
  public void run() {
    throw CommandFailure.usage("a command is missing: stop, list, simulate, codes or completion");
  }

  private static int execute(ParseResult parsed) {
    ParseResult last = parsed.hasSubcommand() ? parsed.subcommand() : parsed;
    rejectRepetition(last);
    Logging.configure(last.hasMatchedOption("--verbose"));
    return new RunLast().execute(parsed);
  }

  // picocli treats a repeated option of a group as a second group, and drops the first.
  private static void rejectRepetition(ParseResult parsed) {
    for (OptionSpec option : parsed.commandSpec().options()) {
      if (!option.isMultiValue() && option.originalStringValues().size() > 1) {
        throw new ParameterException(
            parsed.commandSpec().commandLine(), option.longestName() + " is given more than once");
      }
    }
  }

  private static int rejected(Terminal terminal, Complaint complaint, ParameterException e) {
    String message =
        e instanceof UnmatchedArgumentException unmatched
            ? Complaint.unmatched(unmatched.getUnmatched())
            : String.valueOf(e.getMessage());
    complain(terminal, complaint.about(message));
    PrintWriter err = writer(terminal.err());
    UnmatchedArgumentException.printSuggestions(e, err);
    err.flush();
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    terminal.err().print("See " + command + " --help\n");
    return ExitCode.USAGE.number();
  }

  private static int failed(Terminal terminal, Complaint complaint, CommandFailure failure) {
    complain(terminal, complaint.about(String.valueOf(failure.getMessage())));
    terminal.err().flush();
    return failure.exitCode().number();
  }

  private static PrintWriter writer(PrintStream stream) {
    return new PrintWriter(stream, false, StandardCharsets.UTF_8);
  }

  private static void complain(Terminal terminal, String message) {
    terminal.err().print("fleetstop: " + message + "\n");
  }
}

package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.LocaleEncoding;
import io.fleetstop.cli.output.Logging;
import io.fleetstop.cli.output.SystemTerminal;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command {@code fleetstop}. */
public final class Main implements Runnable {

  private static final int HELP_WIDTH = 100;

  /** The bytes that are kept to report that the memory is full. */
  private static final int RESERVE = 256 << 10;

  private static final byte[] RELEASED = {};

  private static final String OUT_OF_MEMORY =
      "out of memory: the run has ended, and instances that were called may have no outcome. Give"
          + " Java more memory, for example JAVA_TOOL_OPTIONS=-Xmx1g, and run the command again"
          + " with --resume or its --run-id";

  /** How picocli calls a value that a switch does not take. */
  private static final String BOOLEAN = "'([^']*)' is not a boolean";

  private static final String BOOLEAN_RULE = "must be true or false, was \"$1\"";

  private static final Set<String> RUNS = Set.of("stop", "start");

  /** These use no network, and start faster without Reactor. */
  private static final Set<String> LOCAL = Set.of("codes", "completion", "help", "-h", "--help");

  private static final Pattern CREDENTIAL = Pattern.compile("access|secret|token|password|key");

  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] args) {
    Runnable exit = () -> System.exit(ExitCode.INTERRUPTED.number());
    Runnable endNow = () -> Runtime.getRuntime().halt(ExitCode.INTERRUPTED.number());
    NettySettings.apply();
    SystemTerminal terminal = new SystemTerminal(exit, endNow);
    terminal.noteLostOutput();
    // A thread of the pool that is out of memory leaves a run that never ends.
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, e) -> {
          endIfOutOfMemory(terminal, e);
          logger().debug("A thread ended", e);
        });
    int exitCode = start(terminal, args);
    // System.exit() first looks for a logger, which takes longer than a short command.
    if (exitCode != ExitCode.SUCCESS.number() || isKeptAlive()) {
      System.exit(exitCode);
    }
  }

  /** Tells whether another thread would keep the process running after {@code main} returns. */
  private static boolean isKeptAlive() {
    Thread current = Thread.currentThread();
    Thread[] threads = new Thread[Thread.activeCount() + 1];
    int count = Thread.enumerate(threads);
    return count == threads.length
        || Arrays.stream(threads, 0, count)
            .anyMatch(thread -> thread != current && !thread.isDaemon());
  }

  /** Ends the process when its memory is full, whatever thread learns of it. */
  private static void observeMemory(Terminal terminal) {
    AtomicReference<byte[]> reserve = new AtomicReference<>(new byte[RESERVE]);
    FatalErrors.onEach(
        e -> {
          reserve.lazySet(RELEASED);
          endIfOutOfMemory(terminal, e);
        });
  }

  private static void endIfOutOfMemory(Terminal terminal, Throwable e) {
    if (e instanceof OutOfMemoryError) {
      complain(terminal, OUT_OF_MEMORY);
      terminal.err().flush();
      Runtime.getRuntime().halt(ExitCode.INSTANCES_FAILED.number());
    }
  }

  private static int start(Terminal terminal, String[] args) {
    boolean isLocal = args.length == 0 || LOCAL.contains(args[0]);
    try {
      return run(
          terminal,
          isLocal ? () -> {} : () -> observeMemory(terminal),
          LocaleEncoding.arguments(List.of(args)).toArray(new String[0]));
    } catch (CommandFailure e) {
      return failed(terminal, new Complaint(List.of(args)), e);
    } catch (OutOfMemoryError e) {
      complain(terminal, OUT_OF_MEMORY);
      return ExitCode.INSTANCES_FAILED.number();
    }
  }

  /** Runs a command. All access to the process goes through {@code terminal}. */
  static int run(Terminal terminal, String... args) {
    return run(terminal, () -> {}, args);
  }

  /**
   * Runs a command.
   *
   * @param onConfigured runs when the logger has its settings, which the first logger fixes
   */
  private static int run(Terminal terminal, Runnable onConfigured, String... args) {
    Complaint complaint = new Complaint(List.of(args));
    Commands commands = new Commands(terminal, List.of(args));
    // picocli passes a setting on to the subcommands that are there already.
    CommandLine commandLine =
        commands
            .addTo(new CommandLine(RootSpec.of(new Main())), List.of(args))
            .setOut(writer(terminal.out()))
            .setErr(writer(terminal.err()))
            .setUsageHelpWidth(HELP_WIDTH)
            .setExpandAtFiles(false)
            .setPosixClusteredShortOptionsAllowed(false)
            .setExecutionStrategy(parsed -> execute(terminal, complaint, onConfigured, parsed))
            .setParameterExceptionHandler((e, arguments) -> rejected(terminal, complaint, e))
            .setExecutionExceptionHandler(
                (e, command, parsed) -> {
                  if (e instanceof CommandFailure failure) {
                    return failed(terminal, complaint, failure);
                  }
                  logger().debug("Unexpected error", e);
                  return failed(terminal, complaint, CommandFailure.unanswered(defect(e)));
                })
            .registerConverter(Path.class, new Converters.File());
    StopHelp.shorten(commandLine);
    int exitCode = commandLine.execute(args);
    boolean written = !terminal.out().checkError();
    terminal.err().flush();
    return written ? exitCode : unwritten(terminal, exitCode, isRun(commandLine));
  }

  /** Whether the command stops or starts instances: an output that ends interrupts its run. */
  private static boolean isRun(CommandLine commandLine) {
    ParseResult parsed = commandLine.getParseResult();
    return parsed != null
        && parsed.hasSubcommand()
        && !parsed.subcommand().isUsageHelpRequested()
        && RUNS.contains(parsed.subcommand().commandSpec().name());
  }

  /** What a command printed is incomplete, which a script must not mistake for the whole. */
  private static int unwritten(Terminal terminal, int exitCode, boolean isRun) {
    String failure = terminal.outFailure();
    boolean failed = false;
    if (failure != null && !failure.equals(ConsoleReporter.BROKEN_PIPE)) {
      failed = true;
      complain(
          terminal,
          "stdout cannot be written (" + TerminalText.escape(failure) + "): output is missing");
    }
    boolean isComplete =
        exitCode == ExitCode.SUCCESS.number() || exitCode == ExitCode.INTERRUPTED.number();
    ExitCode incomplete = failed && !isRun ? ExitCode.INSTANCES_FAILED : ExitCode.INTERRUPTED;
    return isComplete ? incomplete.number() : exitCode;
  }

  private static String defect(Exception e) {
    return "unexpected error, a defect of fleetstop: "
        + e
        + ". A journal is valid up to here; the details are in --verbose";
  }

  /** Fails: a command is required. */
  @Override
  public void run() {
    throw CommandFailure.usage(
        "a command is missing: stop, start, show, status, pause, resume, drain, list, wait, whoami,"
            + " simulate, codes or completion");
  }

  // Not a constant: the first logger fixes the settings of all.
  private static Logger logger() {
    return LoggerFactory.getLogger(Main.class);
  }

  private static int execute(
      Terminal terminal, Complaint complaint, Runnable onConfigured, ParseResult parsed) {
    ParseResult last = parsed.hasSubcommand() ? parsed.subcommand() : parsed;
    rejectRepetition(last);
    try {
      WrittenFiles.requireDistinct(last);
      Logging.configure(
          last.hasMatchedOption("--verbose"),
          last.matchedOptionValue("--log-file", null),
          terminal.err());
    } catch (CommandFailure e) {
      return failed(terminal, complaint, e);
    }
    onConfigured.run();
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
    UnmatchedArgumentException unmatched =
        e instanceof UnmatchedArgumentException unknown ? unknown : null;
    String message =
        unmatched == null
            ? String.valueOf(e.getMessage())
            : isCommand(unmatched)
                ? "there is no command '" + unmatched.getUnmatched().get(0) + "'"
                : Complaint.unmatched(unmatched.getUnmatched());
    complain(terminal, complaint.about(message.replaceFirst(BOOLEAN, BOOLEAN_RULE)));
    if (unmatched != null) {
      suggest(terminal, complaint, unmatched);
    }
    String command = e.getCommandLine().getCommandSpec().qualifiedName();
    terminal.err().print("See " + command + " --help\n");
    return ExitCode.USAGE.number();
  }

  private static boolean isCommand(UnmatchedArgumentException e) {
    return e.getCommandLine().getParent() == null && !e.getUnmatched().get(0).startsWith("-");
  }

  // Not picocli's suggestions: it names some command or option however different the word is.
  private static void suggest(
      Terminal terminal, Complaint complaint, UnmatchedArgumentException e) {
    CommandSpec command = e.getCommandLine().getCommandSpec();
    String word = e.getUnmatched().get(0).split("=", 2)[0];
    boolean isOption = word.startsWith("-");
    boolean isRoot = e.getCommandLine().getParent() == null;
    String order =
        isOption && isRoot ? Suggestion.order(word, complaint.commandLine(), command) : null;
    String meant =
        isOption
            ? Suggestion.option(word, command)
            : isRoot ? Suggestion.command(word, command) : null;
    String instead =
        isOption
            ? Suggestion.insteadOfOptions(e.getUnmatched(), command.name())
            : isRoot ? Suggestion.insteadOfCommand(word) : Suggestion.instead(word, command.name());
    if (instead != null) {
      terminal.err().print(TerminalText.escape(instead) + "\n");
    } else if (order != null) {
      terminal.err().print("Options come after the command: " + order + "\n");
    } else if (meant != null) {
      terminal.err().print("Did you mean " + TerminalText.escape(meant) + "?\n");
    } else if (isOption && CREDENTIAL.matcher(word).find()) {
      terminal
          .err()
          .print(
              "No option takes credentials: set VOLCENGINE_ACCESS_KEY and VOLCENGINE_SECRET_KEY, or"
                  + " name a --profile\n");
    }
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

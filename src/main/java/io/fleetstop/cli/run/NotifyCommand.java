package io.fleetstop.cli.run;

import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The command of {@code --notify-command}: run by {@code sh} at the end, with the summary as one
 * line of JSON on its stdin. Its output goes to stderr, since stdout is for outcomes. It inherits
 * the environment without the variables of this tool and of its Java, which may hold credentials.
 * Whatever becomes of it, the exit code stays that of the run.
 */
public final class NotifyCommand {

  /** Long enough for a message to a slow service, short enough for a person who waits. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  /** Few enough for the buffer of a pipe, so that a command need not read its stdin. */
  private static final int MAX_ERRORS = 20;

  /** For the same reason: a run may have thousands of targets, and an escape has six characters. */
  private static final int MAX_TEXT = 2_048;

  /**
   * The service's are {@code VOLCENGINE_*}, {@code VOLCSTACK_*}, and {@code VOLC_*} of its SDKs.
   */
  private static final List<String> OWN_VARIABLES = List.of("VOLC", "FLEETSTOP_");

  private static final Set<String> JAVA_VARIABLES =
      Set.of("JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS");

  private static final String INTERRUPTED = "was ended, because fleetstop was interrupted";

  private static final JsonMapper MAPPER = new JsonMapper();

  private final StopArguments options;
  private final Terminal terminal;
  private final Duration limit;

  /** Creates the command of a command line; it does nothing if none is given. */
  public NotifyCommand(StopArguments options, Terminal terminal) {
    this(options, terminal, LIMIT);
  }

  NotifyCommand(StopArguments options, Terminal terminal, Duration limit) {
    this.options = options;
    this.terminal = terminal;
    this.limit = limit;
  }

  /**
   * Runs the command, and waits for its end.
   *
   * @param reason why the run ended early or did not start, or {@code null}
   * @param report the report that was written, or {@code null}
   */
  public void run(
      ExitCode exitCode,
      OutcomeCounts counts,
      Summary.ResumeHint resumeHint,
      String region,
      @Nullable String reason,
      @Nullable Path report) {
    String command = options.output.notifyCommand;
    if (command == null) {
      return;
    }
    ObjectNode json = json(exitCode, counts, resumeHint, region, reason);
    json.put("report", absolute(report));
    String failure = failure(command, TerminalText.line(json));
    if (failure != null) {
      Progress.NONE.print(
          terminal.err(),
          "fleetstop: --notify-command " + failure + "; the exit code is that of the run");
    }
  }

  private ObjectNode json(
      ExitCode exitCode,
      OutcomeCounts counts,
      Summary.ResumeHint resumeHint,
      String region,
      @Nullable String reason) {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("runId", resumeHint.runId());
    json.put("region", bounded(region));
    json.put("dryRun", options.how.dryRun);
    json.put("simulated", options.where.isSimulated());
    json.put("exitCode", exitCode.number());
    json.put("exit", exitCode.name());
    json.put("reason", reason == null ? null : bounded(reason));
    json.put("instances", counts.instances());
    json.put("withoutOutcome", counts.instances() - counts.done());
    ObjectNode outcomes = json.putObject("outcomes");
    for (Kind kind : Kind.values()) {
      outcomes.put(kind.name(), counts.of(kind));
    }
    ObjectNode errors = json.putObject("errors");
    counts.errorCodes().entrySet().stream()
        .limit(MAX_ERRORS)
        .forEach(error -> errors.put(error.getKey(), error.getValue()));
    json.put("elapsedMillis", counts.elapsed().toMillis());
    json.put("journal", absolute(options.safety.journal));
    return json;
  }

  private static String bounded(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "...";
  }

  private static @Nullable String absolute(@Nullable Path file) {
    return file == null ? null : file.toAbsolutePath().toString();
  }

  /** Returns what failed, or {@code null}. */
  private @Nullable String failure(String command, String summary) {
    // First the redirection: the output of the command must not mix with outcomes.
    ProcessBuilder shell = new ProcessBuilder("sh", "-c", "exec >&2\n" + command);
    shell.redirectError(ProcessBuilder.Redirect.INHERIT);
    shell.environment().keySet().removeIf(NotifyCommand::isOwn);
    terminal.out().flush();
    terminal.err().flush();
    Process process;
    try {
      process = shell.start();
    } catch (IOException e) {
      return "cannot be started: " + TerminalText.escape(String.valueOf(e.getMessage()));
    }
    AtomicBoolean interrupted = new AtomicBoolean();
    Runnable restoreSignals =
        terminal.onInterrupt(
            () -> {
              interrupted.set(true);
              end(process);
            });
    try {
      write(process, summary);
      if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        if (interrupted.get()) {
          return INTERRUPTED;
        }
        return process.exitValue() == 0 ? null : "ended with exit code " + process.exitValue();
      }
      return "was ended, because it took longer than " + TerminalText.time(limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return INTERRUPTED;
    } finally {
      restoreSignals.run();
      end(process);
    }
  }

  private static void end(Process process) {
    Stream.concat(process.descendants(), Stream.of(process.toHandle()))
        .forEach(ProcessHandle::destroyForcibly);
  }

  private static boolean isOwn(String variable) {
    return JAVA_VARIABLES.contains(variable)
        || OWN_VARIABLES.stream().anyMatch(variable::startsWith);
  }

  private static void write(Process process, String summary) {
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write((summary + "\n").getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // A command that does not read its stdin has ended or will end as it likes.
      return;
    }
  }
}

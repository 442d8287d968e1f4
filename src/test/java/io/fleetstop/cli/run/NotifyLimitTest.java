package io.fleetstop.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.TestTerminal;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.run.Summary.ResumeHint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;

/** The time that a notified command may take. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(20)
class NotifyLimitTest {

  @TempDir private Path directory;

  @Test
  void commandThatDoesNotEnd_isEndedWithItsChildren() throws Exception {
    Path child = directory.resolve("child");
    TestTerminal terminal = new TestTerminal();
    StopArguments options = new StopArguments();
    options.output.notifyCommand = "sleep 60 & echo $! > " + child + "; wait";

    new NotifyCommand(options, terminal, Duration.ofMillis(500))
        .run(
            ExitCode.SUCCESS,
            new OutcomeCounts(0),
            new ResumeHint(List.of("stop"), "night"),
            "cn-beijing",
            null,
            null);

    assertThat(terminal.errText())
        .isEqualTo(
            "fleetstop: --notify-command was ended, because it took longer than 0.5 s; the exit"
                + " code is that of the run\n");
    long pid = Long.parseLong(Files.readString(child).strip());
    Flux.interval(Duration.ofMillis(10))
        .onBackpressureDrop()
        .takeUntil(tick -> hasEnded(pid))
        .blockLast(Duration.ofSeconds(10));
  }

  // Where the first process collects no orphans, as in many containers, an ended one stays a
  // zombie, which Java takes for alive.
  private static boolean hasEnded(long pid) {
    try {
      String status = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return status.charAt(status.lastIndexOf(')') + 2) == 'Z';
    } catch (IOException notListed) {
      return ProcessHandle.of(pid).isEmpty();
    }
  }

  @Test
  void signal_endsTheCommandAndItsChildren() throws Exception {
    Path child = directory.resolve("child");
    TestTerminal terminal = new TestTerminal();
    StopArguments options = new StopArguments();
    options.output.notifyCommand =
        "sleep 60 & echo $! > " + child + ".new; mv " + child + ".new " + child + "; wait";
    Disposable signal =
        Flux.interval(Duration.ofMillis(10))
            .onBackpressureDrop()
            .filter(tick -> Files.exists(child))
            .next()
            .subscribe(tick -> terminal.interrupt());

    new NotifyCommand(options, terminal, Duration.ofSeconds(50))
        .run(
            ExitCode.SUCCESS,
            new OutcomeCounts(0),
            new ResumeHint(List.of("stop"), "night"),
            "cn-beijing",
            null,
            null);

    assertThat(signal.isDisposed()).isTrue();
    assertThat(terminal.errText())
        .isEqualTo(
            "fleetstop: --notify-command was ended, because fleetstop was interrupted; the exit"
                + " code is that of the run\n");
    long pid = Long.parseLong(Files.readString(child).strip());
    Flux.interval(Duration.ofMillis(10))
        .onBackpressureDrop()
        .takeUntil(tick -> hasEnded(pid))
        .blockLast(Duration.ofSeconds(10));
  }

  /** What does not fit into the pipe would wait for a command that reads nothing. */
  @Test
  void longSummary_waitsForNoCommandThatReadsNothing() {
    TestTerminal terminal = new TestTerminal();
    StopArguments options = new StopArguments();
    options.output.notifyCommand = "sleep 60";

    new NotifyCommand(options, terminal, Duration.ofMillis(500))
        .run(
            ExitCode.INSTANCES_FAILED,
            new OutcomeCounts(0),
            new ResumeHint(List.of("stop"), "night"),
            "dev/cn-beijing, ".repeat(10_000),
            "dev/cn-beijing: not read; ".repeat(10_000),
            null);

    assertThat(terminal.errText()).contains("took longer than 0.5 s");
  }
}

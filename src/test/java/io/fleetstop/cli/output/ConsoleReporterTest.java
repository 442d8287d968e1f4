package io.fleetstop.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.cli.TestTerminal;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.output.Progress.LiveBar;
import io.fleetstop.cli.output.Progress.PlainProgress;
import io.fleetstop.cli.output.SystemTerminal.ProcessSignals;
import io.fleetstop.cli.run.RunLimits.RequestStats;
import io.fleetstop.cli.run.Summary;
import io.fleetstop.cli.run.Summary.ResumeHint;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.CallStats;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import io.fleetstop.observe.CallListener;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

class ConsoleReporterTest {

  private static final InstanceId ID = InstanceId.of("i-1");
  private static final CallStats STATS = new CallStats(2, Duration.ofMillis(1_234), "req-9");

  private final TestTerminal terminal = new TestTerminal();

  @Test
  void everyOutcome_hasItsKind() {
    EcsException error =
        EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.REJECTED).build();
    List<ShutdownOutcome> outcomes =
        List.of(
            new Stopped(ID, STATS),
            new AlreadyStopped(ID, STATS),
            new Accepted(ID, STATS),
            new DryRunPassed(ID, STATS),
            new Failed(ID, STATS, error),
            new Unconfirmed(ID, STATS, "late", null),
            new Skipped(ID, STATS, "protected"));

    assertThat(outcomes.stream().map(OutcomeLine::of).map(OutcomeLine::kind))
        .containsExactly(Kind.values());
  }

  @Test
  void json_writesNullForAbsentValues() {
    assertThat(TerminalText.line(OutcomeLine.of(new Stopped(ID, STATS)).toJson()))
        .isEqualTo(
            "{\"instanceId\":\"i-1\",\"outcome\":\"STOPPED\",\"errorCode\":null,"
                + "\"httpStatus\":null,\"requestId\":\"req-9\",\"attempts\":2,"
                + "\"elapsedMillis\":1234,\"message\":null}");
  }

  @Test
  void plainProgress_printsEveryFiveSeconds() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    OutcomeCounts counts = new OutcomeCounts(1_000);
    PlainProgress progress = new PlainProgress(counts, () -> "limit 9.5/s", terminal.err(), time);
    counts.count(OutcomeLine.of(new Stopped(ID, STATS)));

    time.advanceTimeBy(Duration.ofMillis(4_999));
    assertThat(terminal.errText()).isEmpty();
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(terminal.errText()).startsWith("1 of 1,000 done, ").endsWith("/s, limit 9.5/s\n");
    counts.count(OutcomeLine.of(new Unconfirmed(ID, STATS, "late", null)));
    time.advanceTimeBy(Duration.ofSeconds(5));
    assertThat(terminal.errText()).contains("2 of 1,000 done, 1 failed or unconfirmed, ");

    progress.close();
    time.advanceTimeBy(Duration.ofMinutes(1));
    assertThat(terminal.errText().lines()).hasSize(2);
  }

  @Test
  void missingOutcome_isNoSuccess() {
    OutcomeCounts counts = new OutcomeCounts(2);
    counts.count(OutcomeLine.of(new Stopped(ID, STATS)));
    assertThat(counts.problems()).isZero();
    assertThat(counts.allSucceeded()).isFalse();

    counts.count(OutcomeLine.of(new Stopped(ID, STATS)));
    assertThat(counts.allSucceeded()).isTrue();
  }

  @Test
  void missingOutcome_isNamedByTheEndOfTheRun() {
    OutcomeCounts counts = new OutcomeCounts(2);
    counts.count(OutcomeLine.of(new Stopped(ID, STATS)));

    assertThat(headline(ExitCode.INSTANCES_FAILED, null, counts)).endsWith("1 without an outcome");
    assertThat(headline(ExitCode.INSTANCES_FAILED, "why", counts)).endsWith("1 not started");
    assertThat(headline(ExitCode.INTERRUPTED, null, counts)).endsWith("1 not started");
  }

  private static String headline(
      ExitCode exitCode, @Nullable String endedBy, OutcomeCounts counts) {
    ResumeHint hint = new ResumeHint(List.of("stop"), "night");
    return new Summary(new RequestStats(CallListener.NONE), hint, endedBy)
        .lines(exitCode, counts)
        .get(0);
  }

  @Test
  void bar_isRedrawnAroundLinesAndCleared() {
    OutcomeCounts counts = new OutcomeCounts(2);
    LiveBar bar = new LiveBar(counts, () -> "limit 9.5/s", terminal);
    counts.count(OutcomeLine.of(new Unconfirmed(ID, STATS, "late", null)));
    bar.update();
    bar.print(terminal.err(), "a line");
    bar.close();

    assertThat(terminal.errText())
        .contains("\r\u001b[Ka line\n\r\u001b[K")
        .contains("1/2", "1 not confirmed", "limit 9.5/s")
        .endsWith("\r\u001b[K");
    assertThat(terminal.errText().split("\r\u001b\\[K", -1)).allMatch(line -> line.length() < 100);
  }

  @Test
  void logging_isWarnUnlessVerbose() {
    String own = "org.slf4j.simpleLogger.log.io.fleetstop";
    String dropped = "org.slf4j.simpleLogger.log.reactor.core.publisher.Operators";
    assertThat(Logging.settings(false)).containsEntry(own, "warn").containsEntry(dropped, "off");
    assertThat(Logging.settings(true))
        .containsEntry(own, "debug")
        .containsEntry(dropped, "error")
        .containsEntry("org.slf4j.simpleLogger.defaultLogLevel", "warn");
  }

  @Test
  void signal_isHandledUntilRestored() throws Exception {
    CountDownLatch handled = new CountDownLatch(1);
    Runnable restore = ProcessSignals.handle("WINCH", handled::countDown);

    raise("WINCH");

    assertThat(handled.await(10, TimeUnit.SECONDS)).isTrue();
    restore.run();
    assertThatThrownBy(() -> raise("WINCH")).hasRootCauseMessage("Unhandled signal: SIGWINCH");
  }

  @Test
  void unknownSignal_isIgnored() {
    ProcessSignals.handle("NOSUCH", () -> {}).run();
  }

  private static void raise(String name) throws ReflectiveOperationException {
    Class<?> type = Class.forName("sun.misc.Signal");
    type.getMethod("raise", type).invoke(null, type.getConstructor(String.class).newInstance(name));
  }
}

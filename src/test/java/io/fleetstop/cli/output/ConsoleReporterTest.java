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
  private static final CallStats EFFORT = new CallStats(2, Duration.ofMillis(1_234), "req-9");

  private final TestTerminal terminal = new TestTerminal();

  @Test
  void everyOutcomeHasItsName() {
    EcsException error =
        EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.REJECTED).build();
    List<ShutdownOutcome> outcomes =
        List.of(
            new Stopped(ID, EFFORT),
            new AlreadyStopped(ID, EFFORT),
            new Accepted(ID, EFFORT),
            new DryRunPassed(ID, EFFORT),
            new Failed(ID, EFFORT, error),
            new Unconfirmed(ID, EFFORT, "late", null),
            new Skipped(ID, EFFORT, "protected"));

    assertThat(outcomes.stream().map(OutcomeLine::of).map(OutcomeLine::kind))
        .containsExactly(Kind.values());
  }

  @Test
  void jsonSaysNullWhereThereIsNothing() {
    assertThat(TerminalText.line(OutcomeLine.of(new Stopped(ID, EFFORT)).toJson()))
        .isEqualTo(
            "{\"instanceId\":\"i-1\",\"outcome\":\"STOPPED\",\"errorCode\":null,"
                + "\"httpStatus\":null,\"requestId\":\"req-9\",\"attempts\":2,"
                + "\"elapsedMillis\":1234,\"message\":null}");
  }

  @Test
  void plainProgressSpeaksEveryFiveSeconds() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    OutcomeCounts tally = new OutcomeCounts(1_000);
    PlainProgress progress = new PlainProgress(tally, () -> "limit 9.5/s", terminal.err(), time);
    tally.count(OutcomeLine.of(new Stopped(ID, EFFORT)));

    time.advanceTimeBy(Duration.ofMillis(4_999));
    assertThat(terminal.errText()).isEmpty();
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(terminal.errText()).startsWith("1 of 1,000 done, ").endsWith("/s, limit 9.5/s\n");
    tally.count(OutcomeLine.of(new Unconfirmed(ID, EFFORT, "late", null)));
    time.advanceTimeBy(Duration.ofSeconds(5));
    assertThat(terminal.errText()).contains("2 of 1,000 done, 1 failed or unconfirmed, ");

    progress.close();
    time.advanceTimeBy(Duration.ofMinutes(1));
    assertThat(terminal.errText().lines()).hasSize(2);
  }

  @Test
  void aRunThatLostSightOfAnInstanceIsNotWell() {
    OutcomeCounts tally = new OutcomeCounts(2);
    tally.count(OutcomeLine.of(new Stopped(ID, EFFORT)));
    assertThat(tally.problems()).isZero();
    assertThat(tally.allSucceeded()).isFalse();

    tally.count(OutcomeLine.of(new Stopped(ID, EFFORT)));
    assertThat(tally.allSucceeded()).isTrue();
  }

  @Test
  void aRunThatLostSightOfAnInstanceDoesNotCallItNotBegun() {
    OutcomeCounts tally = new OutcomeCounts(2);
    tally.count(OutcomeLine.of(new Stopped(ID, EFFORT)));

    assertThat(headline(ExitCode.INSTANCES_FAILED, null, tally)).endsWith("1 without an outcome");
    assertThat(headline(ExitCode.INSTANCES_FAILED, "why", tally)).endsWith("1 not begun");
    assertThat(headline(ExitCode.INTERRUPTED, null, tally)).endsWith("1 not begun");
  }

  private static String headline(ExitCode exitCode, @Nullable String endedBy, OutcomeCounts tally) {
    ResumeHint wayOn = new ResumeHint(List.of("stop"), "night");
    return new Summary(new RequestStats(CallListener.NONE), wayOn, endedBy)
        .lines(exitCode, tally)
        .get(0);
  }

  @Test
  void barMakesWayForLinesAndGoesInTheEnd() {
    OutcomeCounts tally = new OutcomeCounts(2);
    LiveBar bar = new LiveBar(tally, () -> "limit 9.5/s", terminal.err(), 80);
    tally.count(OutcomeLine.of(new Unconfirmed(ID, EFFORT, "late", null)));
    bar.advance();
    bar.print(terminal.err(), "a line");
    bar.close();

    assertThat(terminal.errText())
        .contains("\r\u001b[Ka line\n\r\u001b[K")
        .contains("1/2", "1 not confirmed", "limit 9.5/s")
        .endsWith("\r\u001b[K");
    assertThat(terminal.errText().split("\r\u001b\\[K", -1)).allMatch(line -> line.length() < 80);
  }

  @Test
  void loggingIsWarningsUnlessMoreIsWanted() {
    String own = "org.slf4j.simpleLogger.log.io.fleetstop";
    String dropped = "org.slf4j.simpleLogger.log.reactor.core.publisher.Operators";
    assertThat(Logging.settings(false)).containsEntry(own, "warn").containsEntry(dropped, "off");
    assertThat(Logging.settings(true))
        .containsEntry(own, "debug")
        .containsEntry(dropped, "error")
        .containsEntry("org.slf4j.simpleLogger.defaultLogLevel", "warn");
  }

  @Test
  void signalsAreHandledUntilTheyAreRestored() throws Exception {
    CountDownLatch handled = new CountDownLatch(1);
    Runnable restore = ProcessSignals.handle("WINCH", handled::countDown);

    raise("WINCH");

    assertThat(handled.await(10, TimeUnit.SECONDS)).isTrue();
    restore.run();
    assertThatThrownBy(() -> raise("WINCH")).hasRootCauseMessage("Unhandled signal: SIGWINCH");
  }

  @Test
  void unknownSignalIsLeftAlone() {
    ProcessSignals.handle("NOSUCH", () -> {}).run();
  }

  private static void raise(String name) throws ReflectiveOperationException {
    Class<?> type = Class.forName("sun.misc.Signal");
    type.getMethod("raise", type).invoke(null, type.getConstructor(String.class).newInstance(name));
  }
}

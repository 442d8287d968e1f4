package io.fleetstop.cli.output;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.cli.TestTerminal;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.OutputFormat;
import io.fleetstop.cli.output.Progress.LiveLine;
import io.fleetstop.cli.output.Progress.Pace;
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
import io.fleetstop.fleet.ShutdownOutcome.AlreadyRunning;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.CallStats;
import io.fleetstop.fleet.ShutdownOutcome.DryRunPassed;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Started;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import io.fleetstop.observe.CallListener;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
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
            new Started(ID, STATS),
            new AlreadyRunning(ID, STATS),
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

  /** A pace with a text and a number of waiting instances. */
  private static Pace pace(String text, long waiting) {
    return new Pace() {
      @Override
      public String text() {
        return text;
      }

      @Override
      public long waiting() {
        return waiting;
      }
    };
  }

  @Test
  void plainProgress_printsEachInterval() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    OutcomeCounts counts = new OutcomeCounts(1_000);
    PlainProgress progress =
        new PlainProgress(
            counts, pace("limit 9.5/s", 12), Duration.ofSeconds(10), terminal.err(), time);
    counts.count(OutcomeLine.of(new Stopped(ID, STATS)));

    time.advanceTimeBy(Duration.ofMillis(9_999));
    assertThat(terminal.errText()).isEmpty();
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(terminal.errText())
        .startsWith("1/1,000 done (0%), ")
        .endsWith("/s, 12 waiting for STOPPED, limit 9.5/s\n");
    counts.count(OutcomeLine.of(new Unconfirmed(ID, STATS, "late", null)));
    time.advanceTimeBy(Duration.ofSeconds(10));
    assertThat(terminal.errText()).contains("2/1,000 done (0%), ", "1 failed or unconfirmed, ");

    progress.close();
    time.advanceTimeBy(Duration.ofMinutes(1));
    assertThat(terminal.errText().lines()).hasSize(2);
  }

  @Test
  void plainProgress_printsAtOnceWhenTheServiceFallsSilent() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    AtomicBoolean silent = new AtomicBoolean();
    Pace pace =
        new Pace() {
          @Override
          public String text() {
            return silent.get() ? "no reply for 5 s" : "";
          }

          @Override
          public long waiting() {
            return 0;
          }

          @Override
          public boolean silent() {
            return silent.get();
          }
        };
    PlainProgress progress =
        new PlainProgress(new OutcomeCounts(2), pace, Duration.ofMinutes(1), terminal.err(), time);

    time.advanceTimeBy(Duration.ofSeconds(3));
    assertThat(terminal.errText()).isEmpty();
    silent.set(true);
    time.advanceTimeBy(Duration.ofSeconds(10));
    assertThat(terminal.errText().lines()).singleElement().asString().endsWith("no reply for 5 s");
    silent.set(false);
    time.advanceTimeBy(Duration.ofSeconds(1));
    silent.set(true);
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(terminal.errText().lines()).hasSize(2);
    progress.close();
  }

  @Test
  void timeLeftAndRate_standStillWhileNothingEnds() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    try {
      OutcomeCounts counts = new OutcomeCounts(10);
      time.advanceTimeBy(Duration.ofSeconds(5));
      for (int i = 0; i < 5; i++) {
        counts.count(OutcomeLine.of(new Stopped(ID, STATS)));
      }
      assertThat(Progress.parts(counts, pace("", 0)))
          .containsExactly("5/10 done (50%)", "1.0/s", "about 5 s left");

      // A backoff: the rate so far falls, and says nothing new of the rest.
      time.advanceTimeBy(Duration.ofSeconds(5));
      assertThat(Progress.parts(counts, pace("", 0)))
          .containsExactly("5/10 done (50%)", "0.5/s", "about 5 s left");

      counts.pause(true);
      time.advanceTimeBy(Duration.ofHours(1));
      assertThat(Progress.parts(counts, pace("paused", 0)))
          .containsExactly("5/10 done (50%)", "0.5/s", "paused");

      counts.pause(false);
      for (int i = 0; i < 3; i++) {
        counts.count(OutcomeLine.of(new Stopped(ID, STATS)));
      }
      assertThat(Progress.parts(counts, pace("", 0)))
          .containsExactly("8/10 done (80%)", "0.8/s", "about 2 s left");
    } finally {
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void notesAndWarnings_areAboveTheLiveLine() {
    PrintStream before = System.err;
    // A test before this one may have left the stream of its --log-file.
    System.setErr(new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8));
    try {
      assertNotesAndWarningsAboveTheLiveLine();
    } finally {
      System.setErr(before);
    }
  }

  private void assertNotesAndWarningsAboveTheLiveLine() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    terminal.terminals(Terminal.Stream.STDERR);
    LiveLine line = new LiveLine(new OutcomeCounts(9), pace("", 0), terminal, time);
    time.advanceTimeBy(Duration.ofSeconds(1));

    System.err.println("[WARN] of a library");
    time.advanceTimeBy(Duration.ofSeconds(1));
    Progress.NONE.print(terminal.err(), "a note");
    System.err.println("[WARN] at the end");
    line.close();
    Progress.NONE.print(terminal.err(), "the end");

    String shown = "\r\033[KStopping: 0/9 done (0%), 0.0/s";
    assertThat(terminal.errText().replaceAll("[0-9.]+/s", "0.0/s"))
        .isEqualTo(
            shown
                + "\r\033[K[WARN] of a library\n"
                + shown.substring(4)
                + "\r\033[Ka note\n"
                + shown.substring(4)
                + "\r\033[K[WARN] at the end\nthe end\n");
  }

  @Test
  void timeLeft_isEstimatedFromTheRateSoFar() {
    assertThat(Progress.timeLeft(0, 100, Duration.ofSeconds(9))).isEmpty();
    assertThat(Progress.timeLeft(50, 100, Duration.ofSeconds(1))).isEmpty();
    assertThat(Progress.timeLeft(100, 100, Duration.ofSeconds(9))).isEmpty();
    assertThat(Progress.timeLeft(25, 100, Duration.ofSeconds(5))).contains("15 s");
    assertThat(Progress.timeLeft(1, 1_000, Duration.ofSeconds(10))).contains("2 h 46 min");
  }

  @Test
  void liveLine_keepsTheFirstPartsThatFit() {
    List<String> parts = List.of("5/10 done (50%)", "1.0/s", "about 5 s left");
    assertThat(LiveLine.fitting(parts, 80))
        .isEqualTo("Stopping: 5/10 done (50%), 1.0/s, about 5 s left");
    assertThat(LiveLine.fitting(parts, 34)).isEqualTo("Stopping: 5/10 done (50%), 1.0/s");
    assertThat(LiveLine.fitting(parts, 20)).isEqualTo("Stopping: 5/10 done ");
  }

  @Test
  void tenThousandOutcomes_writeLittleToTheTerminal() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    OutcomeCounts counts = new OutcomeCounts(10_000);
    LiveLine line = new LiveLine(counts, pace("limit 100/s", 9), terminal, time);

    for (int i = 0; i < 10_000; i++) {
      counts.count(OutcomeLine.of(new Stopped(ID, STATS)));
      time.advanceTimeBy(Duration.ofMillis(10));
    }
    line.close();

    assertThat(terminal.errText().length() / 100).as("bytes per second").isBetween(50, 600);
    assertThat(terminal.errText())
        .contains("Stopping: ", "/10,000 done (", "9 waiting for STOPPED");
  }

  private void showLine(Pace pace) {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    LiveLine line = new LiveLine(new OutcomeCounts(10), pace, terminal, time);
    time.advanceTimeBy(Duration.ofSeconds(1));
    line.close();
  }

  @Test
  void lineOfAStart_namesItsGoal() {
    showLine(
        new Pace() {
          @Override
          public String text() {
            return "";
          }

          @Override
          public long waiting() {
            return 3;
          }

          @Override
          public boolean starts() {
            return true;
          }
        });

    assertThat(terminal.errText())
        .contains("Starting: 0/10 done (0%), ", "3 waiting for RUNNING")
        .doesNotContain("Stopping", "STOPPED");
  }

  @Test
  void pauseBetweenWaves_isInPlaceOfTheRate() {
    showLine(
        new Pace() {
          @Override
          public String text() {
            return "limit 9/s";
          }

          @Override
          public long waiting() {
            return 0;
          }

          @Override
          public String pause() {
            return "wave 2 in 4 min 3 s";
          }
        });

    assertThat(terminal.errText())
        .contains("Stopping: 0/10 done (0%), wave 2 in 4 min 3 s, limit 9/s");
  }

  @Test
  void unchangedLine_isNotRedrawn() {
    VirtualTimeScheduler time = VirtualTimeScheduler.create();
    OutcomeCounts counts = new OutcomeCounts(10);
    LiveLine line = new LiveLine(counts, pace("", 0), terminal, time);
    time.advanceTimeBy(Duration.ofMinutes(1));
    int written = terminal.errText().length();

    time.advanceTimeBy(Duration.ofMinutes(1));

    assertThat(terminal.errText()).hasSize(written);
    line.close();
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

  /** What this process did not report, another machine may have called. */
  @Test
  void missingOutcomeOfASharedRun_isNotCalledNotStarted() {
    OutcomeCounts counts = new OutcomeCounts(5, 1);
    counts.showRun(Map.of(Kind.STOPPED, 2L));

    assertThat(headline(ExitCode.INTERRUPTED, null, counts)).endsWith(" without an outcome");
    assertThat(headline(ExitCode.INSTANCES_FAILED, "why", counts)).endsWith(" without an outcome");
  }

  private static String headline(
      ExitCode exitCode, @Nullable String endedBy, OutcomeCounts counts) {
    ResumeHint hint = new ResumeHint(List.of("stop"), "night");
    return new Summary(new RequestStats(CallListener.NONE), hint, endedBy)
        .lines(exitCode, counts)
        .get(0);
  }

  @Test
  void liveLine_isRedrawnAroundLinesAndCleared() {
    OutcomeCounts counts = new OutcomeCounts(2);
    LiveLine line =
        new LiveLine(counts, pace("limit 9.5/s", 0), terminal, VirtualTimeScheduler.create());
    counts.count(OutcomeLine.of(new Unconfirmed(ID, STATS, "late", null)));
    line.update();
    line.print(terminal.err(), "a line");
    line.close();

    assertThat(terminal.errText())
        .contains("\r\u001b[Ka line\n")
        .contains("1/2 done (50%)", "1 failed or unconfirmed", "limit 9.5/s")
        .endsWith("\r\u001b[K");
    assertThat(terminal.errText().split("\r\u001b\\[K", -1)).allMatch(each -> each.length() < 100);
  }

  @Test
  void everyFormat_hasItsLine() {
    OutcomeLine failed =
        new OutcomeLine("i-1", null, Kind.FAILED, "Code", 400, "req", 2, 1_500, "why, \"so\"");
    InstanceLabel label = new InstanceLabel("=web", "zone-a", "env=dev, role=web");

    assertThat(new OutcomeFormat(OutputFormat.TEXT, 5, false).line(failed, label))
        .isEqualTo("i-1    FAILED          Code: why, \"so\" [=web, zone-a, env=dev, role=web]");
    assertThat(new OutcomeFormat(OutputFormat.CSV, 5, false).line(failed, label))
        .isEqualTo(
            "i-1,FAILED,Code,400,req,2,1500,\"why, \"\"so\"\"\",'=web,zone-a,"
                + "\"env=dev, role=web\"");
    assertThat(new OutcomeFormat(OutputFormat.CSV, 5, false).header())
        .isEqualTo(
            "instanceId,outcome,errorCode,httpStatus,requestId,attempts,elapsedMillis,message,"
                + "instanceName,zoneId,tags");
    assertThat(new OutcomeFormat(OutputFormat.TABLE, 5, false).line(failed, label))
        .matches("i-1 +FAILED +=web +zone-a +2 +1\\.5 s +Code: why, \"so\"");
    assertThat(new OutcomeFormat(OutputFormat.IDS, 5, false).line(failed, label)).isNull();
    assertThat(
            new OutcomeFormat(OutputFormat.IDS, 5, false)
                .line(OutcomeLine.of(new Stopped(ID, STATS)), label))
        .isEqualTo("i-1");
  }

  @Test
  void logging_isWarnUnlessVerbose() {
    String own = "org.slf4j.simpleLogger.log.io.fleetstop";
    String dropped = "org.slf4j.simpleLogger.log.reactor.core.publisher.Operators";
    assertThat(Logging.settings(false))
        .containsEntry(own, "warn")
        .containsEntry(dropped, "off")
        .containsEntry("org.slf4j.simpleLogger.log.io.lettuce", "off");
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

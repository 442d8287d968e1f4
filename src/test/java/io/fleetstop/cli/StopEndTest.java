package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.output.Terminal;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Runs that end early, and their exit codes. */
class StopEndTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(200).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private int stopAll(String... options) {
    List<String> args = new ArrayList<>(List.of("--yes", "--no-wait"));
    args.addAll(Arrays.asList(options));
    args.addAll(simulator.ids());
    return terminal.stop(simulator, args.toArray(new String[0]));
  }

  @Tag("guarantee:failure-budget")
  @Test
  void failureLimitExceeded_exitsWithThree() {
    simulator.failAlways("StopInstance", EcsErrors.INVALID_ARGUMENT);

    assertThat(stopAll("--max-failures", "3", "--rate", "200", "--burst", "1")).isEqualTo(3);
    assertThat(terminal.errText())
        .contains(
            "Ended early: Client.FailureBudgetExhausted: ",
            " skipped because the run ended",
            "Resume with: ");
    assertThat(simulator.calls()).isLessThan(200);
    // Every call that was made is reported.
    assertThat(terminal.outLines().stream().filter(line -> line.contains("  FAILED ")))
        .hasSize((int) simulator.ledger().calls("StopInstance"));
  }

  @Test
  void dryRunWithPlainSuccess_endsTheRun() throws IOException {
    try (RecordingServer server = new RecordingServer(200, RecordingServer.ACCEPTED)) {
      List<String> line =
          new ArrayList<>(
              List.of("stop", "--endpoint", server.endpoint(), "--dry-run", "--no-protect-tag"));
      line.addAll(List.of("--rate=20", "--burst=1", "--max-in-flight=1"));
      line.addAll(simulator.ids());

      assertThat(terminal.run(line.toArray(new String[0]))).isEqualTo(1);

      assertThat(server.queries()).hasSize(1);
      assertThat(terminal.outLines())
          .filteredOn(outcome -> !outcome.contains("  SKIPPED "))
          .singleElement()
          .asString()
          .contains("  UNCONFIRMED ", "answered the dry run as a real stop");
      assertThat(terminal.errText())
          .contains(
              "Ended early: Client.UnexpectedSuccess: ",
              "1 unconfirmed",
              " skipped because the run ended")
          .doesNotContain("Resume with: ");
    }
  }

  @Test
  void failurePercentExceeded_exitsWithThree() {
    simulator.failAlways("StopInstance", EcsErrors.INVALID_ARGUMENT);

    assertThat(stopAll("--max-failures", "50%", "--rate", "200", "--burst", "1")).isEqualTo(3);
    assertThat(terminal.errText()).contains("more than the limit of 50.0%");
  }

  @Test
  void failuresWithinTheLimit_exitWithOne() {
    simulator.failNext("StopInstance", EcsErrors.INVALID_ARGUMENT, 5);

    assertThat(stopAll("--max-failures", "5", "--rate", "2000")).isEqualTo(1);
    assertThat(terminal.errText()).contains("195 accepted, 5 failed");
  }

  @Test
  void rejectedKey_exitsWithFour() {
    terminal.env("VOLCENGINE_SECRET_KEY", "another");

    assertThat(stopAll("--no-protect-tag", "--rate", "200", "--burst", "1")).isEqualTo(4);
    assertThat(terminal.errText()).contains("Ended early: SignatureDoesNotMatch");
    assertThat(simulator.calls()).isLessThan(200);
    assertThat(simulator.ledger().effects()).isZero();
  }

  @Test
  void interrupt_drainsAndPrintsTheResumeCommand() {
    AtomicInteger lines = new AtomicInteger();
    terminal.onLine(
        line -> {
          if (lines.incrementAndGet() == 3) {
            terminal.interrupt();
          }
        });

    assertThat(stopAll("--rate", "50", "--burst", "1", "--run-id", "night 1")).isEqualTo(130);

    assertThat(simulator.calls()).isLessThan(200);
    assertThat(terminal.outLines().stream().filter(line -> line.contains("  ACCEPTED")))
        .hasSize((int) simulator.ledger().effects());
    assertThat(terminal.errText())
        .contains("Interrupted (run id night 1): no new calls are sent")
        .contains("Interrupted after ", " skipped because the run ended")
        .contains("Resume with: the same command and --run-id night 1");
    assertThat(terminal.signalsRestored()).isTrue();
  }

  @Test
  void interrupt_letsCallsInFlightComplete() {
    simulator.setLatency(Duration.ofMillis(300));
    AtomicInteger lines = new AtomicInteger();
    terminal.onLine(
        line -> {
          if (lines.incrementAndGet() == 1) {
            terminal.interrupt();
          }
        });

    int exitCode =
        terminal.stop(
            simulator,
            "--yes",
            "--no-wait",
            "--output=jsonl",
            "--rate=3",
            "--burst=3",
            simulator.ids().get(0),
            simulator.ids().get(1),
            simulator.ids().get(2),
            simulator.ids().get(3),
            simulator.ids().get(4));

    assertThat(exitCode).isEqualTo(130);
    assertThat(
            terminal.outJson().stream()
                .filter(line -> line.get("outcome").asString().equals("ACCEPTED")))
        .hasSize((int) simulator.ledger().effects())
        .hasSizeGreaterThanOrEqualTo(3);
    assertThat(terminal.errText()).contains("Resume with: fleetstop stop --run-id ");
  }

  @Test
  void interrupt_endsWaitsAsUnconfirmed() {
    TestTerminal bare = new TestTerminal();
    bare.onLine(line -> bare.interruptOnce());

    assertThat(bare.run("stop", "--simulate", "300", "--rate", "300", "--output=jsonl"))
        .isEqualTo(130);
    assertThat(bare.outJson())
        .anyMatch(
            line ->
                line.get("outcome").asString().equals("UNCONFIRMED")
                    && line.get("message")
                        .asString()
                        .contains("not stopped before the run was ended"));
  }

  @Test
  void interrupt_skipsQueuedCalls() {
    simulator.setLatency(Duration.ofMillis(200));
    terminal.onLine(line -> terminal.interruptOnce());

    assertThat(stopAll("--rate=2000", "--burst=200", "--max-in-flight=5")).isEqualTo(130);
    assertThat(simulator.calls()).isLessThan(200);
    assertThat(terminal.outLines().stream().filter(line -> line.contains("  ACCEPTED")))
        .hasSize((int) simulator.ledger().effects());
    assertThat(terminal.errText()).contains(" skipped because the run ended");
  }

  @Test
  void interruptDuringOutput_stopsCallsAtOnce() {
    // With a bar on the terminal, nothing is printed while a line waits for its reader.
    terminal.terminals(Terminal.Stream.STDERR);
    AtomicInteger lines = new AtomicInteger();
    AtomicLong atOnce = new AtomicLong();
    AtomicLong later = new AtomicLong();
    terminal.onLine(
        line -> {
          if (lines.incrementAndGet() == 3) {
            Schedulers.boundedElastic().schedule(terminal::interrupt);
            atOnce.set(callsIn(Duration.ofMillis(300)));
            later.set(callsIn(Duration.ofMillis(500)));
          }
        });

    assertThat(stopAll("--rate", "50", "--burst", "1")).isEqualTo(130);
    assertThat(later.get()).isEqualTo(atOnce.get()).isLessThan(100);
  }

  private long callsIn(Duration time) {
    return Mono.delay(time)
        .map(tick -> simulator.calls())
        .blockOptional(Duration.ofSeconds(20))
        .orElseThrow();
  }

  @Test
  void interruptAfterFailureLimit_reportsTheCause() {
    simulator.failAlways("StopInstance", EcsErrors.INVALID_ARGUMENT);
    terminal.onLine(
        line -> {
          // The failure limit is exceeded before the calls in flight are reported.
          if (line.contains("SKIPPED")) {
            terminal.interruptOnce();
          }
        });

    assertThat(stopAll("--max-failures", "3", "--rate", "200", "--burst", "1")).isEqualTo(130);
    assertThat(terminal.errText()).contains("Ended early: Client.FailureBudgetExhausted: ");
  }

  @Test
  void closedOutput_drainsTheRun() {
    terminal.onLine(line -> terminal.closeOut());

    assertThat(stopAll("--rate", "50", "--burst", "1")).isEqualTo(130);
    assertThat(simulator.calls()).isLessThan(200);
    assertThat(terminal.outLines()).hasSize(1);
    assertThat(terminal.errText()).contains("The output was closed");
  }

  @Test
  void sigterm_exitsWith130() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            "io.fleetstop.cli.Main",
            "stop",
            "--simulate=100000",
            "--output=jsonl",
            "--no-wait");
    Process process = Child.start(builder, Duration.ofSeconds(50));
    try (BufferedReader out = process.inputReader();
        BufferedReader err = process.errorReader()) {
      assertThat(out.readLine()).contains("\"ACCEPTED\"");
      // Not INT, which a process started in the background ignores.
      new ProcessBuilder("kill", "-TERM", Long.toString(process.pid())).start().waitFor();
      while (out.readLine() != null) {
        // Reads to the end.
      }
      assertThat(err.lines()).anyMatch(line -> line.startsWith("Resume with: fleetstop stop"));
      assertThat(process.waitFor()).isEqualTo(130);
    } finally {
      process.destroyForcibly();
    }
  }
}

package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** What a person at a real terminal meets, in the foreground and in the background. */
@Tag("long")
@EnabledOnOs(OS.LINUX)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class PseudoTerminalTest {

  private static final String BASH = "bash --norc --noprofile -i";
  private static final String DASH = "dash -i";

  /** The progress after the first outcomes. */
  private static final String BEGUN = " done (1%)";

  private final EcsSimulator simulator =
      EcsSimulator.builder().instances(300).stopDelay(Duration.ofMillis(200)).startNow();

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private PseudoTerminal open(String shell) throws IOException {
    Files.write(directory.resolve("ids"), simulator.ids());
    return PseudoTerminal.open(shell, directory, simulator, Map.of());
  }

  private String stop(String options) {
    return "fleetstop stop --endpoint " + simulator.endpoint() + " --ids-file ids --yes " + options;
  }

  @ParameterizedTest
  @ValueSource(strings = {BASH, DASH})
  void pastedBlock_runsToItsEnd(String shell) throws IOException {
    try (PseudoTerminal terminal = open(shell)) {
      terminal.type(stop("--rate 500\n") + "echo after-$((1+1))\n");

      assertThat(terminal.await("after-2\r\n")).contains("300 stopped");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {BASH, DASH})
  void backgroundJob_isNeverSuspended(String shell) throws IOException {
    try (PseudoTerminal terminal = open(shell)) {
      terminal.type(stop("--interactive --rate 500 &\n") + "wait; echo code-$?\n");

      assertThat(terminal.await("code-0\r\n"))
          .contains("--interactive has no effect in the background", "300 stopped")
          .doesNotContain("tty input", "\u001b[K");
    }
  }

  @Test
  void typedCommands_areReadOnRequest() throws IOException {
    try (PseudoTerminal terminal = open(BASH)) {
      terminal.type(stop("--interactive --no-wait --rate 5; echo code-$?\n"));
      terminal.await(BEGUN);
      terminal.type("drain\n");

      assertThat(terminal.await("code-130\r\n")).contains("Ending (run id ", "Resume with: ");
    }
  }

  @Test
  void interrupt_finishesAndPrintsHowToResume() throws IOException {
    try (PseudoTerminal terminal = open(BASH)) {
      terminal.type(
          stop("--no-wait --rate 5 --journal run.jsonl --report run.html; echo code-$?\n"));
      assertThat(terminal.await(BEGUN)).contains("If the run is killed, resume with: fleet");
      terminal.type("\u0003");

      assertThat(terminal.await("code-130\r\n")).contains("Interrupted (run id ", "Resume with: ");
      assertThatAllIsKept();
    }
  }

  @Test
  void waveQuestion_isNotAnsweredByWhatWasTypedBefore() throws IOException {
    try (PseudoTerminal terminal = open(BASH)) {
      terminal.type(
          stop(
              "--no-protect-tag --no-wait --rate 2 --wave 6,100% --confirm-waves; echo code-$?\n"));
      terminal.await("Wave 1 of 2 begins");
      terminal.type("yes\ny");
      terminal.await("Start wave 2 of 2");
      terminal.type("\n");

      terminal.await("code-130\r\n");
      assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(6);
    }
  }

  @Test
  void waveQuestion_isRefusedByCtrlDAndWaitsInTheBackground() throws IOException {
    try (PseudoTerminal terminal = open(BASH)) {
      terminal.type(stop("--no-wait --rate 500 --wave 6,100% --confirm-waves; echo code-$?\n"));
      terminal.await("Start wave 2 of 2");
      terminal.type("\u001a");
      terminal.await("Stopped");
      terminal.type("bg; sleep 1; jobs\n");
      assertThat(terminal.await("Running")).doesNotContain("tty input");
      terminal.type("fg\n");
      terminal.await("fg\r\n");
      terminal.await("fleetstop stop");
      terminal.type("\u0004");

      assertThat(terminal.await("6 accepted")).contains("was not confirmed and is not started");
      assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(6);
    }
  }

  @Test
  void idsThatAreTyped_endWithOneCtrlD() throws IOException {
    try (PseudoTerminal terminal = open(BASH)) {
      String stop = "fleetstop stop --endpoint " + simulator.endpoint() + " --ids-file -";
      terminal.type("echo be''gin; " + stop + "; echo code-$?\n");
      terminal.await("begin\r\n");
      terminal.type("\u0004");
      assertThat(terminal.await("code-2\r\n")).contains("no ids are in --ids-file -");

      terminal.type("echo be''gin; " + stop + "; echo code-$?\n");
      terminal.await("begin\r\n");
      terminal.type(simulator.ids().get(0) + "\n" + simulator.ids().get(1) + "\n\u0004");
      terminal.await("Continue? [y/N] ");
      terminal.type("n\n");
      assertThat(terminal.await("code-2\r\n")).contains("not confirmed; nothing was stopped");
    }
  }

  @Test
  void lostTerminal_isAnInterrupt() throws IOException, InterruptedException {
    try (PseudoTerminal terminal = open(BASH)) {
      terminal.type(stop("--no-wait --rate 5 --journal run.jsonl --report run.html\n"));
      terminal.await(BEGUN);
      terminal.hangUp();
      awaitFile(directory.resolve("run.html"));

      assertThat(simulator.ledger().calls("StopInstance")).isLessThan(300);
      assertThatAllIsKept();
    }
  }

  @Test
  void readerThatLeaves_isAnInterrupt() throws IOException {
    try (PseudoTerminal terminal = open(BASH)) {
      terminal.type(
          stop("--no-wait --rate 20 --journal run.jsonl --report run.html | head -n 2\n"));
      terminal.await("The output was closed");
      terminal.type("echo code-${PIPESTATUS[0]}\n");
      terminal.await("code-130\r\n");
      assertThatAllIsKept();
    }
  }

  @Test
  void questionInTheBackground_isRefused() throws IOException {
    try (PseudoTerminal terminal = open(BASH)) {
      terminal.type(stop("&\n").replace("--yes", "") + "wait $!; echo code-$?\n");

      assertThat(terminal.await("code-2\r\n")).contains("cannot be answered in the background");
      assertThat(simulator.ledger().calls("StopInstance")).isZero();
    }
  }

  private void awaitFile(Path file) {
    Flux.interval(Duration.ofMillis(50))
        .filter(tick -> Files.exists(file))
        .blockFirst(Duration.ofSeconds(40));
  }

  /** Each call that was sent has its outcome in the journal, and the report is whole. */
  private void assertThatAllIsKept() throws IOException {
    long outcomes =
        Files.readAllLines(directory.resolve("run.jsonl")).stream()
            .filter(line -> line.contains("\"event\":\"outcome\""))
            .count();
    assertThat(outcomes).isGreaterThanOrEqualTo(simulator.ledger().effects()).isPositive();
    assertThat(Files.readString(directory.resolve("run.html"))).contains("INTERRUPTED");
  }
}

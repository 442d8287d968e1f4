package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Commands typed during a run. */
class InteractiveCommandsTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(100).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);
  private final Disposable.Composite typists = Disposables.composite();

  @AfterEach
  void dispose() {
    typists.dispose();
    simulator.dispose();
  }

  private int stopAll(String... options) {
    List<String> args = new ArrayList<>(List.of("--yes", "--no-wait", "--interactive"));
    args.addAll(Arrays.asList(options));
    args.addAll(simulator.ids());
    return terminal.stop(simulator, args.toArray(new String[0]));
  }

  private void typeAfterLines(int count, String text) {
    // No command yet, but standard input is a terminal.
    terminal.type("");
    AtomicInteger lines = new AtomicInteger();
    terminal.onLine(
        line -> {
          if (lines.incrementAndGet() == count) {
            terminal.type(text);
          }
        });
  }

  private Mono<Long> printed(String text) {
    return Flux.interval(Duration.ofMillis(20))
        .filter(tick -> terminal.errText().contains(text))
        .next();
  }

  @Test
  void pause_sendsNoCallsUntilResume() {
    AtomicLong atPause = new AtomicLong();
    AtomicLong later = new AtomicLong();
    typeAfterLines(5, "pause\n");
    typists.add(
        printed("Paused: ")
            .delayElement(Duration.ofMillis(200))
            .doOnNext(tick -> atPause.set(simulator.calls()))
            .delayElement(Duration.ofMillis(600))
            .doOnNext(tick -> later.set(simulator.calls()))
            .subscribe(tick -> terminal.type(" RESUME \r\n")));

    // A hundred calls take two seconds; the pause does not add to the rate.
    assertThat(stopAll("--rate=50")).isZero();

    assertThat(atPause.get()).isBetween(5L, 90L).isEqualTo(later.get());
    assertThat(simulator.ledger().effects()).isEqualTo(100);
    assertThat(terminal.errText()).containsSubsequence("Paused: ", "Resumed.", "100 accepted");
  }

  @Test
  void pause_isShownInTheBar() {
    terminal.terminals(Stream.STDERR);
    typeAfterLines(5, "pause\n");
    typists.add(
        printed("Paused: ")
            .delayElement(Duration.ofMillis(500))
            .subscribe(tick -> terminal.type("resume\n")));

    assertThat(stopAll("--rate=50")).isZero();
    assertThat(terminal.errText()).containsSubsequence("Stopping", " paused");
  }

  @Test
  void drain_endsLikeAnInterrupt() {
    typeAfterLines(5, "pause\ndrain\n");

    assertThat(stopAll("--rate=20", "--run-id=night")).isEqualTo(130);
    assertThat(simulator.calls()).isLessThan(100);
    assertThat(terminal.errText())
        .contains(
            "Ending (run id night): no new calls are sent",
            "Ended after ",
            "Ended early: drain was typed")
        .contains(" skipped because the run ended", "Resume with: ");
  }

  @Test
  void drain_isFinal() {
    // A call on the wire keeps the run from ending before the rest is read.
    simulator.setLatency(Duration.ofMillis(500));
    typeAfterLines(1, "drain\nresume\npause\n");

    assertThat(stopAll("--rate=20")).isEqualTo(130);
    assertThat(terminal.errText())
        .containsSubsequence(
            "Ending (run id ",
            "The run is draining: no new calls are sent.",
            "The run is draining: no new calls are sent.")
        .doesNotContain("Resumed.", "Paused: ");
  }

  @Test
  void rate_changesTheFixedRate() {
    typeAfterLines(2, "rate 2000\n");

    assertThat(stopAll("--rate=4")).isZero();
    assertThat(terminal.errText()).contains("The rate is now 2,000/s.");
  }

  @Test
  void rate_changesTheCeilingOfAnAdaptiveRate() {
    typeAfterLines(2, "rate 500\n");

    assertThat(stopAll("--max-rate=4")).isZero();
    assertThat(terminal.errText()).contains("The rate is now at most 500/s, as far as");
  }

  @Test
  void unknownCommand_isReportedWithTheKnownOnes() {
    typeAfterLines(2, "\nhelp\nstop it\u001b[2J\nrate\nrate fast\nrate 0\nrate 2000\n");

    assertThat(stopAll("--rate=10")).isZero();
    assertThat(terminal.errText())
        .contains(
            "pause: send no new calls; resume: continue; rate N: N stop calls per second; drain:")
        .contains(
            "Unknown command: stop it\\u001b[2J. Use one of: pause, resume, rate N, drain, help")
        .contains("Unknown command: rate. ")
        .contains(
            "rate must be a decimal number above 0, such as 4 or 0.5, was \"fast\"", "was \"0\"")
        .doesNotContain("\u001b");
  }

  @Test
  void pipedInput_isNotRead() {
    terminal.input("drain\n");

    assertThat(stopAll("--rate=2000")).isZero();
    assertThat(terminal.unread()).isEqualTo("drain\n");
    assertThat(terminal.errText())
        .contains("--interactive has no effect, because stdin is not a terminal");
  }

  @Test
  void pastedLines_stayWithTheShellWithoutTheOption() {
    terminal.type("drain\necho done\n");

    String[] args = {"--yes", "--no-wait", "--rate=2000", simulator.ids().get(0)};
    assertThat(terminal.stop(simulator, args)).isZero();
    assertThat(terminal.unread()).isEqualTo("drain\necho done\n");
  }

  @Test
  void background_leavesTheTerminalAlone() {
    terminal.background().terminals(Stream.STDERR).type("drain\n");

    assertThat(stopAll("--rate=2000")).isZero();
    assertThat(terminal.unread()).isEqualTo("drain\n");
    assertThat(terminal.errText())
        .contains("--interactive has no effect in the background")
        .doesNotContain("\u001b");
  }

  @Test
  void dumbTerminal_getsNoEscapes() {
    terminal.env("TERM", "dumb").terminals(Stream.STDERR);

    assertThat(stopAll("--rate=2000")).isZero();
    assertThat(terminal.errText()).contains("100 accepted").doesNotContain("\u001b");
  }

  @Test
  void background_cannotBeAsked() {
    terminal.background().terminals(Stream.STDERR).type("y\n");

    String[] ids = simulator.ids().toArray(new String[0]);
    assertThat(terminal.stop(simulator, ids)).isEqualTo(2);
    assertThat(terminal.unread()).isEqualTo("y\n");
    assertThat(terminal.errText()).contains("the question cannot be answered in the background");
    assertThat(simulator.calls()).isZero();
  }

  @Test
  void idsTypedAtATerminal_areNoCommands() {
    terminal.terminals(Stream.STDIN).input(simulator.ids().get(0) + "\ndrain\n");

    assertThat(terminal.stop(simulator, "--yes", "--allow-missing", "--ids-file", "-"))
        .isEqualTo(2);
    assertThat(terminal.errText()).contains("drain", "instance id").doesNotContain("Ending");
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
  }

  @Test
  void completedRun_readsNoMoreInput() {
    terminal.type("");
    assertThat(stopAll("--rate=2000")).isZero();
    terminal.type("exit\n");
    assertThat(terminal.unread()).isEqualTo("exit\n");
  }
}

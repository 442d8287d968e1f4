package io.fleetstop.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.cli.TestTerminal;
import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.run.OutcomeLoop.Interruption;
import io.fleetstop.fleet.Operation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import reactor.test.util.RaceTestUtils;

/** A signal either ends the command before its run, or is an interruption of the run. */
class InterruptionRaceTest {

  private final TestTerminal terminal = new TestTerminal();

  @Test
  void signalBeforeTheRun_keepsTheRunFromStarting() {
    try (Interruption interruption = new Interruption(terminal)) {
      interrupt(terminal);
      assertThat(terminal.errText()).contains("interrupted; this command stopped nothing");

      assertThatThrownBy(() -> interruption.replaceAction(() -> {}))
          .isInstanceOfSatisfying(
              CommandFailure.class,
              failure -> assertThat(failure.exitCode()).isEqualTo(ExitCode.INTERRUPTED));
    }
  }

  @Test
  void signalBeforeAStart_namesTheStart() {
    try (Interruption interruption = new Interruption(terminal, Operation.START)) {
      interrupt(terminal);

      assertThat(terminal.errText())
          .isEqualTo("\nfleetstop: interrupted; this command started nothing\n");
      assertThat(begins(interruption)).isFalse();
    }
  }

  @Test
  void signalDuringTheRun_isPassedToIt() {
    List<String> actions = new ArrayList<>();
    try (Interruption interruption = new Interruption(terminal)) {
      interruption.replaceAction(() -> actions.add("drain"));
      terminal.interrupt();
    }
    assertThat(actions).containsExactly("drain");
    assertThat(terminal.errText()).isEmpty();
  }

  @Test
  void signalAtTheStart_eitherEndsTheCommandOrReachesTheRun() {
    for (int round = 0; round < 500; round++) {
      TestTerminal raced = new TestTerminal();
      AtomicBoolean started = new AtomicBoolean();
      try (Interruption interruption = new Interruption(raced)) {
        RaceTestUtils.race(() -> interrupt(raced), () -> started.set(begins(interruption)));
      }
      assertThat(raced.errText().contains("this command stopped nothing"))
          .isNotEqualTo(started.get());
    }
  }

  private static void interrupt(TestTerminal terminal) {
    try {
      terminal.interrupt();
    } catch (IllegalStateException e) {
      assertThat(e).hasMessage("the process was ended");
    }
  }

  private static boolean begins(Interruption interruption) {
    try {
      interruption.replaceAction(() -> {});
      return true;
    } catch (CommandFailure ended) {
      return false;
    }
  }
}

package io.fleetstop.cli;

import io.fleetstop.fleet.ShutdownProgress;
import io.fleetstop.fleet.ShutdownRun;
import java.util.Locale;
import picocli.CommandLine.TypeConversionException;

/** Does to a running shutdown what is typed, and says so. */
final class LiveControls {

  /** What can be typed, for the help. */
  static final String COMMANDS = "pause, go, rate N, end, help";

  private final ShutdownRun run;
  private final Pace pace;
  private final ConsoleReporter narrator;
  private final Runnable end;

  /**
   * The controls of a run.
   *
   * @param end ends the run, and says so
   */
  LiveControls(ShutdownRun run, Pace pace, ConsoleReporter narrator, Runnable end) {
    this.run = run;
    this.pace = pace;
    this.narrator = narrator;
    this.end = end;
  }

  /** Does what a line says. */
  void obey(String line) {
    String[] words = line.strip().toLowerCase(Locale.ROOT).split("\\s+", -1);
    if (words.length == 2 && words[0].equals("rate")) {
      changeRate(words[1]);
      return;
    }
    String command = words.length == 1 ? words[0] : line;
    if ((command.equals("pause") || command.equals("go")) && isEnding()) {
      narrator.note("The run is ending: no new calls are sent.");
      return;
    }
    switch (command) {
      case "" -> {}
      case "pause" -> {
        run.pause();
        narrator.paused(true);
        narrator.note("Paused: nothing is called until you type go; calls on the wire end.");
      }
      case "go" -> {
        run.resume();
        narrator.paused(false);
        narrator.note("Going on.");
      }
      case "end" -> end.run();
      case "help" ->
          narrator.note(
              "pause: call no more; go: go on; rate N: "
                  + (pace.isAdaptive() ? "at most " : "")
                  + "N stop calls per second; end: send nothing new, and end");
      default ->
          narrator.note(
              "Not a command: " + TerminalText.escape(line.strip()) + ". There are: " + COMMANDS);
    }
  }

  private boolean isEnding() {
    ShutdownProgress.State state =
        run.progressUpdates().map(ShutdownProgress::state).blockFirst(); // has one at once
    return state == ShutdownProgress.State.DRAINING || state == ShutdownProgress.State.TERMINATED;
  }

  private void changeRate(String number) {
    try {
      double rate = new Converters.Rate().convert(number);
      pace.changeRate(rate);
      narrator.note(
          "From now on "
              + (pace.isAdaptive() ? "at most " : "")
              + Numbers.rate(rate)
              + (pace.isAdaptive() ? ", as far as the service grants it." : "."));
    } catch (TypeConversionException e) {
      narrator.note("rate " + TerminalText.escape(String.valueOf(e.getMessage())));
    }
  }
}

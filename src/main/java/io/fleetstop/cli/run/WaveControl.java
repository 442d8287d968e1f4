package io.fleetstop.cli.run;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.cli.run.InteractiveCommands.CommandReader;
import io.fleetstop.fleet.IdSet;
import io.fleetstop.fleet.WaveApproval;
import io.fleetstop.fleet.WaveEnd;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The waves of a run: their list, the notes at their start and end, and the pause and the question
 * between them. A wave starts after the user was shown the outcomes of the previous one.
 */
public final class WaveControl implements WaveApproval {

  /** What the waves are shown on, and how they end the run. */
  private record Shown(ConsoleReporter reporter, Runnable onRefused) {}

  private final Terminal terminal;
  private final @Nullable Waves sizes;
  private final @Nullable Duration pause;
  private final boolean confirmed;
  private final long fleet;
  private final Waves waves;
  private final List<Long> ends;
  private final List<Sinks.Empty<Void>> reported;
  private @Nullable Shown shown;
  private long leftOut;
  private long leftOutProblems;
  private int ended;
  private long doneBefore;
  private long problemsBefore;

  /**
   * Creates the waves of a fleet.
   *
   * @param fleet the number of instances to stop
   */
  public WaveControl(StopArguments.Safety options, long fleet, Terminal terminal) {
    this(options, options.waves, fleet, terminal);
  }

  /**
   * Creates the waves of a fleet.
   *
   * @param sizes their sizes, or {@code null} without waves
   */
  public WaveControl(
      StopArguments.Safety options, @Nullable Waves sizes, long fleet, Terminal terminal) {
    this.terminal = terminal;
    this.sizes = sizes;
    this.pause = options.wavePause;
    this.confirmed = options.confirmWaves;
    this.fleet = fleet;
    this.waves = sizes == null ? Waves.none() : sizes.ofFleet(fleet);
    this.ends = waves.ends();
    this.reported = Stream.generate(Sinks::<Void>empty).limit(ends.size()).toList();
  }

  /**
   * Rejects options that have no effect, and a question that cannot be asked.
   *
   * @throws CommandFailure if there are any
   */
  public static void rejectConflicts(StopArguments options, Terminal terminal) {
    StopArguments.Safety safety = options.safety;
    if (safety.waves == null && (safety.confirmWaves || safety.wavePause != null)) {
      throw CommandFailure.usage(
          (safety.confirmWaves ? "--confirm-waves" : "--wave-pause")
              + " needs --wave; add it, for example --wave 1,10%,100%");
    }
    if (!safety.confirmWaves || options.how.plan) {
      return;
    }
    CommandFailure.reject(
        "--interactive", options.output.interactive, "--confirm-waves", safety.confirmWaves);
    if (!terminal.isTerminal(Terminal.Stream.STDIN)
        || !terminal.isTerminal(Terminal.Stream.STDERR)) {
      throw CommandFailure.usage(
          "--confirm-waves needs a terminal that answers; nothing was stopped. Without one, wait"
              + " between waves with --wave-pause D");
    }
    if (!terminal.isForeground()) {
      throw CommandFailure.usage(
          "--confirm-waves cannot be answered in the background; nothing was stopped. Run the"
              + " command in the foreground, or wait between waves with --wave-pause D");
    }
  }

  /** Returns a line for each wave, and one for the instances beyond the last; may be empty. */
  public List<String> list() {
    List<String> lines = new ArrayList<>();
    long reached = 0;
    for (Waves.Size size : sizes == null ? List.<Waves.Size>of() : sizes.sizes()) {
      long end = Math.min(fleet, size.of(fleet));
      if (end > reached) {
        lines.add(
            name(lines.size())
                + (size instanceof Waves.PercentSize ? " (" + written(size) + "): " : ": ")
                + TerminalText.instances(end - reached)
                + ", "
                + TerminalText.count(end)
                + " of "
                + TerminalText.count(fleet)
                + " in all");
        reached = end;
      }
    }
    if (sizes != null && left() > 0) {
      lines.add(
          "Not in a wave: "
              + TerminalText.instances(left())
              + " beyond the last size of --wave; end it with 100% to include them");
    }
    return lines;
  }

  private static String written(Waves.Size size) {
    return size.toString().replace(".0%", "%");
  }

  /** Returns the waves, which wait for this control. */
  public Waves waves() {
    return waves.approvedBy(this);
  }

  /** Returns the instances up to the end of the last wave that is written. */
  public Set<InstanceId> reached(Set<InstanceId> ids) {
    if (left() == 0) {
      return ids;
    }
    Set<InstanceId> reached = new IdSet();
    ids.stream().limit(fleet - left()).forEach(reached::add);
    return reached;
  }

  /** Returns the number of instances beyond the last wave. */
  public long left() {
    return ends.isEmpty() ? 0 : fleet - ends.get(ends.size() - 1);
  }

  /**
   * Returns what is beyond the last wave and how to stop it, or {@code null} if nothing is.
   *
   * @param isJournaled whether the run can be resumed with other waves
   */
  public @Nullable String afterLast(
      ExitCode exitCode, boolean isJournaled, Summary.ResumeHint resumeHint) {
    long left = left();
    if (left == 0 || exitCode == ExitCode.INTERRUPTED) {
      return null;
    }
    return TerminalText.count(left)
        + (left == 1 ? " instance is" : " instances are")
        + " beyond the last size of --wave and not stopped. "
        + (isJournaled
            ? "Stop the next waves with: " + resumeHint.command()
            : "To stop them, run the command again with a last size of 100%.");
  }

  /**
   * Starts to show the waves on a reporter, whose counts so far belong to no wave.
   *
   * @param onRefused ends the run when the user refuses a wave
   */
  void begin(ConsoleReporter reporter, Runnable onRefused) {
    this.shown = new Shown(reporter, onRefused);
    leftOut = reporter.counts().done();
    leftOutProblems = reporter.counts().problems();
    if (!ends.isEmpty()) {
      reporter.info(start(0));
    }
  }

  /** Shows the end of a wave after its last outcome. Called for each outcome, by one thread. */
  void onReported() {
    ConsoleReporter reporter = shown().reporter();
    OutcomeCounts counts = reporter.counts();
    long doneSoFar = counts.done() - leftOut;
    if (ended == ends.size() || doneSoFar < ends.get(ended)) {
      return;
    }
    long problemsSoFar = counts.problems() - leftOutProblems;
    reporter.info(
        name(ended)
            + " has ended: "
            + TerminalText.count(problemsSoFar - problemsBefore)
            + " of "
            + TerminalText.instances(doneSoFar - doneBefore)
            + " failed or unconfirmed");
    doneBefore = doneSoFar;
    problemsBefore = problemsSoFar;
    reported.get(ended++).tryEmitEmpty();
  }

  @Override
  public Publisher<Boolean> approve(WaveEnd end) {
    if (end.wave() == ends.size()) {
      // What is beyond the last size that is written is not stopped.
      return Mono.just(false);
    }
    ConsoleReporter reporter = shown().reporter();
    // Notes may block on stderr.
    Mono<Boolean> answer = confirmed ? ask(end.wave()) : Mono.just(true);
    return reported
        .get(end.wave() - 1)
        .asMono()
        .publishOn(Schedulers.boundedElastic())
        .then(Mono.defer(() -> pause(end.wave())))
        .then(answer)
        .publishOn(Schedulers.boundedElastic())
        .doOnNext(
            approved -> {
              if (approved) {
                reporter.info(start(end.wave()));
              } else {
                shown().onRefused().run();
              }
            });
  }

  private Mono<Void> pause(int next) {
    Duration time = pause;
    if (time == null) {
      return Mono.empty();
    }
    ConsoleReporter reporter = shown().reporter();
    reporter.info(name(next) + " begins in " + TerminalText.time(time));
    Scheduler clock = Schedulers.parallel();
    long end = clock.now(TimeUnit.NANOSECONDS) + time.toNanos();
    reporter.showPause(
        () -> {
          long left = end - clock.now(TimeUnit.NANOSECONDS);
          Duration rounded = Duration.ofNanos(left).plusMillis(999);
          return "wave " + (next + 1) + " in " + Progress.seconds(rounded);
        });
    return Mono.delay(time, clock).then().doFinally(signal -> reporter.showPause(() -> ""));
  }

  private Mono<Boolean> ask(int next) {
    return Mono.<Boolean>create(answer -> ask(next, answer))
        .subscribeOn(Schedulers.boundedElastic());
  }

  private void ask(int next, MonoSink<Boolean> answer) {
    ConsoleReporter reporter = shown().reporter();
    String question = "Start " + start(next, "wave ") + "? [y/N] ";
    // What was typed before the question is no answer to it.
    terminal.discardTyped();
    CommandReader reader =
        new CommandReader(
            terminal,
            line -> {
              switch (line.strip().toLowerCase(Locale.ROOT)) {
                case "y", "yes" -> answer.success(true);
                case "", "n", "no" -> answer.success(false);
                default -> reporter.prompt("Type yes or no. " + question);
              }
            });
    Runnable restore = terminal.refuseBackgroundReads();
    answer.onDispose(
        () -> {
          reader.close();
          restore.run();
          reporter.endPrompt();
        });
    answer.onCancel(() -> reporter.prompt("\n"));
    reporter.prompt(question);
    reader.awaitAnswer(Schedulers.boundedElastic());
  }

  private Shown shown() {
    return Objects.requireNonNull(shown, "not started");
  }

  private String start(int wave) {
    return name(wave) + " begins: " + TerminalText.instances(size(wave));
  }

  private String start(int wave, String word) {
    return word
        + (wave + 1)
        + " of "
        + ends.size()
        + " ("
        + TerminalText.instances(size(wave))
        + ")";
  }

  private long size(int wave) {
    return ends.get(wave) - (wave == 0 ? 0 : ends.get(wave - 1));
  }

  private String name(int wave) {
    return "Wave " + (wave + 1) + " of " + ends.size();
  }
}

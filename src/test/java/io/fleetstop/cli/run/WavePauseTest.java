package io.fleetstop.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.TestTerminal;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.cli.output.OutcomeLine;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.fleet.WaveEnd;
import io.fleetstop.fleet.Waves;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

/** The progress during {@code --wave-pause}. */
class WavePauseTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
  private final TestTerminal terminal = new TestTerminal().terminals(Stream.STDERR);

  @AfterEach
  void realTime() {
    VirtualTimeScheduler.reset();
  }

  @Test
  void remainingTime_isShownUntilTheWaveBegins() {
    StopArguments options = new StopArguments();
    new CommandLine(options).parseArgs("--wave=1,100%", "--wave-pause=5m");
    WaveControl waves =
        new WaveControl(
            options.safety, Waves.of(Waves.Size.count(1), Waves.Size.count(2)), 2, terminal);
    ConsoleReporter reporter =
        new ConsoleReporter(
            terminal,
            options.output,
            Set.of(InstanceId.of("i-1"), InstanceId.of("i-2")),
            Progress.NO_PACE,
            id -> InstanceLabel.UNKNOWN,
            outcome -> {},
            Schedulers.parallel());
    waves.begin(reporter, () -> {});
    reporter.report(OutcomeLine.skipped(InstanceId.of("i-1"), "a test"));
    waves.onReported();
    Disposable next = Mono.from(waves.approve(new WaveEnd(1, 1, 0))).subscribe();

    time.advanceTimeBy(Duration.ofSeconds(30));
    assertThat(terminal.errText())
        .contains("Wave 2 of 2 begins in 5 min 0 s", "1/2 done (50%), wave 2 in 4 min 30 s")
        .doesNotContain("left");
    time.advanceTimeBy(Duration.ofMinutes(5));
    reporter.end();

    assertThat(next.isDisposed()).isTrue();
    assertThat(terminal.errText()).contains("wave 2 in 1 s", "Wave 2 of 2 begins: 1 instance\n");
    assertThat(terminal.errText().substring(terminal.errText().indexOf("2 of 2 begins: 1")))
        .contains("/s")
        .doesNotContain("wave 2 in");
  }
}

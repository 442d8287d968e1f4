package io.fleetstop.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.cli.TestTerminal;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.ConsoleReporter;
import io.fleetstop.cli.output.InstanceLabel;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.run.Summary.ResumeHint;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** The exit code of a run by its outcomes. */
class OutcomeLoopTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(3).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);
  private final EcsClient client =
      EcsClient.builder()
          .region(simulator.region())
          .endpoint(simulator.endpoint())
          .credentials(
              CredentialsProvider.fixed(
                  Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey())))
          .build();

  @AfterEach
  void dispose() {
    client.closeAsync().block(Duration.ofSeconds(10));
    simulator.dispose();
  }

  /** Stops the first {@code seen} of three instances; the others get no outcome. */
  private ExitCode stop(int seen) {
    StopArguments options = new StopArguments();
    new CommandLine(options).parseArgs();
    Set<InstanceId> ids =
        simulator.ids().stream()
            .map(InstanceId::of)
            .collect(Collectors.toCollection(LinkedHashSet::new));
    try (RunReport report = RunReport.begin(options, RunLimits.of(options), terminal)) {
      ConsoleReporter reporter =
          new ConsoleReporter(
              terminal,
              options.output,
              ids,
              Progress.NO_PACE,
              id -> InstanceLabel.UNKNOWN,
              outcome -> report.add(outcome, InstanceLabel.UNKNOWN),
              Schedulers.boundedElastic());
      WaveControl waves = new WaveControl(options.safety, ids.size(), terminal);
      ShutdownOptions shutdown =
          ShutdownOptions.builder().protectTag("").awaitStopped(false).build();
      return new OutcomeLoop(
              RunHandle.of(
                  FleetShutdown.create(client, shutdown).run(Flux.fromIterable(ids).take(seen))),
              reporter,
              waves,
              new ResumeHint(List.of("stop"), "night"))
          .stop();
    }
  }

  @Test
  void outcomeForEachInstance_isSuccess() {
    assertThat(stop(3)).isEqualTo(ExitCode.SUCCESS);
  }

  @Tag("guarantee:one-outcome")
  @Test
  void missingOutcome_isFailure() {
    assertThat(stop(2)).isEqualTo(ExitCode.INSTANCES_FAILED);
    assertThat(terminal.outLines()).hasSize(2);
  }
}

package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.GatewayErrors;
import io.fleetstop.model.Instance.State;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.SimulatedInstance;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

class WaitCommandTest {

  private final EcsSimulator simulator =
      EcsSimulator.builder()
          .instance("i-stopped", "STOPPED")
          .instance("i-stopping", "STOPPING")
          .instance("i-error", "ERROR")
          .instance(SimulatedInstance.builder("i-stuck").status("STOPPING").neverSettles().build())
          .stopDelay(Duration.ofMillis(300))
          .startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private int await(String... args) {
    String[] all = new String[args.length + 4];
    all[0] = "wait";
    all[1] = "--endpoint";
    all[2] = simulator.endpoint().toString();
    all[3] = "--interval=50ms";
    System.arraycopy(args, 0, all, 4, args.length);
    return terminal.run(all);
  }

  @Test
  void reachedStatus_isPrintedAndExitsWithZero() {
    assertThat(await("i-stopping", "i-stopped")).isZero();

    assertThat(terminal.outLines())
        .containsExactlyInAnyOrder("i-stopped  STOPPED", "i-stopping  STOPPED");
    assertThat(terminal.errText()).startsWith("2 of 2 instances are STOPPED after ");
  }

  @Test
  void hopelessMissingAndLateInstances_haveTheirReason() {
    assertThat(await("i-error", "i-none", "i-stuck", "--timeout=500ms")).isOne();

    assertThat(terminal.outLines())
        .containsExactly(
            "i-error  ERROR  will not be STOPPED without help",
            "i-none  NOT STOPPED  does not exist; check the id and the region",
            "i-stuck  NOT STOPPED  not STOPPED within 0.5 s");
    assertThat(terminal.errText()).startsWith("0 of 3 instances are STOPPED after ");
  }

  @Test
  void json_namesStatusAndReason() {
    assertThat(await("--until=running", "i-error", "--output=jsonl")).isOne();

    JsonNode line = terminal.outJson().get(0);
    assertThat(line.propertyNames()).containsExactly("instanceId", "status", "reached", "message");
    assertThat(line.path("reached").asBoolean()).isFalse();
  }

  @Test
  void rejectedCall_exitsWithFour() {
    simulator.failAlways("DescribeInstances", GatewayErrors.ACCESS_DENIED);

    assertThat(await("i-stopped")).isEqualTo(4);
    assertThat(terminal.errText()).contains("AccessDenied", "run the command again to continue");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--until=STOPPD i-1 | must be STOPPED or RUNNING, was \"STOPPD\": did you mean STOPPED?",
        "--timeout=90 i-1 | must be a duration such as 500ms, 90s, 5m, 1h30m, 1d or PT1M30S",
        "--simulate=3 i-1 | --simulate has instances that stay RUNNING, so that none will be STOPPED",
        "--until=STOPPED | no instances are given: give ids or --ids-file FILE"
      })
  void usageError_exitsWithTwo(String words, String message) {
    assertThat(terminal.run(("wait " + words).split(" ", -1))).isEqualTo(2);
    assertThat(terminal.errText()).contains(message);
  }

  @ParameterizedTest
  @CsvSource({
    "STOPPED,STOPPED,REACHED",
    "RUNNING,STOPPED,PENDING",
    "STOPPING,STOPPED,PENDING",
    "UNRECOGNIZED,STOPPED,PENDING",
    "ERROR,RUNNING,HOPELESS",
    "DELETING,STOPPED,HOPELESS"
  })
  void progress_dependsOnTheState(State state, State until, WaitCommand.Progress expected) {
    assertThat(WaitCommand.progress(state, until)).isEqualTo(expected);
  }
}

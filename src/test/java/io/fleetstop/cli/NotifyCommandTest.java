package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.OutcomeCounts;
import io.fleetstop.cli.run.NotifyCommand;
import io.fleetstop.cli.run.Summary.ResumeHint;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The option {@code --notify-command}. */
@DisabledOnOs(OS.WINDOWS)
class NotifyCommandTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(3).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private int stop(String command, String... more) {
    return terminal.stop(
        simulator,
        Stream.of(
                new String[] {"--yes", "--no-wait", "--notify-command=" + command},
                more,
                simulator.ids().toArray(String[]::new))
            .flatMap(Stream::of)
            .toArray(String[]::new));
  }

  private Path sent() {
    return directory.resolve("sent");
  }

  private String keep() {
    return "cat > " + sent();
  }

  private JsonNode summary() throws IOException {
    assertThat(Files.readAllLines(sent())).hasSize(1);
    return new JsonMapper().readTree(Files.readString(sent()));
  }

  @Test
  void command_getsTheSummaryAtTheEnd() throws IOException {
    assertThat(stop(keep(), "--journal=" + directory.resolve("j"))).isZero();

    JsonNode summary = summary();
    assertThat(summary.get("exitCode").intValue()).isZero();
    assertThat(summary.get("exit").stringValue()).isEqualTo("SUCCESS");
    assertThat(summary.get("region").stringValue()).isEqualTo(simulator.region());
    assertThat(summary.get("instances").intValue()).isEqualTo(3);
    assertThat(summary.get("withoutOutcome").intValue()).isZero();
    assertThat(summary.get("outcomes").get("ACCEPTED").intValue()).isEqualTo(3);
    assertThat(summary.get("journal").stringValue()).isEqualTo(directory.resolve("j").toString());
    assertThat(summary.get("reason").isNull()).isTrue();
    assertThat(terminal.errText()).contains(summary.get("runId").stringValue());
  }

  @Test
  void command_receivesFailures() throws IOException {
    simulator.failAlways(simulator.ids().get(0), EcsErrors.INVALID_ARGUMENT);
    assertThat(stop(keep())).isEqualTo(1);

    assertThat(summary().get("exitCode").intValue()).isEqualTo(1);
    assertThat(summary().get("errors").get(EcsErrors.INVALID_ARGUMENT.code()).intValue())
        .isEqualTo(1);
  }

  @Test
  void command_isRunAfterAnInterrupt() throws IOException {
    terminal.onLine(line -> terminal.interruptOnce());
    assertThat(stop(keep(), "--rate=1", "--max-in-flight=1")).isEqualTo(130);

    assertThat(summary().get("exit").stringValue()).isEqualTo("INTERRUPTED");
    assertThat(summary().get("outcomes").get("SKIPPED").intValue()).isPositive();
  }

  @Test
  void command_isRunIfAStartDoesNotBegin() throws IOException {
    String journal = "--journal=" + directory.resolve("run.jsonl");
    assertThat(stop("true", journal)).isZero();
    simulator.failAlways("DescribeInstances", GatewayErrors.INVALID_ACCESS_KEY);

    assertThat(terminal.start(simulator, "--yes", journal, "--notify-command=" + keep()))
        .isEqualTo(4);

    assertThat(summary().get("exitCode").intValue()).isEqualTo(4);
    assertThat(summary().get("reason").stringValue())
        .startsWith("the instances of the journal cannot be described: InvalidAccessKey");
  }

  @Test
  void command_isRunIfTheRunDoesNotBegin() throws IOException {
    assertThat(stop(keep(), "--min-instances=7")).isEqualTo(2);

    assertThat(summary().get("exit").stringValue()).isEqualTo("USAGE");
    assertThat(summary().get("reason").stringValue()).contains("fewer than the 7");
  }

  /** What prints the line must not show other text than the reason has. */
  @Test
  void summary_hasNoCharacterThatControlsATerminal() throws IOException {
    String reason = "no access for \u202e\u009b2Jroot\u2028";
    StopArguments options = new StopArguments();
    options.output.notifyCommand = keep();
    new NotifyCommand(options, terminal)
        .run(
            ExitCode.CONFIGURATION,
            new OutcomeCounts(0),
            new ResumeHint(List.of("stop"), "night"),
            "cn-beijing",
            reason,
            null);

    assertThat(Files.readString(sent())).matches("[ -~]+\n");
    assertThat(summary().get("reason").stringValue()).isEqualTo(reason);
  }

  @Test
  void rejectedCommandLine_runsNoCommand() {
    assertThat(stop(keep(), "--wait")).isEqualTo(2);
    assertThat(sent()).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "exit 7, ended with exit code 7",
    "no-such-command-here, ended with exit code 127",
    "kill -9 $$, ended with exit code 137"
  })
  void failureOfTheCommand_isPrintedAndChangesNothing(String command, String message) {
    assertThat(stop(command)).isZero();
    assertThat(terminal.errText())
        .contains("fleetstop: --notify-command " + message + "; the exit code is that of the run");
  }

  @Test
  void commandThatIgnoresItsInput_isNoFailure() {
    assertThat(stop("exec <&-; true")).isZero();
    assertThat(terminal.errText()).doesNotContain("fleetstop: --notify-command");
  }

  @Test
  void outputOfTheCommand_doesNotMixWithOutcomes() {
    assertThat(stop("cat; echo {}", "--output=jsonl")).isZero();
    assertThat(terminal.outJson()).hasSize(3).allMatch(line -> line.has("instanceId"));
  }

  @Test
  void environmentOfTheCommand_hasNoCredentials() throws IOException, InterruptedException {
    ProcessBuilder child =
        ChildProcess.stop(
            simulator,
            "--no-wait",
            "--no-protect-tag",
            "--notify-command",
            "env > " + sent(),
            simulator.ids().get(0));
    child.environment().put("WEBHOOK", "kept");
    for (String name : List.of("VOLCSTACK_SECRET_ACCESS_KEY", "VOLC_SECRETKEY", "VOLCANO_TOKEN")) {
      child.environment().put(name, "hidden");
    }
    for (String name : List.of("JAVA_OPTS", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS")) {
      child.environment().put(name, "-Dhttp.proxyPassword=hidden");
    }
    child.redirectErrorStream(true).redirectOutput(directory.resolve("out").toFile());
    assertThat(Child.run(child, Duration.ofSeconds(50)).exitCode()).isZero();

    assertThat(Files.readString(sent()))
        .contains("WEBHOOK=kept", "PATH=")
        .doesNotContain(simulator.secretAccessKey(), "VOLC", "hidden", "_OPTIONS=");
  }

  @Test
  void reportAndSummary_doNotShowTheCommand() throws IOException {
    String secret = "https://hooks.example/T0/s3cr3t";
    Path report = directory.resolve("run.html");
    terminal.onLine(line -> terminal.interruptOnce());
    assertThat(stop(keep() + " # " + secret, "--rate=1", "--max-in-flight=1", "--report=" + report))
        .isEqualTo(130);

    assertThat(Files.readString(report)).doesNotContain("s3cr3t");
    assertThat(Files.readString(sent())).doesNotContain("s3cr3t");
  }
}

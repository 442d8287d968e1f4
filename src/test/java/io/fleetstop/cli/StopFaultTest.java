package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Fault;
import io.fleetstop.simulator.RandomFaults;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** Failures outside the service: pipes, directories and host names. */
@Tag("long")
class StopFaultTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(200).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  /** Runs {@code fleetstop stop} as {@code "$@"} of a script; returns the exit code. */
  private int inShell(String script, String... options) throws IOException, InterruptedException {
    List<String> args =
        new ArrayList<>(
            List.of(
                "--yes",
                "--no-wait",
                "--no-protect-tag",
                "--ids-file=" + Files.write(directory.resolve("ids"), simulator.ids()),
                "--journal=" + journal()));
    args.addAll(Arrays.asList(options));
    List<String> command = new ArrayList<>(List.of("bash", "-c", script, "-"));
    command.addAll(ChildProcess.stop(simulator, args.toArray(new String[0])).command());
    ProcessBuilder builder = ChildProcess.stop(simulator).command(command);
    return builder
        .redirectOutput(directory.resolve("out").toFile())
        .redirectError(directory.resolve("err").toFile())
        .start()
        .waitFor();
  }

  private Path journal() {
    return directory.resolve("run.jsonl");
  }

  private void assertThatTheRestCanBeStopped() {
    List<String> args = new ArrayList<>(List.of("--yes", "--no-wait", "--no-protect-tag"));
    args.addAll(List.of("--rate=2000", "--resume", "--journal=" + journal()));
    args.addAll(simulator.ids());
    assertThat(terminal.stop(simulator, args.toArray(new String[0]))).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(200);
    assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
  }

  @Test
  void brokenPipe_drainsAndCanBeResumed() throws IOException, InterruptedException {
    int exitCode =
        inShell("\"$@\" | head -n 1; exit ${PIPESTATUS[0]}", "--output=jsonl", "--rate=50");

    assertThat(exitCode).isEqualTo(130);
    assertThat(directory.resolve("out")).content().hasLineCount(1).contains("\"ACCEPTED\"");
    assertThat(directory.resolve("err"))
        .content()
        .contains("The output was closed: no new calls are sent", "Resume with: ");
    assertThat(simulator.ledger().effects()).isLessThan(200);
    assertThatTheRestCanBeStopped();
  }

  @Test
  void closedStdout_drainsAndKeepsTheJournal() throws IOException, InterruptedException {
    assertThat(inShell("exec \"$@\" >&-", "--output=jsonl", "--rate=50")).isEqualTo(130);

    assertThat(simulator.ledger().effects()).isLessThan(200);
    assertThatTheRestCanBeStopped();
  }

  @Test
  void closedStderr_changesNothing() throws IOException, InterruptedException {
    assertThat(inShell("exec \"$@\" 2>&-", "--output=jsonl", "--rate=2000")).isZero();

    assertThat(Files.readAllLines(directory.resolve("out"))).hasSize(200);
    assertThatTheRestCanBeStopped();
  }

  @Test
  void fullStderr_changesNothing() throws IOException, InterruptedException {
    assumeTrue(Files.exists(Path.of("/dev/full")), "there is no /dev/full here");

    assertThat(inShell("exec \"$@\" 2>/dev/full", "--output=jsonl", "--rate=2000")).isZero();
    assertThat(Files.readAllLines(directory.resolve("out"))).hasSize(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--journal=", "--report="})
  void unwritableDirectory_failsBeforeAnyCall(String option) throws IOException {
    Path file = Files.createFile(directory.resolve("file"));
    assertThat(terminal.stop(simulator, option + file.resolve("run.x"), simulator.ids().get(0)))
        .isEqualTo(2);
    assertThat(terminal.errText()).startsWith("fleetstop: " + option.replace("=", ": "));
    // Not even root can make a file there.
    Path closed = Path.of("/sys");
    if (Files.isDirectory(closed)) {
      assertThat(
              terminal.stop(
                  simulator, option + closed.resolve("fleetstop.x"), simulator.ids().get(0)))
          .isEqualTo(2);
      assertThat(terminal.errText()).contains(" /sys");
    }
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
  }

  @Test
  void retryBudget_boundsTheRetriesOfTheRun() {
    String instance = simulator.ids().get(0);
    simulator.failAlways(instance, GatewayErrors.INTERNAL_SERVICE_TIMEOUT);

    assertThat(
            terminal.stop(simulator, "--output=jsonl", "--dry-run", "--retry-budget=1", instance))
        .isEqualTo(1);
    // One retry of the first call, none of the four that follow it.
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(6);
  }

  @Test
  void unresolvableEndpoint_failed() {
    String[] args = {
      "stop", "--endpoint=http://no-such-host.invalid", "--no-protect-tag", "--output=jsonl"
    };
    String[] more = {"--max-attempts=2", "--max-failures=5", "i-1"};
    List<String> all = new ArrayList<>(Arrays.asList(args));
    all.addAll(Arrays.asList(more));

    assertThat(terminal.run(all.toArray(new String[0]))).isEqualTo(1);
    assertThat(terminal.outJson().get(0).get("outcome").asString()).isEqualTo("FAILED");
    assertThat(terminal.outJson().get(0).get("errorCode").asString()).startsWith("Client.");
  }

  @Test
  void signalBeforeTheRun_removesTheReport() throws IOException, InterruptedException {
    simulator.setFaults(
        RandomFaults.builder().actions("DescribeInstances").fault(Fault.HUNG, 1).build());
    Path reports = Files.createDirectory(directory.resolve("reports"));
    Process child =
        ChildProcess.stop(
                simulator,
                "--yes",
                "--max-instances=9",
                "--status=RUNNING",
                "--report=" + reports.resolve("night.html"))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("out").toFile())
            .start();
    try {
      Flux.interval(Duration.ofMillis(5))
          .filter(tick -> !child.isAlive() || simulator.ledger().calls("DescribeInstances") > 0)
          .blockFirst(Duration.ofSeconds(60));
      assertThat(child.isAlive()).as(Files.readString(directory.resolve("out"))).isTrue();
      assertThat(reports).isDirectoryContaining("glob:**.part");
      child.destroy();
      assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      child.destroyForcibly().waitFor();
    }

    assertThat(reports).isEmptyDirectory();
  }
}

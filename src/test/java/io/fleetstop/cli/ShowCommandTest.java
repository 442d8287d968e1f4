package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code fleetstop show}, and reports of resumed runs: one run, one report. */
class ShowCommandTest {

  private final EcsSimulator simulator =
      EcsSimulator.builder().instances(60).stopDelay(Duration.ofMillis(10)).startNow();

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private Path journal() {
    return directory.resolve("run.jsonl");
  }

  private Path report() {
    return directory.resolve("run.html");
  }

  private int stop(TestTerminal terminal, String... options) {
    List<String> args =
        new ArrayList<>(List.of("--yes", "--journal=" + journal(), "--run-id=night"));
    args.addAll(Arrays.asList(options));
    if (args.stream().noneMatch(arg -> arg.startsWith("--rate="))) {
      args.add("--rate=500"); // an adaptive rate would take seconds to grow
    }
    args.addAll(simulator.ids());
    return terminal.stop(simulator, args.toArray(new String[0]));
  }

  /** Stops some instances, and leaves the others to a resumed run. */
  private void interruptedRun() {
    TestTerminal terminal = TestTerminal.of(simulator);
    terminal.onLine(line -> terminal.interruptOnce());
    assertThat(stop(terminal, "--rate=50", "--max-in-flight=2", "--report=" + report()))
        .isEqualTo(130);
  }

  private TestTerminal show(int exitCode, String... options) {
    TestTerminal terminal = new TestTerminal();
    List<String> args = new ArrayList<>(List.of("show", journal().toString()));
    args.addAll(Arrays.asList(options));
    assertThat(terminal.run(args.toArray(new String[0])))
        .as(terminal.errText())
        .isEqualTo(exitCode);
    return terminal;
  }

  private JsonNode data(String element) throws IOException {
    Matcher found =
        Pattern.compile("id=\"" + element + "\">(.*?)</script>", Pattern.DOTALL)
            .matcher(Files.readString(report()));
    assertThat(found.find()).isTrue();
    return new JsonMapper().readTree(found.group(1));
  }

  @Test
  void resumedRun_isReportedAsAWhole() throws IOException {
    interruptedRun();
    int before = data("run-data").get("outcomes").get("STOPPED").intValue();
    assertThat(before).isBetween(1, 59);
    TestTerminal again = TestTerminal.of(simulator);

    assertThat(stop(again, "--resume", "--report=" + report())).isZero();

    assertThat(again.outLines()).hasSize(60 - before);
    assertThat(again.errText())
        .contains(": 60 instances, 60 stopped (" + before + " of them before the run was resumed)");
    assertThat(data("outcome-data").size()).isEqualTo(60);
    JsonNode run = data("run-data");
    assertThat(run.get("instances").intValue()).isEqualTo(60);
    assertThat(run.get("instancesBefore").intValue()).isEqualTo(before);
    assertThat(run.get("outcomes").toString()).isEqualTo("{\"STOPPED\":60}");
    assertThat(run.get("begun").stringValue()).isLessThan(run.get("started").stringValue());
  }

  @Test
  void finishedRun_resumedOnceMore_keepsItsReport() throws IOException {
    assertThat(stop(TestTerminal.of(simulator), "--report=" + report())).isZero();

    TestTerminal again = TestTerminal.of(simulator);
    assertThat(stop(again, "--resume", "--report=" + report())).isZero();

    assertThat(again.errText()).contains(": 60 instances, 60 stopped (60 of them before");
    assertThat(data("outcome-data").size()).isEqualTo(60);
  }

  @Test
  void summary_isOfTheWholeRun() {
    simulator.failNext("StopInstance", EcsErrors.INVALID_ARGUMENT, 2);
    assertThat(stop(TestTerminal.of(simulator), "--force")).isEqualTo(1);

    TestTerminal shown = show(1);

    assertThat(shown.errText()).isEmpty();
    assertThat(shown.outText())
        .startsWith("Run night: cn-beijing, KeepCharging, force\nBegun 20")
        .contains("\n60 instances in the journal: 58 stopped, 2 failed\n  InvalidArgument: 2\n")
        .contains("The run is not active.", "--journal " + journal() + " --resume");
  }

  @ParameterizedTest
  @CsvSource({"jsonl,60", "csv,61", "table,61", "text,60", "ids,60"})
  void outcomes_areListedInAnyFormat(String format, int lines) {
    assertThat(stop(TestTerminal.of(simulator))).isZero();

    TestTerminal shown = show(0, "--output", format);

    assertThat(shown.outLines()).hasSize(lines);
    assertThat(shown.outText()).contains(simulator.ids());
    assertThat(shown.errText()).contains("60 instances in the journal: 60 stopped");
  }

  @Test
  void jsonl_isThatOfTheRun() {
    TestTerminal run = TestTerminal.of(simulator);
    assertThat(stop(run, "--output=jsonl")).isZero();

    assertThat(show(0, "--output=jsonl").outJson())
        .containsExactlyInAnyOrderElementsOf(run.outJson());
  }

  @Test
  void report_isOfTheWholeRun() throws IOException {
    interruptedRun();
    assertThat(stop(TestTerminal.of(simulator), "--resume")).isZero();

    show(0, "--report=" + report());

    assertThat(data("outcome-data").size()).isEqualTo(60);
    assertThat(data("run-data").get("runId").stringValue()).isEqualTo("night");
  }

  @Test
  void killedRun_withATornLine_isShown() throws IOException {
    assertThat(stop(TestTerminal.of(simulator))).isZero();
    List<String> lines = Files.readAllLines(journal());
    String last = lines.get(lines.size() - 1);
    Files.write(journal(), lines.subList(0, lines.size() - 1));
    Files.writeString(journal(), last.substring(0, 40), StandardOpenOption.APPEND);
    byte[] before = Files.readAllBytes(journal());

    TestTerminal shown = show(1, "--output=jsonl");

    assertThat(shown.errText())
        .contains("60 instances in the journal: 59 stopped, 1 unconfirmed (1 of them without an");
    assertThat(shown.outText()).contains("the run ended before its outcome; resume the run");
    assertThat(Files.readAllBytes(journal())).isEqualTo(before);
  }

  @Test
  void runInAnotherProcess_isShownWhileItIsActive() throws IOException, InterruptedException {
    ProcessBuilder builder =
        ChildProcess.stop(
            simulator, "--yes", "--no-wait", "--rate=10", "--journal=" + journal(), "--output=ids");
    builder.command().addAll(simulator.ids());
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    Process run = Child.start(builder, Duration.ofSeconds(50));
    try {
      run.inputReader().readLine();

      TestTerminal shown = show(1, "--output=ids", "--report=" + report());

      assertThat(shown.errText()).contains("The run is active in another process");
      assertThat(shown.outLines()).isNotEmpty();
      run.toHandle().destroy();
      assertThat(run.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(run.exitValue()).isEqualTo(130);
    } finally {
      run.destroyForcibly();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "no file      | there is no such file or directory",
        "''           | it is empty or not a journal of fleetstop",
        "'i-1\ni-2\n' | line 1 cannot be read: it is not one JSON object with distinct keys",
      })
  void anotherFile_isRefused(String content, String reason) throws IOException {
    if (!content.startsWith("no")) {
      Files.writeString(journal(), content);
    }

    assertThat(show(2).errText())
        .contains("The journal " + journal() + " cannot be used: " + reason);
  }

  @Test
  void directoryAndJournal_areRefusedAsReport() throws IOException {
    assertThat(stop(TestTerminal.of(simulator))).isZero();
    assertThat(show(2, "--report=" + journal()).errText())
        .contains("JOURNAL and --report name the same file");
    assertThat(show(2, "--report=" + directory).errText()).contains("it is a directory: name a");
  }

  @Test
  void closedOutput_isExit130() {
    assertThat(stop(TestTerminal.of(simulator))).isZero();
    TestTerminal terminal = new TestTerminal();
    terminal.closeOut();

    assertThat(terminal.run("show", journal().toString(), "--output=ids")).isEqualTo(130);
  }
}

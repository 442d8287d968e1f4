package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/**
 * Full disks, closed streams, too little memory and files that change: each has a message that
 * names it and its exit code, and journal or stdout hold what is known.
 */
@Tag("long")
@EnabledOnOs(OS.LINUX)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HostileEnvironmentTest {

  private static final String FULL = "No space left on device";

  private final EcsSimulator simulator =
      EcsSimulator.builder().instances(40).stopDelay(Duration.ofMillis(10)).startNow();

  @TempDir private Path directory;

  /** The end of a process, with what it has printed. */
  private record End(int code, String out, String err) {}

  @BeforeEach
  void launcher() throws IOException {
    PseudoTerminal.launcher(directory, simulator);
    Files.write(directory.resolve("ids"), simulator.ids());
  }

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private String stop(String options) {
    return "./fleetstop stop --endpoint "
        + simulator.endpoint()
        + " --ids-file ids --yes --output ids "
        + options;
  }

  private Process start(String script, Map<String, String> environment) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder("/bin/bash", "-c", script).directory(directory.toFile());
    PseudoTerminal.prepare(builder.environment(), directory, simulator);
    builder.environment().putAll(environment);
    builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
    return builder
        .redirectOutput(directory.resolve("out").toFile())
        .redirectError(directory.resolve("err").toFile())
        .start();
  }

  private End run(String script) throws IOException, InterruptedException {
    return ended(start(script, Map.of()));
  }

  private End ended(Process process) throws IOException, InterruptedException {
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      return new End(
          process.exitValue(),
          Files.readString(directory.resolve("out")),
          Files.readString(directory.resolve("err")));
    } finally {
      process.destroyForcibly();
    }
  }

  /** Each instance that was called is in the journal, whatever became of stdout. */
  private long outcomesInJournal() throws IOException {
    return Files.readAllLines(directory.resolve("j")).stream()
        .filter(line -> line.contains("\"event\":\"outcome\""))
        .count();
  }

  @Test
  void stdoutOnAFullDisk_interruptsTheRun() throws IOException, InterruptedException {
    End end = run(stop("--no-wait --journal j > /dev/full"));

    assertThat(end.code()).isEqualTo(130);
    assertThat(end.err())
        .contains("stdout cannot be written (" + FULL + "): no new calls are sent")
        .contains("Resume with: fleetstop stop ");
    assertThat(outcomesInJournal()).isGreaterThanOrEqualTo(simulator.ledger().effects());
  }

  @ParameterizedTest
  @ValueSource(strings = {"codes", "stop --help", "list --simulate 3", "whoami --simulate 3"})
  void resultOnAFullDisk_isNotSuccess(String command) throws IOException, InterruptedException {
    End end = run("./fleetstop " + command + " > /dev/full");

    assertThat(end.code()).isEqualTo(1);
    assertThat(end.err()).contains("stdout cannot be written (" + FULL + "): output is missing");
  }

  @Test
  void stderrOnAFullDisk_changesNothing() throws IOException, InterruptedException {
    End end = run(stop("2> /dev/full"));

    assertThat(end.code()).isZero();
    assertThat(end.out().lines()).containsExactlyInAnyOrderElementsOf(simulator.ids());
  }

  @ParameterizedTest
  @ValueSource(strings = {"<&-", "2>&-", "<&- 2>&-"})
  void closedStream_changesNothing(String closed) throws IOException, InterruptedException {
    End end = run(stop("--journal j --report r.html " + closed));

    assertThat(end.code()).isZero();
    assertThat(end.out().lines()).containsExactlyInAnyOrderElementsOf(simulator.ids());
    assertThat(outcomesInJournal()).isEqualTo(40);
  }

  @Test
  void closedStdout_interruptsTheRun() throws IOException, InterruptedException {
    End end = run(stop("--no-wait --journal j >&-"));

    assertThat(end.code()).isEqualTo(130);
    assertThat(end.err()).contains("stdout cannot be written (it is closed): no new calls");
    assertThat(outcomesInJournal()).isGreaterThanOrEqualTo(simulator.ledger().effects());
  }

  /** The virtual machine may open /dev/null in its place, where no write fails. */
  @Test
  void closedStdinAndStdout_areNotSilent() throws IOException, InterruptedException {
    End end = run(stop("--no-wait --journal j <&- >&-"));

    assertThat(end.err())
        .containsAnyOf(
            "stdin is closed, and stdout is closed or /dev/null: outcomes are not shown; keep them",
            "stdout cannot be written (it is closed)");
    assertThat(outcomesInJournal()).isGreaterThanOrEqualTo(simulator.ledger().effects());
  }

  @Test
  void allStreamsClosed_writeNowhereElse() throws IOException, InterruptedException {
    run(stop("--no-wait --journal j --report r.html <&- >&- 2>&-"));

    assertThat(outcomesInJournal()).isGreaterThanOrEqualTo(simulator.ledger().effects());
    assertThat(new TestTerminal().run("show", directory.resolve("j").toString()))
        .as("the journal is not damaged")
        .isLessThan(2);
  }

  @Test
  void idsFromClosedStdin_areRefused() throws IOException, InterruptedException {
    End end = run(stop("--ids-file - <&-"));

    assertThat(end.code()).isEqualTo(2);
    assertThat(end.err()).contains("--ids-file: stdin cannot be read: it is closed");
    assertThat(simulator.calls()).isZero();
  }

  @Test
  void journalOnAFullDisk_endsTheRun() throws IOException, InterruptedException {
    End end =
        run(
            "ulimit -f 2; "
                + stop("--no-wait --journal j --max-in-flight 2 | cat; exit ${PIPESTATUS[0]}"));

    assertThat(end.code()).isEqualTo(4);
    assertThat(end.err())
        .contains("The journal j cannot be written: File too large")
        .contains("Resume with: fleetstop stop ");
    assertThat(outcomesInJournal()).isGreaterThanOrEqualTo(end.out().lines().count() - 1);
  }

  @Test
  void reportOnAFullDisk_isReported() throws IOException, InterruptedException {
    End early = run("ulimit -f 2; " + stop("--report r.html 2>&1 | cat; exit ${PIPESTATUS[0]}"));
    assertThat(early.code()).isEqualTo(2);
    assertThat(early.out()).contains("--report: r.html cannot be written: File too large");

    End late = run("ulimit -f 41; " + stop("--report r.html 2>&1 | cat; exit ${PIPESTATUS[0]}"));
    assertThat(late.code()).isZero();
    assertThat(late.out()).contains("fleetstop: the report r.html was not written: File too large");
    assertThat(directory.resolve("r.html")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "--journal,permission denied: ask its owner for access",
    "--report,name a file in a directory that you may write to",
    "--log-file,name a file in a directory that you may write to"
  })
  void directoryThatCannotBeWritten_isRefused(String option, String advice)
      throws IOException, InterruptedException {
    End end = run(stop(option + " /sys/fleetstop"));

    assertThat(end.code()).isEqualTo(2);
    assertThat(end.err()).contains(option + ": ", "/sys/fleetstop", advice);
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
  }

  @Test
  void tooLittleMemory_isNamed() throws IOException, InterruptedException {
    End end =
        ended(
            start(
                "./fleetstop stop --simulate 90000 --output ids",
                Map.of("JAVA_TOOL_OPTIONS", "-Xmx24m")));

    assertThat(end.code()).isEqualTo(1);
    assertThat(end.err()).contains("fleetstop: out of memory: ").doesNotContain("\tat ");
  }

  /** Reactor's threads get the error, and Netty drops it: no thread ends with it. */
  @Test
  void memoryThatAListFills_endsTheCommand() throws IOException, InterruptedException {
    AtomicInteger pages = new AtomicInteger();
    String name = "x".repeat(200);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          int page = pages.incrementAndGet();
          byte[] body =
              IntStream.range(0, 2_000)
                  .mapToObj(
                      id ->
                          "{\"InstanceId\":\"i-%d-%d\",\"Status\":\"RUNNING\",\"InstanceName\":\"%d %s\"}"
                              .formatted(page, id, id, name))
                  .collect(
                      Collectors.joining(
                          ",",
                          "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"NextToken\":\""
                              + page
                              + "\",\"Instances\":[",
                          "]}}"))
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    try {
      End end =
          ended(
              start(
                  "./fleetstop stop --status RUNNING --plan --endpoint http://127.0.0.1:"
                      + server.getAddress().getPort(),
                  Map.of("JAVA_TOOL_OPTIONS", "-Xmx28m")));

      assertThat(end.code()).isEqualTo(1);
      assertThat(end.err()).contains("fleetstop: out of memory: ").doesNotContain("\tat ");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void emptyPath_isNoReasonToFail() throws IOException, InterruptedException {
    End end = ended(start("PATH=/nonexistent " + stop(""), Map.of()));

    assertThat(end.code()).isZero();
    assertThat(end.out().lines()).hasSize(40);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rm j             | deleted, moved or replaced during the run",
        "mv j k; touch j  | deleted, moved or replaced during the run",
        ": > j            | truncated or written to by something else during the run",
        "echo >> j        | truncated or written to by something else during the run"
      })
  void journalThatChanges_endsTheRun(String change, String reason)
      throws IOException, InterruptedException {
    Process run = start(stop("--no-wait --rate 20 --max-in-flight 1 --journal j"), Map.of());
    Flux.interval(Duration.ofMillis(20))
        .filter(tick -> directory.resolve("out").toFile().length() > 0)
        .blockFirst(Duration.ofSeconds(40));
    List<String> words = new ArrayList<>(List.of("/bin/bash", "-c", change));
    assertThat(new ProcessBuilder(words).directory(directory.toFile()).start().waitFor()).isZero();

    End end = ended(run);

    assertThat(end.code()).isEqualTo(4);
    assertThat(end.err()).contains("The journal j cannot be written: it was " + reason);
    assertThat(end.out().lines().count()).isGreaterThanOrEqualTo(simulator.ledger().effects() - 1);
  }
}

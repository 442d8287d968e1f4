package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Quota;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The report of a run, whatever its exit code. */
class StopReportTest {

  private static final JsonMapper MAPPER = new JsonMapper();

  private final EcsSimulator simulator = EcsSimulator.builder().instances(60).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @TempDir private Path directory;
  private Path report = Path.of("");

  @BeforeEach
  void nameTheReport() {
    report = directory.resolve("report.html");
  }

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private int stopAll(String... options) {
    List<String> args =
        new ArrayList<>(List.of("--yes", "--no-wait", "--no-protect-tag", "--report=" + report));
    args.addAll(Arrays.asList(options));
    args.addAll(simulator.ids());
    return terminal.stop(simulator, args.toArray(new String[0]));
  }

  private JsonNode data(String elementId) throws IOException {
    Matcher element =
        Pattern.compile(" id=\"" + elementId + "\">(.*?)</script>", Pattern.DOTALL)
            .matcher(Files.readString(report));
    assertThat(element.find()).isTrue();
    return MAPPER.readTree(element.group(1));
  }

  private long sum(String counted) throws IOException {
    return StreamSupport.stream(
            data("run-data").get("timeline").get("buckets").spliterator(), false)
        .mapToLong(bucket -> bucket.get(counted).asLong())
        .sum();
  }

  @Tag("guarantee:report-owner")
  @Test
  void directoryThatOthersMayChange_isRefused() throws IOException {
    assumeThat(directory.getFileSystem().supportedFileAttributeViews()).contains("unix");
    Files.setAttribute(directory, "unix:mode", 0777);

    assertThat(stopAll()).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("--report: " + report + " cannot be written: its directory ")
        .contains("is writable by others (mode 777), who can exchange the file");
    assertThat(directory).isEmptyDirectory();
    assertThat(simulator.calls()).isZero();
  }

  @Test
  void outcomes_matchStdout() throws IOException {
    simulator.failNext("StopInstance", EcsErrors.INVALID_ARGUMENT, 2);

    assertThat(stopAll("--output=jsonl", "--rate=500", "--run-id=night")).isEqualTo(1);

    assertThat(data("outcome-data")).containsExactlyElementsOf(terminal.outJson());
    JsonNode run = data("run-data");
    assertThat(run.get("command").asString())
        .startsWith("fleetstop stop --endpoint ")
        .contains("--run-id=night");
    assertThat(run.get("ranBy").asString()).startsWith(System.getProperty("user.name"));
    assertThat(run.get("errors").get(0).get("advice").asString())
        .isEqualTo("Correct the option that the message names, then run the command again.");
    assertThat(run.get("runId").asString()).isEqualTo("night");
    assertThat(run.get("account").asString())
        .isEqualTo("2100000001, as user trn:iam::2100000001:user/simulated");
    assertThat(run.get("region").asString()).isEqualTo(simulator.region());
    assertThat(run.get("mode").toString())
        .isEqualTo("[\"KeepCharging\",\"not waited for STOPPED\"]");
    assertThat(run.get("instances").asInt()).isEqualTo(60);
    assertThat(run.get("outcomes").toString()).isEqualTo("{\"ACCEPTED\":58,\"FAILED\":2}");
    assertThat(run.get("errors").get(0).get("code").asString()).isEqualTo("InvalidArgument");
    assertThat(run.get("errors").get(0).get("count").asInt()).isEqualTo(2);
    assertThat(run.get("exit").get("code").asInt()).isEqualTo(1);
    assertThat(run.get("exit").get("resumeCommand").isNull()).isTrue();
    assertThat(run.get("requests").asString()).isEqualTo("60 StopInstance, 2 refused");
    assertThat(run.get("tool").asString()).startsWith("fleetstop ");
  }

  @Test
  void describedInstance_hasNameZoneAndTags() throws IOException {
    String[] args = {"--yes", "--no-wait", "--report=" + report, "i-sim0000000001"};
    assertThat(terminal.stop(simulator, args)).isZero();

    JsonNode outcome = data("outcome-data").get(0);
    assertThat(outcome.get("name").asString()).isEqualTo("sim-1");
    assertThat(outcome.get("zone").asString()).isEqualTo("cn-beijing-b");
    assertThat(outcome.get("tags").asString()).isEqualTo("env=dev, role=worker");
  }

  @Test
  void timeline_countsCallsThrottlesAndRate() throws IOException {
    simulator.setQuota("StopInstance", Quota.tokenBucket(50, 10));

    assertThat(stopAll("--rate=500", "--burst=60")).isZero();

    assertThat(sum("granted")).isEqualTo(60);
    assertThat(sum("refused")).isPositive().isEqualTo(simulator.calls() - 60);
    assertThat(sum("lost")).isZero();
    // A bucket in which no request ended has no rate: the first one, if the start was slow.
    assertThat(data("run-data").get("timeline").get("buckets"))
        .filteredOn(bucket -> !bucket.get("rate").isNull())
        .isNotEmpty()
        .allMatch(bucket -> bucket.get("rate").asDouble() == 500);
  }

  @Test
  void simulatedRun_isMarked() throws IOException {
    assertThat(
            new TestTerminal()
                .run(
                    "stop",
                    "--simulate=5",
                    "--force",
                    "--dry-run",
                    "--stopped-mode=StopCharging",
                    "--report=" + report))
        .isZero();

    assertThat(data("run-data").get("mode").toString())
        .isEqualTo("[\"StopCharging\",\"force\",\"dry run\",\"simulated\"]");
    assertThat(data("run-data").get("outcomes").toString()).isEqualTo("{\"DRY_RUN_PASSED\":5}");
  }

  @Test
  void interruptedRun_isReported() throws IOException {
    terminal.onLine(line -> terminal.interruptOnce());

    assertThat(stopAll("--output=jsonl", "--rate=50", "--run-id=night")).isEqualTo(130);

    assertThat(data("outcome-data")).containsExactlyElementsOf(terminal.outJson());
    JsonNode exit = data("run-data").get("exit");
    assertThat(exit.get("code").asInt()).isEqualTo(130);
    assertThat(exit.get("meaning").asString()).startsWith("Interrupted");
    assertThat(exit.get("resumeCommand").asString()).contains("night");
  }

  @Test
  void failureLimitExceeded_isReported() throws IOException {
    simulator.failAlways("StopInstance", EcsErrors.INVALID_ARGUMENT);

    assertThat(stopAll("--max-failures=3", "--rate=200")).isEqualTo(3);

    JsonNode run = data("run-data");
    assertThat(run.get("exit").get("code").asInt()).isEqualTo(3);
    assertThat(run.get("exit").get("endedBy").asString())
        .startsWith("Client.FailureBudgetExhausted: ");
    assertThat(data("outcome-data").size()).isPositive();
  }

  @Test
  void rejectedKey_isReportedWithoutTheSecret() throws IOException {
    terminal.env("VOLCENGINE_SECRET_KEY", "not-the-secret-at-all");

    assertThat(stopAll("--rate=200")).isEqualTo(4);

    assertThat(data("run-data").get("exit").get("endedBy").asString())
        .startsWith("SignatureDoesNotMatch");
    assertThat(Files.readString(report))
        .doesNotContain("not-the-secret-at-all", simulator.accessKeyId(), "Signature=");
  }

  @Test
  void hostileReplies_areEscaped() throws IOException {
    String hostile = "</script><script>alert(1)</script><img src=x onerror=alert(2)>";
    String body =
        "{\"ResponseMetadata\":{\"RequestId\":\"HOSTILE\",\"Error\":"
            + "{\"Code\":\"HOSTILE\",\"Message\":\"HOSTILE\"}}}";
    try (RecordingServer server = new RecordingServer(400, body.replace("HOSTILE", hostile))) {
      assertThat(
              terminal.run(
                  "stop",
                  "--endpoint",
                  server.endpoint(),
                  "--no-protect-tag",
                  "--report=" + report,
                  "i-1"))
          .isEqualTo(1);
    }

    assertThat(Files.readString(report)).doesNotContain("<script>alert", "<img");
    assertThat(data("outcome-data").get(0).get("message").asString()).isEqualTo(hostile);
  }

  @Test
  void describeDenied_isReported() throws IOException {
    simulator.failAlways("DescribeInstances", GatewayErrors.ACCESS_DENIED);

    String id = simulator.ids().get(0);
    assertThat(terminal.stop(simulator, "--report=" + report, "--run-id=night", id)).isEqualTo(4);

    JsonNode run = data("run-data");
    assertThat(run.get("runId").asString()).isEqualTo("night");
    assertThat(run.get("exit").get("code").asInt()).isEqualTo(4);
    assertThat(run.get("exit").get("endedBy").asString())
        .startsWith("instances cannot be checked for the tag fleetstop:protect: AccessDenied: ");
    assertThat(run.get("requests").asString()).startsWith("1 DescribeInstances, 1 refused");
    assertThat(data("outcome-data").size()).isZero();
  }

  @Test
  void unwritableReport_sendsNothing() {
    assertThat(terminal.stop(simulator, "--report=" + directory, simulator.ids().get(0)))
        .isEqualTo(2);

    assertThat(simulator.calls()).isZero();
    assertThat(terminal.errText())
        .isEqualTo(
            "fleetstop: --report: "
                + directory
                + " cannot be written: it is a directory: name a file\n");
  }

  @Test
  void usageError_createsNoReport() throws IOException {
    assertThat(terminal.stop(simulator, "--report=" + report, "i-1", "i-2")).isEqualTo(2);

    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void failedRename_isReportedAndChangesNothingElse() {
    terminal.onLine(line -> report.resolve("occupied").toFile().mkdirs());

    assertThat(stopAll("--rate=500")).isZero();

    assertThat(simulator.ledger().effects()).isEqualTo(60);
    assertThat(terminal.outLines()).hasSize(60);
    assertThat(terminal.errText())
        .contains(
            "Done in ", "fleetstop: the report " + report + " was not written: it is complete,");
  }

  @Test
  void directoryDeletedDuringTheRun_isNamed() throws IOException {
    Path gone = Files.createDirectory(directory.resolve("gone")).toRealPath();
    report = gone.resolve("report.html");
    terminal.onLine(
        line -> {
          for (File left : Objects.requireNonNullElse(gone.toFile().listFiles(), new File[0])) {
            left.delete();
          }
          gone.toFile().delete();
        });

    assertThat(stopAll("--rate=500")).isZero();

    assertThat(simulator.ledger().effects()).isEqualTo(60);
    assertThat(terminal.errText())
        .contains(
            "fleetstop: the report "
                + report
                + " was not written: there is no such directory any more: "
                + gone
                + "\n");
  }

  @Test
  void fullDisk_losesOnlyTheReport() throws IOException, InterruptedException {
    Path ids = Files.write(directory.resolve("ids.txt"), simulator.ids());
    String previous = "<!doctype html>\n<!-- fleetstop report -->\nof an earlier run";
    Files.writeString(report, previous);
    ProcessBuilder builder =
        ChildProcess.stop(
            simulator, "--ids-file=" + ids, "--report=" + report, "--no-wait", "--yes");
    // The head of the page takes more than half of this; the instances do not fit.
    List<String> limited = new ArrayList<>(List.of("bash", "-c", "ulimit -f 24; exec \"$@\"", "-"));
    limited.addAll(builder.command());
    Path err = directory.resolve("err.txt");
    builder.command(limited).redirectError(err.toFile());
    // Its output is a pipe: the limit holds for every file.
    Process process = Child.start(builder, Duration.ofSeconds(50));
    List<String> lines;
    try (var reader = process.inputReader()) {
      lines = reader.lines().toList();
    }

    assertThat(process.waitFor()).isZero();
    assertThat(lines).hasSize(60);
    assertThat(Files.readString(err))
        .contains("60 accepted", "fleetstop: the report ", " was not written: File too large");
    assertThat(report).hasContent(previous);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).containsExactlyInAnyOrder(ids, err, report);
    }
  }
}

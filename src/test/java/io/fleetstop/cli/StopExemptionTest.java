package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Protected and excluded instances, which are skipped even when they are named. */
class StopExemptionTest {

  private final EcsSimulator simulator =
      EcsSimulator.builder()
          .instances(3)
          .instance(SimulatedInstance.builder("i-db").tag("fleetstop:protect", "").build())
          .instance(SimulatedInstance.builder("i-ci").tag("keep", "on").build())
          .instance(SimulatedInstance.builder("i-cd").tag("keep", "off").build())
          .startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);
  private final String first = simulator.ids().get(0);

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private int stop(String... args) {
    String[] common = {"--yes", "--no-wait"};
    return terminal.stop(
        simulator, Stream.of(common, args).flatMap(Stream::of).toArray(String[]::new));
  }

  private List<String> stopped() {
    return simulator.ids().stream().filter(id -> simulator.ledger().effects(id) > 0).toList();
  }

  @Tag("guarantee:protection")
  @Test
  void protectedInstanceNamed_skipped() {
    assertThat(stop("i-db", first, "i-cd")).isZero();

    assertThat(stopped()).containsExactly(first, "i-cd");
    assertThat(terminal.outLines())
        .hasSize(3)
        .anyMatch(
            line ->
                line.startsWith(
                    "i-db             SKIPPED         protected by its tag fleetstop:protect ["))
        .contains(first + "  ACCEPTED        [sim-1, cn-beijing-b, env=dev, role=worker]");
    assertThat(terminal.errText())
        .contains("Skipped: 1 protected by its tag fleetstop:protect\n")
        .contains("3 instances, 2 accepted, 1 skipped\n", "1 DescribeInstances; 2 StopInstance");
  }

  @Tag("guarantee:protection")
  @ParameterizedTest
  @CsvSource({
    "owner, by AKLTownerofmachines, owner=by AKLTownerofmachines",
    "AKLTownerofmachines, on, AKLTownerofmachines",
    "AKLTownerofmachines, on, AKLTownerofmachines=ON"
  })
  void tagThatHoldsTheAccessKeyId_protects(String key, String value, String protectTag) {
    EcsSimulator owned =
        EcsSimulator.builder()
            .accessKey("AKLTownerofmachines", "b3duZXItb25seS1zZWNyZXQ=")
            .instances(1)
            .instance(SimulatedInstance.builder("i-owned").tag(key, value).build())
            .startNow();
    try {
      String[] args = {"--yes", "--no-wait", "--protect-tag", protectTag, "i-owned"};
      assertThat(TestTerminal.of(owned).stop(owned, args)).isZero();

      assertThat(owned.ledger().effects("i-owned")).isZero();
    } finally {
      owned.dispose();
    }
  }

  @Test
  void protectedInstanceMatched_skipped() {
    assertThat(stop("--status=RUNNING", "--max-instances=5")).isZero();

    assertThat(stopped()).hasSize(5).doesNotContain("i-db");
    assertThat(terminal.errText()).contains("6 instances, 5 accepted, 1 skipped\n");
  }

  @Test
  void protectTag_replacesTheDefaultTag() {
    assertThat(stop("--protect-tag", "keep", "i-db", "i-ci", "i-cd")).isZero();

    assertThat(stopped()).containsExactly("i-db");
    assertThat(terminal.errText()).contains("Skipped: 2 protected by its tag keep\n");
  }

  @Test
  void protectTagWithValue_protectsThatValueOnly() {
    assertThat(stop("--protect-tag", "keep=on", "i-db", "i-ci", "i-cd")).isZero();

    assertThat(stopped()).containsExactly("i-db", "i-cd");
    assertThat(terminal.outText()).contains("protected by its tag keep=on");
  }

  @Tag("guarantee:protection")
  @ParameterizedTest
  @ValueSource(strings = {"KEEP", "Keep=ON", "keep=On"})
  void caseOfAProtectTag_doesNotMatter(String tag) {
    assertThat(stop("--protect-tag", tag, "i-db", "i-ci")).isZero();

    assertThat(stopped()).containsExactly("i-db");
  }

  @Tag("guarantee:protection")
  @Test
  void secondTagWithTheSameKey_protects() throws IOException {
    String tags =
        "{\"Key\":\"KEEP\",\"Value\":\"off\"},{\"Value\":\"on\"},null,"
            + "{\"Key\":\"Keep\",\"Value\":\"on\"}";
    try (RecordingServer server = new RecordingServer(200, reply(tags))) {
      assertThat(
              terminal.run("stop", "--endpoint", server.endpoint(), "--protect-tag=keep=on", "i-1"))
          .isZero();
      assertThat(server.queries()).noneMatch(query -> query.contains("Action=StopInstance"));
    }
    assertThat(terminal.outText()).contains("protected by its tag keep=on");
  }

  private static String reply(String tags) {
    return "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"Instances\":["
        + "{\"InstanceId\":\"i-1\",\"Status\":\"RUNNING\",\"Tags\":["
        + tags
        + "]}]}}";
  }

  @Test
  void contradictoryListing_protects() throws IOException {
    String twice =
        "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"Instances\":["
            + "{\"InstanceId\":\"i-1\",\"Tags\":[{\"Key\":\"fleetstop:protect\",\"Value\":\"\"}]},"
            + "{\"InstanceId\":\"i-1\"}]}}";
    try (RecordingServer server = new RecordingServer(200, twice)) {
      assertThat(terminal.run("stop", "--endpoint", server.endpoint(), "--no-wait", "i-1"))
          .isZero();
      assertThat(server.queries()).noneMatch(query -> query.contains("Action=StopInstance"));
    }
    assertThat(terminal.outText()).contains("protected by its tag fleetstop:protect");
  }

  @Test
  void noProtectTag_stopsWithoutDescribe() {
    assertThat(stop("--no-protect-tag", "i-db", "i-ci")).isZero();

    assertThat(stopped()).containsExactly("i-db", "i-ci");
    assertThat(simulator.ledger().calls("DescribeInstances")).isZero();
  }

  @Test
  void simulate_describesOnlyForAnExplicitTag() {
    TestTerminal bare = new TestTerminal();
    assertThat(bare.run("stop", "--simulate=3", "--no-wait")).isZero();
    assertThat(bare.errText()).contains("Requests: 3 StopInstance\n");

    assertThat(bare.run("stop", "--simulate=3", "--no-wait", "--protect-tag=role=web")).isZero();
    assertThat(bare.errText())
        .contains("3 instances, 2 accepted, 1 skipped")
        .contains("Requests: 1 DescribeInstances; 2 StopInstance\n");
  }

  @Test
  void dryRun_skipsProtectedInstances() {
    assertThat(stop("--dry-run", "i-db", first)).isZero();
    assertThat(terminal.outText()).contains("DRY_RUN_PASSED", "SKIPPED");
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(1);
  }

  @Test
  void excludedInstance_skipped() throws IOException {
    Path keep = Files.writeString(directory.resolve("keep"), "# night shift\ni-ci\ni-unknown\n");
    Path more = Files.writeString(directory.resolve("more"), first + "\n");

    String[] named = {first, "i-ci", "i-cd", "--output=jsonl"};
    assertThat(
            stop(
                Stream.concat(
                        Stream.of("--exclude-file=" + keep, "--exclude-file=" + more),
                        Stream.of(named))
                    .toArray(String[]::new)))
        .isZero();

    assertThat(stopped()).containsExactly("i-cd");
    JsonNode skipped = terminal.outJson().get(0);
    assertThat(skipped.get("instanceId").asString()).isEqualTo(first);
    assertThat(skipped.get("outcome").asString()).isEqualTo("SKIPPED");
    assertThat(skipped.get("message").asString()).isEqualTo("excluded by " + more);
    assertThat(skipped.get("attempts").asInt()).isZero();
    assertThat(skipped.get("errorCode").isNull()).isTrue();
    assertThat(terminal.errText())
        .contains("Skipped: 1 excluded by " + keep + ", 1 excluded by " + more + "\n");
  }

  @Test
  void excludeFileDash_readsStdin() {
    terminal.input("i-ci\n");

    assertThat(stop("--exclude-file=-", "i-ci", "i-cd")).isZero();
    assertThat(stopped()).containsExactly("i-cd");
    assertThat(terminal.outText()).contains("excluded by stdin");
  }

  @Test
  void unlistedInstance_getsItsOutcome() {
    assertThat(stop("--allow-missing", first, "i-unknown")).isEqualTo(1);

    assertThat(terminal.outText()).contains("InvalidInstance.NotFound");
    assertThat(terminal.errText())
        .contains("1 of 2 instances does not exist in cn-beijing: i-unknown\n");
    assertThat(stopped()).containsExactly(first);
  }

  @Test
  void exclusionsOfAnEmptyPipe_stopNothing() {
    terminal.input("# none\n");

    assertThat(stop("--exclude-file=-", "i-ci", "i-cd")).isEqualTo(2);

    assertThat(terminal.errText())
        .contains("--exclude-file - is a pipe without an id, so that nothing would be excluded");
    assertThat(simulator.calls()).isZero();
  }

  @Test
  void missingInstances_refuseTheRun() {
    assertThat(stop(first, "i-typo", "i-db")).isEqualTo(2);

    assertThat(terminal.errText())
        .contains("1 of 3 instances does not exist in cn-beijing: i-typo; nothing was stopped")
        .contains("add --allow-missing to stop the others");
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
  }

  @Test
  void exclusionsAndTagsThatMatchNothing_areReported() throws IOException {
    Path keep = Files.writeString(directory.resolve("keep"), "i-cd1\ni-cd2\n");
    Path good = Files.writeString(directory.resolve("good"), "i-ci\n");

    String[] files = {"--exclude-file=" + keep, "--exclude-file=" + good};
    assertThat(stop(files[0], files[1], "--protect-tag=proct", "i-ci", "i-cd")).isZero();
    assertThat(terminal.errText())
        .contains("--exclude-file " + keep + ": 0 of 2 ids are in the fleet\n")
        .contains("--exclude-file " + good + ": 1 of 1 id is in the fleet\n")
        .contains("--protect-tag proct: no instance of the fleet has this tag\n");
  }

  @Test
  void exclusionsThatAreNoIds_areRefused() throws IOException {
    Path names = Files.writeString(directory.resolve("names"), "i-ci\ndatabase\n");

    assertThat(stop("--exclude-file=" + names, "i-ci", "i-cd")).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(names + ", line 2: \"database\" is not an instance id, which starts with i-");
    assertThat(simulator.calls()).isZero();
  }

  @Test
  void protectedInstanceMissedOnce_skipped() {
    simulator.failNext("DescribeInstances", EcsErrors.INVALID_INSTANCE_NOT_FOUND, 1);

    assertThat(stop("i-db")).isZero();
    assertThat(stopped()).isEmpty();
    assertThat(terminal.outText()).contains("SKIPPED");
  }

  @Test
  void unknownId_hidesNoOtherInstance() {
    simulator.failNext("DescribeInstances", EcsErrors.INVALID_INSTANCE_NOT_FOUND, 1);

    assertThat(stop("--allow-missing", first, "i-db", "i-unknown")).isEqualTo(1);
    assertThat(stopped()).containsExactly(first);
    assertThat(simulator.ledger().calls("DescribeInstances")).isEqualTo(4);

    simulator.failAlways("DescribeInstances", EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    assertThat(stop("--allow-missing", "i-unknown")).isEqualTo(1);
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(1);
  }

  /** As under a policy that permits to stop an instance and not to list it. */
  @Tag("guarantee:protection")
  @ParameterizedTest
  @ValueSource(strings = {"--output=jsonl", "--batch=2", "--only-running", "--wave=1,100%"})
  void protectedInstanceThatIsNotListed_isNotStopped(String option) {
    simulator.failAlways("DescribeInstances", EcsErrors.INVALID_INSTANCE_NOT_FOUND);

    assertThat(stop("--allow-missing", option, "i-db")).isEqualTo(1);

    assertThat(stopped()).isEmpty();
    assertThat(simulator.ledger().stopCalls("i-db")).isZero();
    assertThat(terminal.outText())
        .contains("FAILED", "InvalidInstance.NotFound", "No stop was sent");
  }

  @Test
  void namedIds_areDescribedByTheHundred() {
    EcsSimulator large =
        EcsSimulator.builder()
            .instances(449)
            .instance(SimulatedInstance.builder("i-db").tag("fleetstop:protect", "1").build())
            .startNow();
    TestTerminal busy = TestTerminal.of(large);
    String[] args =
        Stream.concat(large.ids().stream(), Stream.of("--dry-run", "--rate=5000"))
            .toArray(String[]::new);

    assertThat(busy.stop(large, args)).isZero();
    // On a slow machine an attempt may time out and is then repeated.
    assertThat(large.ledger().calls("DescribeInstances")).isBetween(5L, 8L);
    assertThat(large.ledger().calls("StopInstance")).isEqualTo(449);
    assertThat(large.ledger().stopCalls("i-db")).isZero();
    large.dispose();
  }

  @Test
  void serviceThatIsNotReached_isNotBlamedOnTheProtection() {
    simulator.dispose();

    assertThat(stop(first)).isEqualTo(1);
    assertThat(terminal.errText())
        .contains("(nothing was stopped; check the endpoint, the proxy and the network)")
        .doesNotContain("--no-protect-tag");
  }

  @Test
  void planAndEmptyExclusions_areNoted() throws IOException {
    Path keep = Files.writeString(directory.resolve("keep"), "# nothing\n");

    assertThat(stop("--exclude-file=" + keep, "--plan", first)).isZero();
    assertThat(terminal.errText())
        .contains("--exclude-file " + keep + " has no ids: 0 of 0 ids are in the fleet\n");
  }

  @Test
  void describeDenied_errorNamesTheOption() {
    simulator.failAlways("DescribeInstances", GatewayErrors.ACCESS_DENIED);

    assertThat(stop(first)).isEqualTo(4);
    assertThat(terminal.errText())
        .contains("instances cannot be checked for the tag fleetstop:protect: AccessDenied: ")
        .contains("(nothing was stopped; --no-protect-tag skips the check)");
    assertThat(stop("--no-protect-tag", first)).isZero();
    assertThat(stopped()).containsExactly(first);
  }

  @Test
  void describeTimeout_stopsNothing() {
    simulator.failAlways("DescribeInstances", GatewayErrors.INTERNAL_SERVICE_TIMEOUT);

    assertThat(stop(first)).isEqualTo(1);
    assertThat(terminal.errText()).contains("InternalServiceTimeout: ", "(nothing was stopped");
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
  }

  @Test
  void rejectedKey_errorDoesNotNameTheOption() {
    terminal.env("VOLCENGINE_SECRET_KEY", "another");

    assertThat(stop(first)).isEqualTo(4);
    assertThat(terminal.errText())
        .contains("SignatureDoesNotMatch", "(nothing was stopped)")
        .doesNotContain("--no-protect-tag");
  }

  @Test
  void protectedInstance_isNotJournaledAndCanBeStoppedLater() {
    String journal = "--journal=" + directory.resolve("run.jsonl");
    assertThat(stop(journal, "i-db", first)).isZero();

    assertThat(stop(journal, "--resume", "--no-protect-tag", "i-db", first)).isZero();
    assertThat(stopped()).containsExactly(first, "i-db");
  }
}

package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

class ListCommandTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(1_000).startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
    simulator.dispose();
  }

  @Test
  void text_isATable() {
    assertThat(terminal.list(simulator)).isZero();

    assertThat(terminal.outLines()).hasSize(1_001);
    assertThat(terminal.outLines().get(0))
        .containsSubsequence("INSTANCE", "STATUS", "ZONE", "PROJECT", "NAME", "TAGS");
    assertThat(terminal.outLines().get(1))
        .isEqualTo(
            "i-sim0000000001         RUNNING     cn-beijing-b     default       sim-1              "
                + "   env=dev, role=worker");
    assertThat(terminal.errText()).isEqualTo("1,000 instances in cn-beijing\n");
  }

  @Test
  void ids_keepTheOrderOfTheService() {
    assertThat(terminal.list(simulator, "--output=ids")).isZero();
    assertThat(terminal.outLines()).isEqualTo(simulator.ids());
  }

  @Test
  void json_hasExactlyTheDocumentedFields() {
    assertThat(terminal.list(simulator, "--output", "jsonl", "--zone", "cn-beijing-b")).isZero();

    assertThat(terminal.outJson()).hasSize(334);
    JsonNode instance = terminal.outJson().get(0);
    assertThat(instance.toString())
        .startsWith(
            "{\"instanceId\":\"i-sim0000000001\",\"instanceName\":\"sim-1\",\"status\":\"RUNNING\","
                + "\"stoppedMode\":\"\",")
        .endsWith(
            "\"zoneId\":\"cn-beijing-b\",\"vpcId\":\"vpc-sim01\",\"projectName\":\"default\","
                + "\"createdAt\":\"2025-01-01T00:00:00+08:00\","
                + "\"tags\":{\"env\":\"dev\",\"role\":\"worker\"}}");
    assertThat(instance.propertyNames()).contains("instanceTypeId", "instanceChargeType");
  }

  @ParameterizedTest
  @CsvSource({
    "--status=running, 999",
    "--status=STOPPED, 1",
    "--tag=odd, 1",
    "--tag=odd=, 1",
    "--tag=odd=1, 0",
    "--zone=cn-beijing-c, 333",
    "--project=web, 333",
    "--vpc=vpc-sim02, 500"
  })
  void everyFilter_limitsTheList(String filter, int expected) {
    EcsSimulator mixed =
        EcsSimulator.builder()
            .instances(999)
            .instance(SimulatedInstance.builder("i-odd").status("STOPPED").tag("odd", "").build())
            .startNow();

    assertThat(terminal.list(mixed, "--output=ids", filter)).isZero();
    assertThat(terminal.outLines()).hasSize(expected);
    mixed.dispose();
  }

  @Test
  void simulate_listsWithoutCredentials() {
    TestTerminal bare = new TestTerminal();

    assertThat(bare.run("list", "--simulate", "10000", "--output", "ids", "--region=cn-x"))
        .isZero();
    assertThat(bare.outLines()).hasSize(10_000).doesNotHaveDuplicates();
    assertThat(bare.errText()).isEqualTo("10,000 instances in cn-x\n");
  }

  @Test
  void closedOutput_fetchesNoMorePages() {
    terminal.onLine(line -> terminal.closeOut());

    assertThat(terminal.list(simulator, "--output=ids")).isEqualTo(130);
    assertThat(terminal.outLines()).hasSize(1);
    assertThat(terminal.errText()).isEmpty();
    assertThat(simulator.ledger().calls("DescribeInstances")).isLessThanOrEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource({
    "ids, !incomplete",
    "csv, !incomplete",
    "text, i-sim",
    "jsonl, {\"incomplete\":true}"
  })
  void failedPage_listIsMarkedIncomplete(String form, String lastLine) {
    terminal.onLine(this::refuseFurtherPages);

    assertThat(terminal.list(simulator, "--output", form)).isEqualTo(4);

    int size = terminal.outLines().size();
    assertThat(size).isBetween(100, 999);
    assertThat(terminal.outLines().get(size - 1)).startsWith(lastLine);
    assertThat(terminal.errText())
        .contains("the list is not complete: AccessDenied: ", "00 instances were listed)")
        .doesNotContain(" in cn-beijing");
  }

  private void refuseFurtherPages(String line) {
    if (!line.startsWith("INSTANCE") && !line.startsWith("instanceId,")) {
      simulator.failAlways("DescribeInstances", GatewayErrors.ACCESS_DENIED);
    }
  }

  @Test
  void givenIds_areListedInTheirOrder() throws IOException {
    Path file =
        Files.writeString(directory.resolve("ids.csv"), "name,InstanceId\na,i-sim0000000007\n");

    assertThat(
            terminal.list(
                simulator, "i-sim0000000009", "--ids-file", file.toString(), "--output=ids"))
        .isZero();
    assertThat(terminal.outLines()).containsExactly("i-sim0000000009", "i-sim0000000007");
    assertThat(simulator.ledger().calls("DescribeInstances")).isOne();
  }

  @ParameterizedTest
  @ValueSource(strings = {"list", "wait"})
  void fileWithoutAnId_isAUsageError(String command) throws IOException {
    Path file = Files.writeString(directory.resolve("ids"), "# none tonight\n");

    assertThat(terminal.run(command, "--simulate=3", "--ids-file=" + file)).isEqualTo(2);

    assertThat(terminal.outText()).isEmpty();
    assertThat(terminal.errText())
        .contains("no ids are in --ids-file " + file + "; check the command that wrote it");
  }

  @Test
  void missingId_isNamedAndExitsWithOne() {
    assertThat(terminal.list(simulator, "i-none", "i-sim0000000001", "--output=ids")).isOne();

    assertThat(terminal.outLines()).containsExactly("i-sim0000000001");
    assertThat(terminal.errText())
        .isEqualTo(
            """
            1 instance in cn-beijing
            1 id does not exist in cn-beijing: i-none. Check the ids and the region
            """);
  }

  @Test
  void csv_isReadByStop() throws IOException {
    terminal.list(simulator, "--output=csv", "--zone=cn-beijing-b");
    assertThat(terminal.outLines().get(1))
        .isEqualTo(
            "i-sim0000000001,sim-1,RUNNING,,ecs.g3i.large,PostPaid,cn-beijing-b,vpc-sim01,default,"
                + "2025-01-01T00:00:00+08:00,\"env=dev, role=worker\"");
    Path ids = Files.writeString(directory.resolve("fleet.csv"), terminal.outText());

    TestTerminal next = TestTerminal.of(simulator);
    assertThat(next.list(simulator, "--output=ids", "--ids-file", ids.toString())).isZero();
    assertThat(next.outLines()).hasSize(334);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ids", "csv", "jsonl"})
  void incompleteList_isRejectedByStop(String form) throws IOException {
    terminal.onLine(this::refuseFurtherPages);
    terminal.list(simulator, "--output=" + form);
    Path ids = Files.writeString(directory.resolve("ids"), terminal.outText());

    TestTerminal next = TestTerminal.of(simulator);
    assertThat(next.stop(simulator, "--yes", "--ids-file", ids.toString())).isEqualTo(2);
    assertThat(next.errText()).contains("the list is incomplete");
  }

  @Test
  void serviceFailure_exitsWithOne() {
    simulator.failAlways("DescribeInstances", GatewayErrors.INTERNAL_SERVICE_TIMEOUT);

    assertThat(terminal.list(simulator)).isEqualTo(1);
    assertThat(terminal.errText()).contains("InternalServiceTimeout", "(0 instances were listed)");
  }

  @Test
  void thousandMatchesOfATagFilter_warnAboutTruncation() {
    assertThat(terminal.list(simulator, "--tag=role", "--output=ids")).isZero();
    assertThat(terminal.errText()).contains("There may be more: some accounts see no more than");

    TestTerminal other = TestTerminal.of(simulator);
    assertThat(other.list(simulator, "--tag=role=web", "--output=ids")).isZero();
    assertThat(other.errText()).isEqualTo("500 instances in cn-beijing\n");
  }

  @Tag("guarantee:terminal-escape")
  @Test
  void controlCharacters_areEscaped() {
    EcsSimulator hostile =
        EcsSimulator.builder()
            .instance(
                SimulatedInstance.builder("i-1")
                    .name("a\u001b[2J\nb")
                    .tag("\u202ek", "\u009bv")
                    .build())
            .startNow();

    assertThat(terminal.list(hostile)).isZero();
    assertThat(terminal.list(hostile, "--output=jsonl")).isZero();
    assertThat(terminal.outLines()).hasSize(3);
    assertThat(terminal.outText())
        .contains("a\\u001b[2J\\u000ab", "\\u202ek=\\u009bv")
        .doesNotContain("\u001b", "\u009b", "\u202e");
    hostile.dispose();
  }

  @Tag("guarantee:id-list")
  @ParameterizedTest
  @ValueSource(strings = {"i-1#x", "i-1;reboot", "$(reboot)", "--force", "i-1 i-2", "i-1\ni-2", ""})
  void invalidIdFromTheService_endsTheList(String notAnId) throws IOException {
    ObjectNode reply = JsonNodeFactory.instance.objectNode();
    reply.putObject("ResponseMetadata").put("RequestId", "r");
    ArrayNode instances = reply.putObject("Result").putArray("Instances");
    instances.addObject().put("InstanceId", "i-0");
    instances.addObject().put("InstanceId", notAnId);
    try (RecordingServer server = new RecordingServer(200, reply.toString())) {
      assertThat(terminal.run("list", "--endpoint", server.endpoint(), "--output=ids"))
          .isEqualTo(1);
    }
    assertThat(terminal.outLines()).containsExactly("i-0", "!incomplete");
    assertThat(terminal.errText())
        .startsWith("fleetstop: the service listed a malformed id: InstanceId must ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "jsonl", "ids"})
  void tagWithoutKeyOrValue_isListed(String form) throws IOException {
    String reply =
        "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"Instances\":[{\"InstanceId\":"
            + "\"i-1\",\"Tags\":[{\"Value\":\"v\"},{},null,{\"Key\":\"k\"}]}]}}";
    try (RecordingServer server = new RecordingServer(200, reply)) {
      assertThat(terminal.run("list", "--endpoint", server.endpoint(), "--output", form)).isZero();
    }
    assertThat(terminal.outText()).contains("i-1");
    assertThat(terminal.errText()).isEqualTo("1 instance in " + simulator.region() + "\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--output=xml | '--output': must be text, table, jsonl, csv or ids, was \"xml\"",
        "--zone= | ZoneId must not be blank",
        "--endpoint=x --simulate=1 | --simulate and --endpoint exclude each other",
        "--profile=x --simulate=1 | --simulate and --profile exclude each other",
        "i-1 --zone=z | ids and filters cannot be combined: give one or the other"
      })
  void usageError_exitsWithTwoAndNamesTheOption(String words, String message) {
    TestTerminal bare = new TestTerminal();
    String[] args = ("list " + words).split(" ", -1);

    assertThat(bare.run(args)).isEqualTo(2);
    assertThat(bare.errText()).contains(message);
    assertThat(bare.outText()).isEmpty();
  }
}

package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The simulator as Volcengine's own Node SDK sees it; needs {@code node} and {@code npm}. */
class OfficialNodeSdkTest {

  private static final String SDK = "@volcengine/openapi@1.36.2";
  private static final Path HOME = Path.of("target", "node-sdk").toAbsolutePath();

  private final EcsSimulator simulator =
      EcsSimulator.builder()
          .instances(2)
          .stopDelay(Duration.ZERO)
          .accessKey("AKLTpermanent", "secret+/=")
          .accessKey("AKTPtemporary", "secret", "STS.token/+==")
          .startNow();

  @BeforeAll
  static void install() throws IOException, InterruptedException {
    assumeTrue(isOnPath("node") && isOnPath("npm"), "node and npm are not on the PATH");
    Files.createDirectories(HOME);
    try (var script = OfficialNodeSdkTest.class.getResourceAsStream("/node/stop.cjs")) {
      Files.copy(
          Objects.requireNonNull(script),
          HOME.resolve("stop.cjs"),
          StandardCopyOption.REPLACE_EXISTING);
    }
    if (!Files.isDirectory(HOME.resolve("node_modules/@volcengine/openapi"))) {
      run("npm", "install", "--prefix", HOME.toString(), "--no-audit", "--no-fund", SDK);
    }
  }

  @AfterEach
  void dispose() {
    simulator.disposeLater().block(Duration.ofSeconds(10));
  }

  private static boolean isOnPath(String program) {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "");
    return Stream.of(path.split(Pattern.quote(File.pathSeparator)))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
  }

  private static List<String> run(String... command) throws IOException, InterruptedException {
    Path output = Files.createTempFile("fleetstop-node", ".txt");
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(HOME.toFile())
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      boolean ended = process.waitFor(2, TimeUnit.MINUTES);
      process.destroyForcibly();
      List<String> lines = Files.readAllLines(output, StandardCharsets.UTF_8);
      assertThat(ended).as("%s ended: %s", command[0], lines).isTrue();
      assertThat(process.exitValue()).as("exit of %s: %s", command[0], lines).isZero();
      return lines;
    } finally {
      Files.delete(output);
    }
  }

  private List<JsonNode> replies(String key, String secret, String token) throws Exception {
    String address = "127.0.0.1:" + simulator.port();
    JsonMapper json = JsonMapper.builder().build();
    return run(
            "node", "stop.cjs", address, key, secret, token, "i-sim0000000001", "i-sim0000000002")
        .stream()
        .map(json::readTree)
        .toList();
  }

  private void assertStoppedAndRefused(List<JsonNode> replies) {
    assertThat(replies).hasSize(4);
    JsonNode stopped = replies.get(0).path("ResponseMetadata");
    assertThat(stopped.path("Action").asString("")).as("%s", replies).isEqualTo("StopInstance");
    assertThat(stopped.has("Error")).isFalse();
    JsonNode refused = replies.get(1).path("ResponseMetadata").path("Error");
    assertThat(refused.path("Code").asString("")).isEqualTo("IdempotentParameterMismatch");
    JsonNode batch = replies.get(2).path("Result").path("OperationDetails");
    assertThat(batch.path(0).path("InstanceId").asString("")).isEqualTo("i-sim0000000002");
    assertThat(batch.path(0).path("Error").isNull()).isTrue();
    assertThat(batch.path(1).path("Error").path("Code").asString(""))
        .isEqualTo("InvalidInstance.NotFound");
    JsonNode started = replies.get(3).path("ResponseMetadata");
    assertThat(started.path("Action").asString("")).isEqualTo("StartInstance");
    assertThat(started.has("Error")).isFalse();
    assertThat(simulator.ledger().starts("i-sim0000000002")).isEqualTo(1);
    assertThat(simulator.ledger().effects("i-sim0000000002")).isEqualTo(1);
    assertThat(simulator.ledger().effects("i-sim0000000001")).isEqualTo(1);
    assertThat(simulator.ledger().tokens("i-sim0000000001")).containsExactly("a b/c+d=e~f*(g)!'");
  }

  @Test
  void officialSdk_stopsInstanceAndReadsError() throws Exception {
    assertStoppedAndRefused(replies("AKLTpermanent", "secret+/=", ""));
  }

  @Test
  void sessionToken_signed() throws Exception {
    assertStoppedAndRefused(replies("AKTPtemporary", "secret", "STS.token/+=="));
  }

  @Test
  void wrongSecret_rejected() throws Exception {
    JsonNode refused = replies("AKLTpermanent", "wrong", "").get(0);
    assertThat(refused.path("ResponseMetadata").path("Error").path("Code").asString(""))
        .isEqualTo("SignatureDoesNotMatch");
  }
}

package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.cli.output.Terminal.Stream;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class WhoamiCommandTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(3).startNow();

  @AfterEach
  void stop() {
    simulator.dispose();
  }

  @Test
  void text_showsIdentityAndOrigins() {
    TestTerminal terminal = TestTerminal.of(simulator);

    assertThat(terminal.run("whoami", "--endpoint", simulator.endpoint().toString())).isZero();

    assertThat(terminal.outLines())
        .contains(
            "account      2100000001",
            "identity     User trn:iam::2100000001:user/simulated (10001)",
            "region       cn-beijing (VOLCENGINE_REGION)",
            "endpoint     " + simulator.endpoint() + " (--endpoint)",
            "proxy        none (default)");
    assertThat(terminal.outText()).doesNotContain(simulator.secretAccessKey());
  }

  @Test
  void json_hasDefaultsOfTheProfileWithTheirLines(@TempDir Path home) throws IOException {
    Path file = home.resolve("config.json");
    Files.writeString(
        file,
        """
        {"current": "work", "profiles": {"work": {
          "access-key": "%s",
          "secret-key": "%s",
          "region": "cn-shanghai",
          "endpoint": "127.0.0.1:%d",
          "disable-ssl": true
        }}}
        """
            .formatted(simulator.accessKeyId(), simulator.secretAccessKey(), simulator.port()));
    TestTerminal terminal = new TestTerminal().env("VOLCENGINE_CLI_CONFIG_FILE", file.toString());

    assertThat(terminal.run("whoami", "--output", "json")).isZero();

    JsonNode json = terminal.outJson().get(0);
    String source = "profile \"work\" of " + file;
    assertThat(json.path("accountId").asString()).isEqualTo("2100000001");
    assertThat(json.path("credentials").asString()).isEqualTo(source + ", mode ak");
    assertThat(json.path("region").path("value").asString()).isEqualTo("cn-shanghai");
    assertThat(json.path("region").path("origin").asString())
        .isEqualTo("region of " + source + ", line 4");
    assertThat(json.path("endpoint").path("value").asString())
        .isEqualTo(simulator.endpoint().toString());
    assertThat(json.path("clockOffsetSeconds").isNumber()).isTrue();

    // The region of the profile is enough for other commands, and variables precede it.
    assertThat(terminal.run("list", "--output", "ids")).isZero();
    assertThat(
            new TestTerminal()
                .env("VOLCENGINE_CLI_CONFIG_FILE", file.toString())
                .env("VOLCENGINE_REGION", "cn-beijing")
                .run("whoami"))
        .isZero();
  }

  @Test
  void refusedKey_showsTheSettings_andExits4() {
    TestTerminal terminal =
        new TestTerminal()
            .env("VOLCENGINE_ACCESS_KEY", "AKunknown")
            .env("VOLCENGINE_SECRET_KEY", "a-secret");

    assertThat(terminal.run("whoami", "--endpoint", simulator.endpoint().toString())).isEqualTo(4);

    assertThat(terminal.outLines()).contains("account      unknown", "region       not set");
    assertThat(terminal.errText())
        .contains("the identity is not known: InvalidAccessKey")
        .doesNotContain("a-secret");
  }

  /** A wrong address is often that of a server that knows no error codes. */
  @Test
  void replyWithoutACode_isNamedByItsStatus() throws IOException {
    try (RecordingServer other = new RecordingServer(400, "not here")) {
      TestTerminal terminal = TestTerminal.of(simulator);

      assertThat(terminal.run("whoami", "--sts-endpoint", other.endpoint().toString()))
          .isEqualTo(1);

      assertThat(terminal.errText())
          .contains("the identity is not known: a reply without an error code, HTTP status 400: ")
          .doesNotContain("HTTP.400");
    }
  }

  @Test
  void noCredentials_exit4() {
    TestTerminal terminal = new TestTerminal();

    assertThat(terminal.run("whoami")).isEqualTo(4);
    assertThat(terminal.errText()).contains("there are no credentials");
  }

  @Test
  void question_namesTheIdentity() {
    TestTerminal terminal =
        TestTerminal.of(simulator).terminals(Stream.STDIN, Stream.STDERR).input("n\n");

    assertThat(terminal.stop(simulator, "i-sim0000000001", "i-sim0000000002")).isEqualTo(2);

    assertThat(terminal.errText())
        .contains("About to stop 2 instances")
        .contains("  account      2100000001, as user trn:iam::2100000001:user/simulated\n");
    assertThat(simulator.ledger().effects()).isZero();
  }

  @Test
  void stsThatDoesNotAnswer_isNoReasonToFail() {
    TestTerminal terminal =
        TestTerminal.of(simulator).terminals(Stream.STDIN, Stream.STDERR).input("y\n");

    assertThat(
            terminal.stop(
                simulator,
                "--sts-endpoint",
                "http://127.0.0.1:1",
                "i-sim0000000001",
                "i-sim0000000002"))
        .isZero();

    assertThat(terminal.errText())
        .contains("  account      not known: STS does not show the identity\n");
  }
}

package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A profile of the official command line's file, which only a process of its own looks up. */
class ProfileTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(1).startNow();

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  @Test
  void profile_givesTheCredentials() throws Exception {
    assertThat(exitCode("stop", "--profile", "night", simulator.ids().get(0))).isZero();
    assertThat(simulator.ledger().effects()).isEqualTo(1);
    assertThat(exitCode("list", "--profile", "night")).isZero();
    assertThat(errText()).isEqualTo("1 instance in cn-beijing\n");
  }

  @Test
  void missingProfile_isAConfigurationError() throws Exception {
    assertThat(exitCode("list", "--profile", "day")).isEqualTo(4);
    assertThat(errText())
        .contains(
            "there are no credentials: profile \"day\" of ",
            "no such profile",
            "give the name of one of them")
        .doesNotContain("VOLCENGINE_PROFILE");
  }

  private int exitCode(String command, String... args) throws Exception {
    Path config = directory.resolve("config.json");
    Files.writeString(
        config,
        "{\"current\":\"other\",\"profiles\":{\"night\":{\"access-key\":\""
            + simulator.accessKeyId()
            + "\",\"secret-key\":\""
            + simulator.secretAccessKey()
            + "\"}}}");
    ProcessBuilder builder = ChildProcess.run(command, simulator, args);
    builder.environment().put("VOLCENGINE_CLI_CONFIG_FILE", config.toString());
    // An incomplete key in the environment would be an error if it were read.
    builder.environment().remove("VOLCENGINE_SECRET_KEY");
    builder.redirectOutput(Redirect.DISCARD).redirectError(directory.resolve("err").toFile());
    return Child.run(builder, Duration.ofSeconds(50)).exitCode();
  }

  private String errText() throws IOException {
    return Files.readString(directory.resolve("err"));
  }
}

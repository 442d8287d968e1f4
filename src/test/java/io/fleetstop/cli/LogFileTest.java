package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code --log-file}, in a process of its own: the logger reads its settings once. */
@EnabledOnOs(OS.LINUX)
class LogFileTest {

  private final EcsSimulator simulator = EcsSimulator.builder().instances(2).startNow();

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private Path log() {
    return directory.resolve("run.log");
  }

  /** Runs a command and returns what it printed on stderr. */
  private String stop(int exitCode, String... options) throws IOException, InterruptedException {
    List<String> args =
        new ArrayList<>(List.of("--yes", "--no-wait", "--quiet", "--log-file=" + log()));
    args.addAll(Arrays.asList(options));
    args.addAll(simulator.ids());
    Path err = directory.resolve("err");
    Process process =
        ChildProcess.stop(simulator, args.toArray(new String[0]))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(err.toFile())
            .start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(err)).isEqualTo(exitCode);
    return Files.readString(err);
  }

  @Test
  void log_holdsOursAndTheLibraries_withoutSecrets() throws IOException, InterruptedException {
    simulator.failNext("StopInstance", EcsErrors.INVALID_ARGUMENT, 1);

    String err = stop(1);

    assertThat(err).doesNotContain("[DEBUG]", "io.netty");
    assertThat(Files.readString(log()))
        .startsWith("# fleetstop log\n2")
        .contains("[DEBUG] io.netty.", "[DEBUG] reactor.", "io.fleetstop.cli.run.RunLimits")
        .contains("StopInstance i-sim0000000001: ", "HTTP 200, request id ")
        .doesNotContain(simulator.secretAccessKey());
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(log())))
        .isEqualTo("rw-------");
  }

  @Test
  void log_masksTheSessionToken() throws IOException, InterruptedException {
    String token = "c2Vzc2lvbi10b2tlbi1vbmx5LWZvci10aGlzLXRlc3Q=";
    EcsSimulator temporary =
        EcsSimulator.builder()
            .instances(1)
            .accessKey("AKTPtemporarysample", "dGVtcG9yYXJ5LXNlY3JldA==", token)
            .startNow();
    try {
      ProcessBuilder builder =
          ChildProcess.stop(
              temporary, "--yes", "--no-wait", "--log-file=" + log(), temporary.ids().get(0));
      builder.environment().put("VOLCENGINE_ACCESS_KEY", "AKTPtemporarysample");
      builder.environment().put("VOLCENGINE_SECRET_KEY", "dGVtcG9yYXJ5LXNlY3JldA==");
      builder.environment().put("VOLCENGINE_SESSION_TOKEN", token);
      Process process =
          builder
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();

      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(process.exitValue()).isZero();
      assertThat(Files.readString(log()))
          .contains("StopInstance i-sim0000000001: ", "HTTP 200, request id ")
          .doesNotContain(token, "dGVtcG9yYXJ5LXNlY3JldA");
    } finally {
      temporary.dispose();
    }
  }

  @Test
  void earlierLog_isKeptAsideAndAnotherFileIsRefused() throws IOException, InterruptedException {
    stop(0);
    stop(0);
    assertThat(directory.resolve("run.log.1")).exists();

    Files.writeString(log(), "i-1\n");
    assertThat(stop(2))
        .contains("--log-file: " + log() + " cannot be written: run.log exists and is not");
    assertThat(log()).hasContent("i-1");
    Files.delete(log());
    Files.createSymbolicLink(log(), directory.resolve("elsewhere"));
    assertThat(stop(2)).contains("run.log is not a regular file: name another file");
    assertThat(directory.resolve("elsewhere")).doesNotExist();
  }

  @Test
  void otherFileInPlaceOfAnOlderLog_isRefused() throws IOException, InterruptedException {
    Path other = Files.writeString(directory.resolve("run.log.4"), "i-1\n");

    assertThat(stop(2)).contains("run.log.4 exists and is not a log of fleetstop");

    assertThat(other).hasContent("i-1");
    assertThat(log()).doesNotExist();
  }
}

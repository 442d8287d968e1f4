package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks the whole TRACE log of fetching credentials, and every exception with its stack trace.
 * Runs in a separate process, because most loggers of this one already have their level.
 */
class SourceSecrecyTest {

  @Test
  void logs_containNoSecret(@TempDir Path directory) throws IOException, InterruptedException {
    Path log = directory.resolve("log");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=trace",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                TracedSources.class.getName(),
                directory.resolve("token").toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean ended = process.waitFor(50, TimeUnit.SECONDS);
    process.destroyForcibly();
    String text = Files.readString(log, StandardCharsets.UTF_8);
    assertThat(ended).isTrue();
    assertThat(process.exitValue()).as("%s", text).isZero();

    assertThat(text)
        .contains("DONE", "TRACE reactor.netty", "InvalidSecretToken")
        .doesNotContain("asker-secret")
        .doesNotContain("asker-token")
        .doesNotContain("role-secret")
        .doesNotContain("token-1")
        .doesNotContain("secret-of-stopper")
        .doesNotContain("token-of-stopper")
        .doesNotContain("metadata-1")
        .doesNotContain(FakeSts.OIDC_TOKEN)
        .doesNotContain("oidc.token");
  }
}

package io.fleetstop.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Checks the whole TRACE log of fleetstop, Reactor Netty and Netty, and every exception with its
 * stack trace. Runs in a separate process, because most loggers of this one already have their
 * level.
 */
class LogSecrecyTest {

  @Tag("guarantee:secrecy")
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
                TracedCalls.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    boolean ended = process.waitFor(120, TimeUnit.SECONDS);
    process.destroyForcibly();
    String text = Files.readString(log, StandardCharsets.UTF_8);
    assertThat(ended).isTrue();
    assertThat(process.exitValue()).as("%s", text).isZero();

    assertThat(text)
        .contains("DONE")
        .contains("TRACE reactor.netty", "DEBUG io.netty", "DEBUG reactor.netty.http.client")
        .contains("WARN io.fleetstop.transport.NettyTransport", "NOT verified");
    String proxyAuthorization =
        Base64.getEncoder()
            .encodeToString(
                ("alice:" + TracedCalls.PROXY_PASSWORD).getBytes(StandardCharsets.UTF_8));
    assertThat(text)
        .doesNotContain(TracedCalls.SIGNATURE)
        .doesNotContain("5ec2e7f00d")
        .doesNotContain(TracedCalls.TOKEN)
        .doesNotContain(TracedCalls.ESCAPE)
        .doesNotContain(TracedCalls.PROXY_PASSWORD)
        .doesNotContain(proxyAuthorization);
  }
}

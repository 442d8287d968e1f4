package io.fleetstop.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** No resource grows under continuous faults, for a minute or for {@code -Dsoak=PT30M}. */
@Tag("long")
class SoakTest {

  private static final Logger LOG = LoggerFactory.getLogger(SoakTest.class);

  @TempDir private Path directory;

  @Tag("guarantee:no-leak")
  @Test
  @Timeout(value = 1, unit = TimeUnit.HOURS)
  void resources_stayFlat() throws IOException, InterruptedException {
    Duration time = Duration.parse(System.getProperty("soak", "PT60S"));
    Path output = directory.resolve("output");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx160m",
                "-XX:+UseSerialGC",
                // It may leave a twentieth of the heap uncompacted and count it as used.
                "-XX:MarkSweepAlwaysCompactCount=1",
                "-XX:+ExitOnOutOfMemoryError",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                "-cp",
                System.getProperty("java.class.path"),
                Soak.class.getName(),
                time.toString(),
                directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(child.waitFor(time.toSeconds() + 240, TimeUnit.SECONDS)).isTrue();
    } finally {
      child.destroyForcibly().waitFor();
    }
    String text = Files.readString(output);
    LOG.info("{}", text.strip());
    assertThat(child.exitValue()).as(text).isZero();
    assertThat(text).contains("heap kB: ", "direct kB: ", "threads: ", "files: ");
  }
}

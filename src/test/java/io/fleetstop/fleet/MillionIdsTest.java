package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The memory of a run grows with the fleet by the set of seen ids only. */
@Tag("long")
class MillionIdsTest {

  private static final Logger LOG = LoggerFactory.getLogger(MillionIdsTest.class);

  @TempDir private Path directory;

  @Tag("guarantee:bounded-memory")
  @Test
  @Timeout(300)
  void millionInstances_fitIn64Megabytes() throws IOException, InterruptedException {
    Path output = directory.resolve("output");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                // Enough room for the live set; otherwise garbage collection dominates.
                "-Xmn12m",
                "-XX:+UseSerialGC",
                "-XX:+ExitOnOutOfMemoryError",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                MillionIds.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(child.waitFor(280, TimeUnit.SECONDS)).isTrue();
    } finally {
      child.destroyForcibly().waitFor();
    }
    String text = Files.readString(output);
    LOG.info(text.strip());
    assertThat(child.exitValue()).as(text).isZero();
    assertThat(text).contains("outcomes=1000000 distinct=1000000 wrong=0 maxHeap=6");
  }
}

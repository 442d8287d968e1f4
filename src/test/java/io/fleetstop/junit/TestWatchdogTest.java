package io.fleetstop.junit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A test that hangs ends its process. */
@Tag("long")
class TestWatchdogTest {

  @TempDir private Path directory;

  @Test
  void testThatHeedsNoInterrupt_endsTheProcess() throws Exception {
    Path printed = directory.resolve("printed");
    Process tests =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+AllowRedefinitionToAddDeleteMethods",
                "-Dtest.watchdog.seconds=2",
                "-cp",
                System.getProperty("java.class.path"),
                HungRun.class.getName())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile())
            .start();
    try {
      assertThat(tests.waitFor(40, TimeUnit.SECONDS)).isTrue();
    } finally {
      tests.destroyForcibly();
    }
    assertThat(tests.exitValue()).isEqualTo(3);
    assertThat(Files.readString(printed))
        .contains("The tests hang: ", "[method:hangs()] has lasted for 3 s; JUnit's limit is 1 s")
        .contains("Thread[main", "HungRun.hangs(HungRun.java:");
  }
}

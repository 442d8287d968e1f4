package io.fleetstop.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.EcsSimulator;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole chaos run logged at TRACE: no line of it has a key, a token or a signature. */
class ChaosSecrecyTest {

  private static final String ACCESS_KEY = "AKLTchaossecrecytest";
  private static final String SECRET_KEY = "s3cr3t-of-the-chaos-run";
  private static final String TOKEN = "t0ken-of-the-chaos-run";
  private static final Pattern HEX_64 = Pattern.compile("[0-9a-f]{64}");

  @Test
  void logs_containNoSecret(@TempDir Path directory) throws IOException, InterruptedException {
    EcsSimulator simulator =
        Simulated.simulator()
            .accessKey(ACCESS_KEY, SECRET_KEY, TOKEN)
            .instances(2_000)
            .faults(ChaosTest.everything())
            .startNow();
    Path ids = Files.write(directory.resolve("ids"), simulator.ids());
    Path log = directory.resolve("log");
    Path signatures = directory.resolve("signatures");
    try {
      Process process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Dorg.slf4j.simpleLogger.defaultLogLevel=trace",
                  "-cp",
                  System.getProperty(
                      "surefire.test.class.path", System.getProperty("java.class.path")),
                  TracedChaos.class.getName(),
                  simulator.endpoint().toString(),
                  ACCESS_KEY,
                  SECRET_KEY,
                  TOKEN,
                  ids.toString(),
                  signatures.toString())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start();
      boolean ended = process.waitFor(55, TimeUnit.SECONDS);
      process.destroyForcibly();
      assertThat(ended).isTrue();
      assertThat(process.exitValue()).isZero();
    } finally {
      simulator.dispose();
    }
    Set<String> signed = new HashSet<>(Files.readAllLines(signatures));
    assertThat(signed).hasSizeGreaterThan(2_000);
    assertClean(log, signed);
  }

  private static void assertClean(Path log, Set<String> signed) throws IOException {
    int traces = 0;
    int failures = 0;
    try (BufferedReader lines = Files.newBufferedReader(log)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        traces += line.contains(" TRACE ") ? 1 : 0;
        failures += line.contains("EcsException") ? 1 : 0;
        assertThat(line).doesNotContain(SECRET_KEY, TOKEN, ACCESS_KEY);
        for (Matcher hex = HEX_64.matcher(line); hex.find(); ) {
          assertThat(signed).doesNotContain(hex.group());
        }
      }
    }
    assertThat(traces).as("lines at TRACE").isPositive();
    assertThat(failures).as("failures with their traces").isPositive();
  }
}

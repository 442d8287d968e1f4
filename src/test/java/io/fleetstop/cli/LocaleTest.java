package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Arguments beyond ASCII in a process without a locale, as cron starts it. */
@Tag("long")
@EnabledOnOs(OS.LINUX)
class LocaleTest {

  private final EcsSimulator simulator =
      EcsSimulator.builder()
          .instance(SimulatedInstance.builder("i-db").tag("守护", "是").build())
          .instance(SimulatedInstance.builder("i-web").build())
          .startNow();

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  /**
   * Runs a command line in a locale.
   *
   * @param argument written for printf, so that the bytes do not depend on the locale of the test
   */
  private String stop(String locale, int expected, String argument)
      throws IOException, InterruptedException {
    ProcessBuilder stop = ChildProcess.stop(simulator, "--yes", "--no-wait", "i-db", "i-web");
    List<String> command = new ArrayList<>(List.of("bash", "-c"));
    command.add("exec \"$@\" \"$(printf -- '" + argument + "')\"");
    command.add("bash");
    command.addAll(stop.command());
    stop.command(command).redirectErrorStream(true);
    stop.redirectOutput(directory.resolve("out").toFile());
    stop.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.equals("LANG"));
    stop.environment().put("LC_ALL", locale);
    Process process = stop.start();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    String text = Files.readString(directory.resolve("out"), StandardCharsets.UTF_8);
    assertThat(process.exitValue()).as(text).isEqualTo(expected);
    return text;
  }

  @ParameterizedTest
  @ValueSource(strings = {"C", "POSIX", "", "C.UTF-8"})
  void protectTag_protectsInEveryLocale(String locale) throws IOException, InterruptedException {
    String output = stop(locale, 0, "--protect-tag=\\345\\256\\210\\346\\212\\244");

    assertThat(output).contains("protected by its tag 守护");
    assertThat(simulator.ledger().effects("i-db")).isZero();
    assertThat(simulator.ledger().effects("i-web")).isEqualTo(1);
  }

  @Test
  void bytesThatAreNoText_stopNothing() throws IOException, InterruptedException {
    assertThat(stop("C", 2, "--protect-tag=\\312\\330"))
        .contains("cannot be read as UTF-8: \"--protect-tag=??\"", "LC_ALL=C.UTF-8");
    assertThat(simulator.calls()).isZero();
  }

  @Test
  void fileThatTheLocaleCannotExpress_isRefused() throws IOException, InterruptedException {
    assertThat(stop("C", 2, "--exclude-file=\\345\\256\\210.txt"))
        .contains("--exclude-file", "must be a path that the locale can express", "守.txt");
    assertThat(simulator.calls()).isZero();
  }
}

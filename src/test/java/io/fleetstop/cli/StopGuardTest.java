package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What keeps a fleet of the wrong size or status, or an instance that is never stopped, running.
 */
class StopGuardTest {

  private final EcsSimulator simulator =
      EcsSimulator.builder()
          .instances(3)
          .instance(SimulatedInstance.builder("i-off").status("STOPPED").build())
          .startNow();
  private final TestTerminal terminal = TestTerminal.of(simulator);
  private final String first = simulator.ids().get(0);
  private final String second = simulator.ids().get(1);

  @TempDir private Path home;
  private Path list = Path.of("none");

  @BeforeEach
  void setHome() throws IOException {
    terminal.env("HOME", home.toString());
    list = home.resolve(".config/fleetstop/never-stop");
    Files.createDirectories(home.resolve(".config/fleetstop"));
  }

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private int stop(String... args) {
    String[] common = {"--yes", "--no-wait"};
    return terminal.stop(
        simulator, Stream.of(common, args).flatMap(Stream::of).toArray(String[]::new));
  }

  private List<String> stopped() {
    return simulator.ids().stream().filter(id -> simulator.ledger().effects(id) > 0).toList();
  }

  @ParameterizedTest
  @CsvSource({"3, 0", "4, 2"})
  void minInstances_refusesASmallerFleetFoundByFilters(String min, int exitCode) {
    assertThat(stop("--status=RUNNING", "--max-instances=9", "--min-instances=" + min))
        .isEqualTo(exitCode);
    assertThat(stopped()).hasSize(exitCode == 0 ? 3 : 0);
    if (exitCode != 0) {
      assertThat(terminal.errText())
          .contains(
              "the fleet has 3 instances to stop, fewer than the 4 of --min-instances; nothing was"
                  + " stopped");
    }
  }

  @Test
  void minInstances_refusesASmallerFleetByName() {
    assertThat(stop("--min-instances=3", first, second, first)).isEqualTo(2);
    assertThat(stop("--min-instances=2", first, second)).isZero();
  }

  @Test
  void minInstances_countsWhatIsStopped() {
    assertThat(stop("--min-instances=2", "--allow-missing", first, "i-none")).isEqualTo(2);
    assertThat(stop("--min-instances=2", "--only-running", first, "i-off")).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(
            "has 1 instance to stop, fewer than the 2", "(Skipped: 1 not RUNNING but STOPPED)");
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
  }

  @Test
  void minInstances_refusesAnEmptyFleet() {
    assertThat(stop("--status=ERROR", "--max-instances=9", "--min-instances=1")).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({
    "--min-instances=3 --max-instances=2, '--min-instances is 3, more than the 2 of'",
    "--min-instances=3 --allow-empty, --min-instances and --allow-empty exclude each other",
    "--min-instances=0, must be a whole number from 1"
  })
  void contradictions_areRefused(String options, String message) {
    String[] all = (options + " " + first).split(" ", -1);
    assertThat(stop(all)).isEqualTo(2);
    assertThat(terminal.errText()).contains(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "--no-protect-tag"})
  void onlyRunning_skipsNamedInstancesInAnotherStatus(String more) {
    List<String> words =
        Stream.of("--only-running", more, first, "i-off").filter(word -> !word.isEmpty()).toList();
    assertThat(stop(words.toArray(String[]::new))).isZero();

    assertThat(stopped()).containsExactly(first);
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(1);
    assertThat(terminal.outText()).containsPattern("i-off +SKIPPED +not RUNNING but STOPPED");
    assertThat(terminal.errText()).contains("Skipped: 1 not RUNNING but STOPPED\n");
  }

  @Test
  void onlyRunning_skipsFoundInstancesInAnotherStatus() {
    assertThat(stop("--only-running", "--zone=cn-beijing-a", "--max-instances=9")).isZero();
    assertThat(stopped()).hasSizeBetween(1, 3).doesNotContain("i-off");
  }

  @Test
  void withoutOnlyRunning_aStoppedInstanceIsAlreadyStopped() {
    assertThat(stop("i-off")).isZero();
    assertThat(terminal.outText()).contains("ALREADY_STOPPED");
  }

  @Tag("guarantee:protection")
  @ParameterizedTest
  @ValueSource(strings = {"", "--no-protect-tag", "--dry-run", "--force"})
  void instancesThatAreNeverStopped_areSkippedWhateverTheOptions(String more) throws IOException {
    Files.writeString(list, "# databases\n" + first + "  # the first\n\ni-elsewhere\n");
    List<String> words = Stream.of(more, first, second).filter(word -> !word.isEmpty()).toList();
    assertThat(stop(words.toArray(String[]::new))).isZero();

    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(1);
    assertThat(simulator.ledger().effects(first)).isZero();
    assertThat(terminal.outText())
        .containsPattern(first + " +SKIPPED +in the never-stop list " + list);
    assertThat(terminal.errText())
        .contains("Skipped, because they are in the never-stop list " + list + ": " + first + "\n");
  }

  @Tag("guarantee:protection")
  @Test
  void instancesThatAreNeverStopped_areNotStoppedByFilters() throws IOException {
    Files.writeString(list, first);
    assertThat(stop("--status=RUNNING", "--max-instances=2")).isZero();
    assertThat(stopped()).hasSize(2).doesNotContain(first);
  }

  @Test
  void configurationDirectory_isThatOfXdg() throws IOException {
    Path other = Files.createDirectories(home.resolve("xdg/fleetstop"));
    Files.writeString(other.resolve("never-stop"), first);
    Files.writeString(list, second);
    terminal.env("XDG_CONFIG_HOME", home.resolve("xdg").toString());

    assertThat(stop(first, second)).isZero();
    assertThat(stopped()).containsExactly(second);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "relative/dir"})
  void configurationDirectoryThatIsNotAbsolute_isIgnored(String directory) throws IOException {
    Files.writeString(list, second);
    terminal.env("XDG_CONFIG_HOME", directory);

    assertThat(stop(first, second)).isZero();
    assertThat(stopped()).containsExactly(first);
  }

  @ParameterizedTest
  @ValueSource(strings = {"web-1\n", "i-1 i-2\n", "a,b\n", "{", "i-1\n!incomplete\n", "vol-1"})
  void brokenList_endsWithoutACall(String content) throws IOException {
    Files.writeString(list, content);
    assertThat(stop(first)).isEqualTo(2);
    assertThat(terminal.errText()).contains(list.toString());
    assertThat(simulator.calls()).isZero();
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void directoryOfTheListIsABrokenLink_endsWithoutACall() throws IOException {
    Path directory = list.getParent();
    Files.delete(directory);
    Files.createSymbolicLink(directory, home.resolve("gone"));

    assertThat(stop(first)).isEqualTo(2);

    assertThat(terminal.errText()).contains(directory + " is a link that leads nowhere");
    assertThat(simulator.calls()).isZero();
  }

  @Test
  void listThatMayNotBeRead_endsWithoutACall() throws IOException {
    Files.writeString(list, first + "\n");
    Files.setPosixFilePermissions(list, Set.of());
    assumeFalse(Files.isReadable(list), "the superuser may read any file");

    assertThat(stop(first)).isEqualTo(2);
    assertThat(terminal.errText())
        .contains(list + " cannot be read: its permissions do not allow it. Nothing is stopped");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void listThatCannotBeRead_endsWithoutACall() throws IOException {
    Files.createDirectory(list);
    assertThat(stop(first)).isEqualTo(2);
    assertThat(terminal.errText())
        .contains("the never-stop list: " + list + " cannot be read: it is not a file");

    Files.delete(list);
    Files.createSymbolicLink(list, home.resolve("gone"));
    assertThat(stop(first)).isEqualTo(2);

    Files.delete(list);
    Files.delete(list.getParent());
    Files.writeString(list.getParent(), "a file in place of the directory");
    assertThat(stop(first)).isEqualTo(2);
    assertThat(simulator.calls()).isZero();
  }

  @Test
  void simulation_readsTheListToo() throws IOException {
    Files.writeString(list, "nonsense");
    assertThat(terminal.run("stop", "--simulate=3")).isEqualTo(2);
    Files.writeString(list, "i-sim0000000002");
    assertThat(terminal.run("stop", "--simulate=3")).isZero();
    assertThat(terminal.outText()).containsPattern("i-sim0000000002 +SKIPPED");
  }

  @Test
  void emptyOrMissingList_changesNothing() throws IOException {
    assertThat(stop(first)).isZero();
    Files.writeString(list, "# nothing yet\n");
    assertThat(stop(second)).isZero();
    assertThat(stopped()).containsExactly(first, second);
    assertThat(terminal.errText()).doesNotContain("never-stop");
  }

  @Test
  void homeThatIsNoDirectory_hasNoList() {
    terminal.env("HOME", "/dev/null");
    assertThat(stop(first)).isZero();
    assertThat(stopped()).containsExactly(first);
  }

  @Test
  void plan_namesWhatIsNeverStopped() throws IOException {
    Files.writeString(list, first);
    assertThat(stop("--plan", first, second)).isZero();
    assertThat(terminal.outText()).containsPattern("never stop +" + first + "\n");

    TestTerminal machine = TestTerminal.of(simulator).env("HOME", home.toString());
    assertThat(machine.stop(simulator, "--plan", "--output=jsonl", first, second)).isZero();
    assertThat(machine.outJson().get(0).get("neverStop").get(0).stringValue()).isEqualTo(first);
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
  }

  /** Whether the service tells cases apart is not documented. */
  @Tag("guarantee:protection")
  @Test
  void neverStopList_ignoresCase() throws IOException {
    Files.writeString(list, "i-" + first.substring(2).toUpperCase(Locale.ROOT) + "\n");

    assertThat(stop("--no-protect-tag", first)).isZero();
    assertThat(terminal.outText()).containsPattern(first + " +SKIPPED +in the never-stop list");
    assertThat(simulator.ledger().calls("StopInstance")).isZero();
  }
}

package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The completion scripts, run by real shells. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class CompletionTest {

  /** The second name would run a command if a shell evaluated it. */
  private static final String PROFILES =
      "{\"profiles\":{\"night\":{},\"night $(touch evaluated)\":{},\"work\":{}}}";

  @TempDir Path directory;

  @BeforeEach
  void prepareTheDirectory() throws IOException {
    Files.createFile(directory.resolve("night.txt"));
    Files.createFile(directory.resolve("night.jsonl"));
    Files.createDirectory(directory.resolve("nights"));
    Files.createDirectory(directory.resolve(".volcengine"));
    Files.writeString(directory.resolve(".volcengine/config.json"), PROFILES);
  }

  private static void requireShell(String name) {
    assumeTrue(
        Stream.of("/bin/", "/usr/bin/").anyMatch(bin -> Files.isExecutable(Path.of(bin + name))),
        () -> "there is no " + name + " here, so its completion is not tested");
  }

  private String script(String shell) throws IOException {
    TestTerminal terminal = new TestTerminal();
    assertThat(terminal.run("completion", shell)).isZero();
    Path script = directory.resolve("." + shell);
    Files.writeString(script, terminal.outText());
    return script.toString();
  }

  private ProcessBuilder shell(String... command) {
    ProcessBuilder shell = new ProcessBuilder(command).directory(directory.toFile());
    shell.environment().put("HOME", directory.toString());
    shell.environment().put("PATH", directory + ":" + System.getenv("PATH"));
    shell.environment().put("LC_ALL", "C.UTF-8");
    return shell.redirectErrorStream(true);
  }

  private static String output(ProcessBuilder builder) throws Exception {
    Child.End end = Child.run(builder, Duration.ofSeconds(60));
    assertThat(end.exitCode()).as(end.out()).isZero();
    return end.out();
  }

  /** Returns the completions that bash offers for the last of {@code words}. */
  private List<String> bash(String words) throws Exception {
    requireShell("bash");
    String type =
        """
        compopt() { :; } # it is known only while a shell completes
        source "$1"
        COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        complete -p fleetstop | grep -q -- '-F _fleetstop' || exit 9
        _fleetstop
        printf '%%s\\n' "${COMPREPLY[@]}"
        """
            .formatted(words);
    return output(shell("bash", "-c", type, "bash", script("bash")))
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .toList();
  }

  /** Returns the completions that fish offers. */
  private List<String> fish(String line) throws Exception {
    requireShell("fish");
    String type = "source " + script("fish") + "; complete -C " + "'" + line + "'";
    return output(shell("fish", "--no-config", "-c", type))
        .lines()
        .map(offer -> offer.split("\t", 2)[0])
        .toList();
  }

  /** Returns what zsh writes when Tab is pressed after {@code line}. */
  private String zsh(String line) throws Exception {
    requireShell("zsh");
    String type =
        """
        zmodload zsh/zpty
        zpty z env TERM=dumb zsh -f -i
        zpty -w z "autoload -Uz compinit; compinit -D; source $1; PS1='at''prompt '"
        # The editor prints the prompt, and completes from then on.
        zpty -r z out '*atprompt *'
        zpty -w -n z $2$'\\t'
        zpty -w z ' :end'
        zpty -r z out '*:end'
        print -r -- $out
        zpty -d z
        """;
    return output(shell("zsh", "-f", "-c", type, "zsh", script("zsh"), line))
        .replace("\r", "")
        .replaceAll("\u0007", "");
  }

  @ParameterizedTest
  @CsvSource({
    "fleetstop st, stop start status",
    "fleetstop comp, completion",
    "fleetstop stop --stopped-m, --stopped-mode",
    "fleetstop stop --resu, --resume",
    "fleetstop list --out, --output",
    "fleetstop stop --stopped-mode Keep, KeepCharging",
    "fleetstop stop --output js, jsonl",
    "fleetstop list --output i, ids",
    "fleetstop codes --output te, text",
    "fleetstop stop --status RUN, RUNNING",
    "fleetstop stop --status = RUN, RUNNING",
    "fleetstop stop --yes --region ap-southeast-1, ap-southeast-1",
    "fleetstop stop --region cn-b, cn-beijing",
    "fleetstop help sto, stop",
    "fleetstop completion f, fish",
    "fleetstop stop --journal nig, night.jsonl nights",
    "fleetstop stop --profile x, ''",
    "fleetstop stop --rate 1, ''"
  })
  void bash_completesCommandsOptionsAndValues(String words, String expected) throws Exception {
    assertThat(bash(words))
        .containsExactly(expected.isEmpty() ? new String[0] : expected.split(" ", -1));
  }

  @Test
  void bash_offersAllValuesAfterTheName() throws Exception {
    assertThat(bash("fleetstop stop --status ''")).contains("RUNNING", "STOPPED", "ERROR");
    assertThat(bash("fleetstop stop --status =")).contains("RUNNING", "STOPPED", "ERROR");
    assertThat(bash("fleetstop ''")).contains("stop", "list", "help", "--version");
    assertThat(bash("fleetstop stop ''")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--ids-file", "--exclude-file", "--report"})
  void bash_completesFileNames(String option) throws Exception {
    Path file = directory.resolve("night.txt");
    assertThat(bash("fleetstop stop " + option + " " + directory.resolve("night.t")))
        .containsExactly(file.toString());
  }

  /** Anybody may have named the files of a shared directory. */
  @Test
  void bash_expandsNoPatternInTheNameOfAFile() throws Exception {
    Path pattern = Files.createFile(directory.resolve("n*.txt"));
    String typed = "'" + directory.resolve("n*") + "'";
    assertThat(bash("fleetstop stop --report " + typed)).containsExactly(pattern.toString());
  }

  @Test
  void bash_completesProfilesAndEvaluatesNoName() throws Exception {
    launcher();
    assertThat(bash("fleetstop stop --profile ni"))
        .containsExactly("night", "night\\ \\$\\(touch\\ evaluated\\)");
    assertThat(directory.resolve("evaluated")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "fleetstop comp, completion",
    "fleetstop stop --stopped-m, --stopped-mode",
    "fleetstop stop --stopped-mode Keep, KeepCharging",
    "fleetstop stop --status RUN, RUNNING",
    "fleetstop stop --status=RUN, --status=RUNNING",
    "fleetstop list --output i, ids",
    "fleetstop stop --region cn-b, cn-beijing",
    "fleetstop stop --journal nig, night.jsonl nights/",
    "fleetstop stop --ids-file night.t, night.txt",
    "fleetstop completion f, fish"
  })
  void fish_completesCommandsOptionsAndValues(String line, String expected) throws Exception {
    assertThat(fish(line)).containsExactly(expected.split(" ", -1));
  }

  @Test
  void fish_completesProfilesAndEvaluatesNoName() throws Exception {
    requireShell("fish");
    launcher();
    assertThat(fish("fleetstop stop --profile ni"))
        .containsExactlyInAnyOrder("night", "night $(touch evaluated)");
    assertThat(directory.resolve("evaluated")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource({
    "fleetstop comp, fleetstop completion",
    "fleetstop stop --stopped-m, fleetstop stop --stopped-mode=",
    "fleetstop stop --stopped-mode Keep, fleetstop stop --stopped-mode KeepCharging",
    "fleetstop stop --status=RUN, fleetstop stop --status=RUNNING",
    "fleetstop list --output i, fleetstop list --output ids",
    "fleetstop stop --region cn-b, fleetstop stop --region cn-beijing",
    "fleetstop stop --ids-file night.t, fleetstop stop --ids-file night.txt",
    "fleetstop stop --journal night., fleetstop stop --journal night.jsonl",
    "fleetstop stop --profile wo, fleetstop stop --profile work",
    "fleetstop completion f, fleetstop completion fish"
  })
  void zsh_completesCommandsOptionsAndValues(String line, String expected) throws Exception {
    requireShell("zsh");
    launcher();
    assertThat(zsh(line)).contains(expected);
  }

  private void launcher() throws IOException {
    EcsSimulator simulator = EcsSimulator.builder().startNow();
    PseudoTerminal.launcher(directory, simulator);
    simulator.dispose();
  }

  @Test
  void shell_isThatOfTheVariableUnlessNamed() {
    TestTerminal terminal = new TestTerminal().env("SHELL", "/usr/bin/fish");
    assertThat(terminal.run("completion")).isZero();
    assertThat(terminal.outText()).startsWith("# fish completion");

    TestTerminal unknown = new TestTerminal();
    assertThat(unknown.run("completion")).isEqualTo(2);
    assertThat(unknown.run("completion", "bsh")).isEqualTo(2);
    assertThat(unknown.errText())
        .contains("the shell is not known; name bash, zsh or fish\n")
        .contains("no completion for \"bsh\"; name bash, zsh or fish: did you mean bash?");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nonsense", "[]", "{\"profiles\":7}"})
  void brokenProfileFile_completesNothing(String content) throws IOException {
    Path file = Files.writeString(directory.resolve("config"), content);
    TestTerminal terminal = new TestTerminal().env("VOLCENGINE_CLI_CONFIG_FILE", file.toString());
    assertThat(terminal.run("completion", "--values", "profiles")).isZero();
    assertThat(terminal.outText()).isEmpty();
    assertThat(terminal.errText()).isEmpty();
  }

  @Test
  void pipeInPlaceOfTheProfileFile_completesNothingAtOnce() throws Exception {
    Path pipe = directory.resolve("pipe");
    ProcessBuilder mkfifo = new ProcessBuilder("mkfifo", pipe.toString());
    assumeThat(Child.run(mkfifo, Duration.ofSeconds(20)).exitCode()).isZero();
    TestTerminal terminal = new TestTerminal().env("VOLCENGINE_CLI_CONFIG_FILE", pipe.toString());
    assertThat(terminal.run("completion", "--values", "profiles")).isZero();
    assertThat(terminal.outText()).isEmpty();
  }
}

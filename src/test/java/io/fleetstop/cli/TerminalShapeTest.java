package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** Terminals of any width and kind, {@code tmux}, and the block of commands in the README. */
@Tag("long")
@EnabledOnOs(OS.LINUX)
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class TerminalShapeTest {

  private static final String BASH = "bash --norc --noprofile -i";
  private static final String DASH = "dash -i";
  private static final String CLEAR = "\r\u001b[K";
  private static final String END = "code-0\r\n";

  private final EcsSimulator simulator =
      EcsSimulator.builder().instances(300).stopDelay(Duration.ofMillis(200)).startNow();

  @TempDir private Path directory;

  @AfterEach
  void dispose() {
    simulator.dispose();
  }

  private PseudoTerminal open(String shell, Map<String, String> environment) throws IOException {
    Files.write(directory.resolve("ids"), simulator.ids());
    return PseudoTerminal.open(shell, directory, simulator, environment);
  }

  private String stop(String options) {
    return "fleetstop stop --endpoint " + simulator.endpoint() + " --ids-file ids --yes " + options;
  }

  /** Returns the progress lines that were drawn. */
  private static List<String> drawn(String screen) {
    return Arrays.stream(screen.split(CLEAR.replace("[", "\\["), -1))
        .filter(line -> line.startsWith("Stopping: "))
        .map(line -> line.split("[\r\n]", -1)[0])
        .toList();
  }

  @ParameterizedTest
  @ValueSource(ints = {12, 20, 80, 500})
  void progress_fitsTheWidth(int width) throws IOException {
    try (PseudoTerminal terminal = open(BASH, Map.of())) {
      terminal.type("stty cols " + width + "; " + stop("--rate 150; echo code-$?\n"));

      List<String> lines = drawn(terminal.await(END));

      assertThat(lines)
          .isNotEmpty()
          .allSatisfy(line -> assertThat(line.length()).isLessThan(width));
      if (width == 500) {
        assertThat(lines).anySatisfy(line -> assertThat(line).contains(" waiting for STOPPED"));
      }
    }
  }

  @Test
  void progress_followsAResize() throws IOException {
    try (PseudoTerminal terminal = open(BASH, Map.of())) {
      terminal.type(
          "stty cols 100; (sleep 4; stty cols 40) & " + stop("--rate 40; echo code-$?\n"));

      List<String> lines = drawn(terminal.await(END));

      assertThat(lines.get(2).length()).isGreaterThan(40);
      assertThat(lines.get(lines.size() - 1).length()).isLessThan(40);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM=dumb", "CI=true"})
  void plainTerminal_getsNoEscapes(String variable) throws IOException {
    try (PseudoTerminal terminal = open(BASH, Map.of())) {
      terminal.type("export " + variable + "; " + stop("--rate 150; echo code-$?\n"));

      assertThat(terminal.await(END)).contains("300 stopped").doesNotContain(CLEAR, "Stopping: ");
    }
  }

  @Test
  void noColour_isHonoured() throws IOException {
    try (PseudoTerminal terminal = open(BASH, Map.of())) {
      terminal.type("export NO_COLOR=1; fleetstop stop --help; echo code-$?\n");

      assertThat(terminal.await(END)).contains("Usage: ").doesNotContain("\u001b[1m", "\u001b[3");
    }
  }

  @Test
  void lostTmuxSession_isAnInterrupt() throws IOException, InterruptedException {
    Files.write(directory.resolve("ids"), simulator.ids());
    PseudoTerminal.launcher(directory, simulator);
    try {
      tmux(
          "new-session -d -x 100 -y 30 '"
              + stop("--no-wait --rate 5 --journal run.jsonl --report run.html")
              + "'");
      Flux.interval(Duration.ofMillis(200), Schedulers.boundedElastic())
          .filter(tick -> tmux("capture-pane -p").contains(" done (1%)"))
          .blockFirst(Duration.ofSeconds(40));
      tmux("kill-session");
      Flux.interval(Duration.ofMillis(50))
          .filter(tick -> Files.exists(directory.resolve("run.html")))
          .blockFirst(Duration.ofSeconds(40));
    } finally {
      tmux("kill-server");
    }

    assertThat(Files.readString(directory.resolve("run.html"))).contains("INTERRUPTED");
    assertThat(simulator.ledger().calls("StopInstance")).isBetween(1L, 299L);
  }

  /** Runs tmux with a server of its own, and returns what it prints. */
  private String tmux(String command) {
    ProcessBuilder builder =
        new ProcessBuilder("bash", "-c", "tmux -S tmux.socket -f /dev/null " + command)
            .directory(directory.toFile())
            .redirectErrorStream(true);
    PseudoTerminal.prepare(builder.environment(), directory, simulator);
    try {
      return Child.run(builder, Duration.ofSeconds(40)).out();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {BASH, DASH})
  void blockOfTheReadme_isPastedAsAWhole(String shell) throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    String block = readme.substring(readme.indexOf("You can paste the whole block"));
    int start = block.indexOf("alias fleetstop=");
    int commands = block.indexOf('\n', start) + 1;
    String pasted =
        block
            .substring(commands, block.indexOf("```", commands))
            .replace("8080", Integer.toString(freePort()));
    try (PseudoTerminal terminal = open(shell, Map.of())) {
      terminal.type(pasted + "echo code-$?\n");

      assertThat(Objects.requireNonNull(terminal.await(END)))
          .contains("FlowLimitExceeded", "100 stopped", "100\r\n");
    }
    assertThat(Files.readAllLines(directory.resolve("outcomes.jsonl"))).hasSize(100);
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}

package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.redis.TestRedis;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.simulator.SimulatedInstance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

/** Every example of the help works as it is written, in a shell, against a simulator. */
@Tag("long")
@EnabledOnOs(OS.LINUX)
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class ExamplesTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--help",
        "stop --help",
        "stop --help-all",
        "start --help",
        "show --help",
        "status --help",
        "list --help",
        "wait --help",
        "whoami --help",
        "simulate --help",
        "codes --help",
        "completion --help",
        "help --help"
      })
  void examples_work(String help) throws Exception {
    TestTerminal terminal = new TestTerminal();
    assertThat(terminal.run(help.split(" ", -1))).isZero();
    List<String> examples =
        terminal
            .outText()
            .lines()
            .map(line -> line.replaceFirst("^Try it without an account: ", "  "))
            .filter(line -> line.startsWith("  fleetstop ") || line.startsWith("  source "))
            .map(String::strip)
            .toList();
    for (String example : examples) {
      // Each of its own: an earlier one would have stopped what this one stops.
      try (Service simulator = new Service(example)) {
        simulator.run(example);
      }
    }
  }

  /** The service that an example calls. */
  private final class Service implements AutoCloseable {

    private static final String REDIS = "redis://10.0.0.5";

    private final EcsSimulator simulator;
    private final @Nullable TestRedis redis;

    Service(String example) {
      redis = example.contains(REDIS) ? TestRedis.start() : null;
      // An example that waits is for instances that stop meanwhile.
      String status = example.startsWith("fleetstop wait") ? "STOPPED" : "RUNNING";
      EcsSimulatorBuilder builder =
          EcsSimulator.builder().instance(SimulatedInstance.of("i-ycm0a1b2c3d4e5f6g7h8", status));
      for (int i = 1; i <= 3; i++) {
        builder.instance(
            SimulatedInstance.builder("i-" + i)
                .status(status)
                .zoneId("cn-beijing-a")
                .tag("env", "dev")
                .build());
      }
      simulator = builder.startNow();
    }

    void run(String example) throws IOException, InterruptedException {
      List<String> ids = simulator.ids();
      Files.write(directory.resolve("night.txt"), ids.subList(1, 4));
      Files.write(directory.resolve("keep.txt"), ids.subList(1, 2));
      Files.writeString(directory.resolve("night.csv"), "InstanceId,Name\n" + ids.get(0) + ",a\n");
      Files.createDirectories(directory.resolve(".config/fish/completions"));
      Files.createDirectories(directory.resolve(".volcengine"));
      Files.writeString(
          directory.resolve(".volcengine/config.json"),
          "{\"profiles\":{\"work\":{\"access-key\":\""
              + simulator.accessKeyId()
              + "\",\"secret-key\":\""
              + simulator.secretAccessKey()
              + "\"}}}");
      Path journal = directory.resolve("night.jsonl");
      if (example.startsWith("fleetstop start ") && !example.contains("--resume")) {
        Files.deleteIfExists(directory.resolve("night.start.jsonl"));
      }
      boolean readsJournal =
          example.startsWith("fleetstop show ") || example.startsWith("fleetstop start ");
      if (readsJournal && !Files.exists(journal)) {
        TestTerminal run = TestTerminal.of(simulator);
        assertThat(run.stop(simulator, "--yes", "--journal=" + journal, ids.get(1))).isZero();
      }
      if (redis != null) {
        String[] shared = {"--yes", "--redis=" + redis.url(), "--run-id=night-1", ids.get(1)};
        assertThat(TestTerminal.of(simulator).stop(simulator, shared)).isZero();
      }
      PseudoTerminal.launcher(directory, simulator);
      boolean isZsh = example.contains(" zsh)");
      if (isZsh
          && Stream.of("/bin/zsh", "/usr/bin/zsh").noneMatch(zsh -> Files.exists(Path.of(zsh)))) {
        return;
      }
      String words = isZsh ? "autoload -Uz compinit; compinit -D; " + example : example;
      if (redis != null) {
        words = words.replace(REDIS, redis.url());
      }
      boolean endless = example.startsWith("fleetstop simulate");
      ProcessBuilder builder =
          new ProcessBuilder(isZsh ? "zsh" : "bash", "-c", (endless ? "exec " : "") + words)
              .directory(directory.toFile());
      PseudoTerminal.prepare(builder.environment(), directory, simulator);
      builder.environment().put("HOME", directory.toString());
      builder.environment().put("VOLCENGINE_ENDPOINT", simulator.endpoint().toString());
      Path output = directory.resolve("output");
      Process shell = builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
      if (endless) {
        Flux.interval(Duration.ofMillis(50))
            .takeUntil(tick -> !shell.isAlive() || output.toFile().length() > 0)
            .blockLast(Duration.ofSeconds(30));
        assertThat(shell.isAlive()).as(() -> example + "\n" + read(output)).isTrue();
        shell.destroy();
        shell.waitFor();
        return;
      }
      assertThat(shell.waitFor()).as(() -> example + "\n" + read(output)).isZero();
    }

    private String read(Path file) {
      try {
        return Files.readString(file);
      } catch (IOException e) {
        return e.toString();
      }
    }

    @Override
    public void close() {
      simulator.dispose();
      if (redis != null) {
        redis.close();
      }
    }
  }
}

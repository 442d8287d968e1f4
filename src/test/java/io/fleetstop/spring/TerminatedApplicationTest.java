package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.junit.Child;
import io.fleetstop.simulator.EcsSimulator;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/**
 * SIGTERM at a random moment of a background run: every instance that the service stopped is in an
 * outcome, and nothing new is sent. {@code -Dsigterm.seeds=10} runs more moments.
 */
@Tag("long")
class TerminatedApplicationTest {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Calls on the wire as the context begins to close, and those of the moment until the drain. */
  private static final int ON_THE_WIRE = 64;

  static LongStream seeds() {
    return LongStream.rangeClosed(1, Integer.getInteger("sigterm.seeds", 2));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyStoppedInstanceIsReported(long seed) throws Exception {
    int moment = new Random(seed).nextInt(20, 400);
    EcsSimulator simulator =
        EcsSimulator.builder()
            .instances(BackgroundRun.FLEET)
            .seed(seed)
            .latency(Duration.ofMillis(50))
            .stopDelay(Duration.ofSeconds(1))
            .startNow();
    Process application = start(simulator);
    try (BufferedReader output = application.inputReader()) {
      awaitCalls(simulator, moment);
      application.toHandle().destroy(); // Process.destroy() would close its output
      List<String> lines = linesUntil(BackgroundRun.CLOSING, output);
      long before = simulator.ledger().calls("StopInstance");
      lines.addAll(linesUntil(BackgroundRun.END, output));
      lines.remove(BackgroundRun.CLOSING);

      assertThat(application.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(application.exitValue()).isEqualTo(128 + 15);
      assertThat(lines).last().isEqualTo(BackgroundRun.END);
      List<String> reported =
          lines.subList(0, lines.size() - 1).stream()
              .map(line -> line.substring(line.indexOf(' ') + 1))
              .toList();
      assertThat(reported).doesNotHaveDuplicates().containsAll(stopped(simulator));
      assertThat(simulator.ledger().calls("StopInstance") - before)
          .isLessThanOrEqualTo(ON_THE_WIRE);
    } finally {
      application.destroyForcibly();
      simulator.dispose();
    }
  }

  /** The lines up to and with the given one, without those that are logged. */
  private static List<String> linesUntil(String last, BufferedReader output) throws IOException {
    List<String> lines = new ArrayList<>();
    String line = output.readLine();
    while (line != null) {
      if (!line.contains("  ")) {
        lines.add(line);
      }
      if (line.equals(last)) {
        return lines;
      }
      line = output.readLine();
    }
    return lines;
  }

  private static List<String> stopped(EcsSimulator simulator) {
    return simulator.ids().stream().filter(id -> simulator.ledger().effects(id) > 0).toList();
  }

  private static void awaitCalls(EcsSimulator simulator, int calls) {
    Boolean reached =
        Mono.fromSupplier(() -> simulator.ledger().calls("StopInstance") >= calls)
            .filter(now -> now)
            .repeatWhenEmpty(again -> again.delayElements(Duration.ofMillis(5)))
            .block(PATIENCE);
    assertThat(Objects.requireNonNull(reached)).isTrue();
  }

  private static Process start(EcsSimulator simulator) throws Exception {
    ProcessBuilder application =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            BackgroundRun.class.getName(),
            "--spring.main.banner-mode=off",
            "--spring.main.web-application-type=none",
            "--spring.main.keep-alive=true",
            "--logging.level.root=WARN",
            "--fleetstop.region=cn-beijing",
            "--fleetstop.endpoint=" + simulator.endpoint(),
            "--fleetstop.credentials.access-key-id=" + simulator.accessKeyId(),
            "--fleetstop.credentials.secret-access-key=" + simulator.secretAccessKey(),
            "--fleetstop.pace.rate=100");
    application.redirectError(ProcessBuilder.Redirect.DISCARD);
    return Child.start(application, Duration.ofSeconds(50));
  }
}

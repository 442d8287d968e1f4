package io.fleetstop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.EcsSimulator;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A service that accepts connections and never replies, and runs that are ended by their time. */
class HungServiceTest {

  private final ServerSocket hung;
  private final TestTerminal terminal =
      new TestTerminal()
          .env("VOLCENGINE_ACCESS_KEY", "AKLTexample")
          .env("VOLCENGINE_SECRET_KEY", "secret")
          .env("VOLCENGINE_REGION", "cn-beijing");

  HungServiceTest() throws IOException {
    // The kernel accepts the connections.
    hung = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
  }

  @AfterEach
  void close() throws IOException {
    hung.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"--protect-tag=fleetstop:protect", "--no-protect-tag"})
  void hungService_endsByTheDeadlineWithUnconfirmed(String protection) {
    List<String> args = new ArrayList<>(List.of("stop", protection, "--yes", "--deadline=4s"));
    args.add("--endpoint=http://127.0.0.1:" + hung.getLocalPort());
    args.add("--output=jsonl");
    IntStream.range(0, 20).forEach(i -> args.add("i-" + i));

    long begun = System.nanoTime();
    int exitCode = terminal.run(args.toArray(new String[0]));
    Duration took = Duration.ofNanos(System.nanoTime() - begun);

    assertThat(took).isLessThan(Duration.ofSeconds(10));
    assertThat(terminal.outJson())
        .hasSize(20)
        .allSatisfy(line -> assertThat(line.get("outcome").asString()).isEqualTo("UNCONFIRMED"));
    if (protection.startsWith("--no")) {
      // From the 20th outcome on, --max-failures counts.
      assertThat(exitCode).isEqualTo(3);
      assertThat(terminal.errText()).containsPattern("no reply for \\d s");
    } else {
      assertThat(exitCode).isEqualTo(1);
      assertThat(terminal.errText()).contains("Client.DeadlineExceeded", "nothing was stopped");
    }
  }

  /** A list of 100 instances does not fit into the attempt timeout, one of 20 does. */
  @Test
  void slowLine_isAskedForLessAtOnce() throws IOException {
    EcsSimulator simulator = EcsSimulator.builder().instances(200).startNow();
    try (SlowLine line = new SlowLine(simulator.endpoint().getPort(), 40_000)) {
      List<String> args = new ArrayList<>(List.of("stop", "--endpoint", line.endpoint()));
      args.addAll(List.of("--no-wait", "--yes", "--attempt-timeout=1500ms", "--output=ids"));
      args.addAll(simulator.ids());
      TestTerminal onLine = TestTerminal.of(simulator);

      assertThat(onLine.run(args.toArray(new String[0]))).as(onLine.errText()).isZero();

      assertThat(onLine.outText().lines()).hasSize(200);
      assertThat(simulator.ledger().effects()).isEqualTo(200);
    } finally {
      simulator.dispose();
    }
  }

  @Test
  void runDeadline_drainsTheRun() {
    EcsSimulator simulator = EcsSimulator.builder().instances(100).startNow();
    try {
      List<String> args =
          new ArrayList<>(List.of("--no-wait", "--no-protect-tag", "--yes", "--rate=10"));
      args.add("--run-deadline=2s");
      args.addAll(simulator.ids());
      TestTerminal onSimulator = TestTerminal.of(simulator);

      assertThat(onSimulator.stop(simulator, args.toArray(new String[0]))).isEqualTo(1);
      assertThat(simulator.ledger().effects()).isLessThan(60L);
      assertThat(onSimulator.errText())
          .contains("Ended early: the --run-deadline passed", "\nResume with: ");
    } finally {
      simulator.dispose();
    }
  }
}

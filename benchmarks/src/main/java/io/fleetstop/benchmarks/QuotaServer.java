package io.fleetstop.benchmarks;

import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Ledger;
import io.fleetstop.simulator.Quota;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import reactor.core.scheduler.Schedulers;

/**
 * The simulator in a process of its own, so that its cost is not the client's. It obeys the lines
 * that it reads and ends with its input.
 *
 * <pre>
 * start INSTANCES KIND RATE LATENCY STOP  replies: started PORT; replaces the simulator, times in ms
 * quota KIND RATE                         replies: changed NANOS
 * now                                     replies: now NANOS
 * calls                                   replies: calls COUNT, then NANOS ID granted|refused|failed
 * </pre>
 */
final class QuotaServer {

  private static final String STOP = "StopInstance";
  private static final int BURST = 10;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final PrintStream out;
  private EcsSimulator simulator;

  private QuotaServer(PrintStream out) {
    this.out = out;
  }

  /** Serves until the input ends. */
  public static void main(String[] args) throws IOException {
    QuotaServer server =
        new QuotaServer(new PrintStream(System.out, false, StandardCharsets.UTF_8));
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      server.obey(line.split(" "));
      server.out.flush();
    }
    server.end();
  }

  private void obey(String[] words) {
    switch (words[0]) {
      case "start" -> start(words);
      case "quota" -> {
        simulator.setQuota(STOP, quota(words[1], words[2]));
        out.println("changed " + now());
      }
      case "now" -> out.println("now " + now());
      case "calls" -> printCalls();
      default -> throw new IllegalArgumentException("unknown command " + words[0]);
    }
  }

  private void start(String[] words) {
    end();
    simulator =
        EcsSimulator.builder()
            .instances(Integer.parseInt(words[1]))
            .quota(STOP, quota(words[2], words[3]))
            .latency(Duration.ofMillis(Long.parseLong(words[4])))
            .stopDelay(Duration.ofMillis(Long.parseLong(words[5])))
            .startNow();
    out.println("started " + simulator.port());
  }

  private void printCalls() {
    if (simulator.calls() > Ledger.MAX_RECENT) {
      throw new IllegalStateException(simulator.calls() + " calls are more than the ledger keeps");
    }
    List<Ledger.Call> calls = simulator.ledger().recent(STOP);
    out.println("calls " + calls.size());
    calls.forEach(
        call -> out.println(call.arrivalNanos() + " " + call.instanceId() + " " + fate(call)));
  }

  private static String fate(Ledger.Call call) {
    return call.code().isEmpty() ? "granted" : call.httpStatus() == 429 ? "refused" : "failed";
  }

  private static Quota quota(String kind, String rate) {
    return switch (kind) {
      case "bucket" -> Quota.tokenBucket(Integer.parseInt(rate), BURST);
      case "window" -> Quota.fixedWindow(Integer.parseInt(rate));
      case "unlimited" -> Quota.unlimited();
      default -> throw new IllegalArgumentException("unknown kind of quota " + kind);
    };
  }

  /** The clock of the ledger. */
  private static long now() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }

  private void end() {
    if (simulator != null) {
      simulator.disposeLater().block(PATIENCE);
    }
  }
}

package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.simulator.Quota;
import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code fleetstop simulate}: serves a simulated service until interrupted. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Runs a simulated ECS on the loopback interface until it is interrupted,",
      "and prints the settings for calling it.",
      "",
      "Its instances are spread over the zones a to c of the region, the projects default, batch and",
      "web, the networks vpc-sim01 and vpc-sim02, and the tags env (dev, staging, prod) and role (web,",
      "worker), always in the same way."
    })
final class SimulateCommand implements Callable<Integer> {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(2);

  private final Terminal terminal;

  @Option(
      names = "--port",
      paramLabel = "P",
      converter = Converters.Port.class,
      description = "The port to listen on. Default: a free one.")
  private @Nullable Integer port;

  @Option(
      names = "--instances",
      paramLabel = "N",
      converter = Converters.Count.class,
      description = "Number of running instances. Default: 100.")
  private int instances = 100;

  @Option(
      names = "--quota",
      paramLabel = "R",
      converter = Converters.Rate.class,
      description = "Quota of each action, in calls per second. Default: unlimited.")
  private @Nullable Double quota;

  @Option(
      names = "--burst",
      paramLabel = "B",
      converter = Converters.Count.class,
      description =
          "With --quota: calls that may arrive at once after an idle period. Default: the "
              + "quota of one second.")
  private @Nullable Integer burst;

  @Option(
      names = "--stop-delay",
      paramLabel = "D",
      converter = Converters.TimeOrZero.class,
      description =
          "How long an instance takes to stop, for example 500ms, 10s or 5m. Default: 1s.")
  private @Nullable Duration stopDelay;

  @Option(
      names = "--access-key",
      paramLabel = "A",
      description =
          "The accepted access key id; needs --secret-key. Default: a sample, which is "
              + "printed.")
  private @Nullable String accessKey;

  @Option(
      names = "--secret-key",
      paramLabel = "S",
      description =
          "The accepted secret, which is not printed. Never use a real secret: other users "
              + "of the machine can see it. Default: a sample, which is printed.")
  private @Nullable String secretKey;

  SimulateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    EcsSimulator simulator = start(description());
    CountDownLatch interrupted = new CountDownLatch(1);
    Runnable restoreSignals = terminal.onInterrupt(interrupted::countDown);
    try {
      announce(simulator);
      interrupted.await();
      terminal.err().print("Simulated until now: " + simulator.ledger() + "\n");
      return ExitCode.SUCCESS.number();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.INTERRUPTED.number();
    } finally {
      restoreSignals.run();
      simulator.disposeLater().onErrorComplete().block(CLOSE_TIMEOUT);
    }
  }

  private EcsSimulatorBuilder description() {
    EcsSimulatorBuilder builder = EcsSimulator.builder().instances(instances);
    if (port != null) {
      builder.port(port);
    }
    if (burst != null && quota == null) {
      throw CommandFailure.usage("--burst needs --quota");
    }
    if (quota != null) {
      builder.quota(Quota.tokenBucket(quota, burst != null ? burst : (int) Math.ceil(quota)));
    }
    if (stopDelay != null) {
      builder.stopDelay(stopDelay);
    }
    if ((accessKey == null) != (secretKey == null)) {
      throw CommandFailure.usage("--access-key and --secret-key need each other");
    }
    if (accessKey != null && secretKey != null) {
      if (accessKey.isBlank() || secretKey.isBlank()) {
        throw CommandFailure.usage("--access-key and --secret-key must not be blank");
      }
      builder.accessKey(accessKey, secretKey);
    }
    return builder;
  }

  private EcsSimulator start(EcsSimulatorBuilder builder) {
    try {
      return builder.startNow();
    } catch (RuntimeException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw CommandFailure.configuration("the simulator cannot start: " + cause.getMessage());
    }
  }

  private void announce(EcsSimulator simulator) {
    PrintStream out = terminal.out();
    out.print("# " + TerminalText.count(instances) + " instances at " + simulator.endpoint());
    out.print(", from " + simulator.ids().get(0) + " on. Interrupt to end.\n");
    String id = accessKey == null ? simulator.accessKeyId() : accessKey;
    out.print("export VOLCENGINE_ACCESS_KEY=" + shellWord(id) + "\n");
    out.print(
        secretKey == null
            ? "export VOLCENGINE_SECRET_KEY=" + shellWord(simulator.secretAccessKey()) + "\n"
            : "# export VOLCENGINE_SECRET_KEY: the one given by --secret-key\n");
    out.print("export VOLCENGINE_REGION=" + simulator.region() + "\n");
    out.print("# fleetstop stop --endpoint " + simulator.endpoint() + " ID...\n");
    out.flush();
  }

  private static String shellWord(String word) {
    return TerminalText.escape(TerminalText.shellWord(word));
  }
}

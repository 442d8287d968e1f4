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
import io.fleetstop.simulator.RandomFaults;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code fleetstop simulate}: serves a simulated service until interrupted. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      "Runs a simulated ECS on the loopback interface until it is interrupted,",
      "and prints the settings for calling it. Other regions than its own are empty.",
      "",
      "Its instances are spread over the zones a to c of the region, the projects default, batch and",
      "web, the networks vpc-sim01 and vpc-sim02, and the tags env (dev, staging, prod) and role (web,",
      "worker), always in the same way."
    },
    footer = {
      "",
      "Faults, each with a probability: reset-before, html-502-before, internal-error-before, "
          + "throttle, processing and hung-before prevent the effect of the call; lost-reply, "
          + "reset, html-502, internal-error, truncated, garbage, empty-body, slow and hang damage "
          + "the reply of a call that took effect.",
      "",
      "Examples:",
      "  fleetstop simulate --instances 500 --quota 20",
      "  fleetstop simulate --fault lost-reply=5%%,html-502=3%%,hang=1%% --seed 7 --quota 20"
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
      names = "--region",
      paramLabel = "R",
      description = "The region that has the instances. Default: cn-beijing.")
  private String region = "cn-beijing";

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
      names = "--fault",
      paramLabel = "NAME=P%,...",
      converter = Faults.class,
      description =
          "Faults of random calls, for example lost-reply=5%%,html-502=3%%,hang=1%%; the names are "
              + "below. Default: none.")
  private RandomFaults faults = RandomFaults.none();

  @Option(
      names = "--seed",
      paramLabel = "N",
      converter = Converters.Seed.class,
      description =
          "The seed of the faults: the same calls in the same order get the same faults. "
              + "Default: 1.")
  private long seed = 1;

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

  @Option(
      names = "--session-token",
      paramLabel = "T",
      description =
          "The session token that each call must have, as with temporary credentials; it is not "
              + "printed. Never use a real one. Default: none.")
  private @Nullable String sessionToken;

  /** Random faults, for example {@code lost-reply=5%,hang=1%}. */
  static final class Faults implements ITypeConverter<RandomFaults> {
    @Override
    public RandomFaults convert(String value) {
      try {
        return RandomFaults.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(String.valueOf(e.getMessage()));
      }
    }
  }

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
    if (region.isBlank()) {
      throw CommandFailure.usage(
          "--region must not be blank; name a region, or leave out the option");
    }
    EcsSimulatorBuilder builder =
        EcsSimulator.builder().instances(instances).region(region).faults(faults).seed(seed);
    if (port != null) {
      builder.port(port);
    }
    if (burst != null && quota == null) {
      throw CommandFailure.usage("--burst needs --quota; add it, or leave out --burst");
    }
    if (quota != null) {
      builder.quota(Quota.tokenBucket(quota, burst != null ? burst : (int) Math.ceil(quota)));
    }
    if (stopDelay != null) {
      builder.stopDelay(stopDelay);
    }
    if ((accessKey == null) != (secretKey == null)) {
      throw CommandFailure.usage(
          "--access-key and --secret-key need each other; give both, or neither");
    }
    if (accessKey != null && secretKey != null) {
      if (accessKey.isBlank() || secretKey.isBlank()) {
        throw CommandFailure.usage(
            "--access-key and --secret-key must not be blank; leave out both for the sample keys");
      }
    }
    String id = Objects.requireNonNullElse(accessKey, EcsSimulator.SAMPLE_ACCESS_KEY_ID);
    String secret = Objects.requireNonNullElse(secretKey, EcsSimulator.SAMPLE_SECRET_ACCESS_KEY);
    if (sessionToken == null) {
      return builder.accessKey(id, secret);
    }
    if (sessionToken.isBlank()) {
      throw CommandFailure.usage(
          "--session-token must not be blank; leave it out for permanent credentials");
    }
    return builder.accessKey(id, secret, sessionToken);
  }

  private EcsSimulator start(EcsSimulatorBuilder builder) {
    try {
      return builder.startNow();
    } catch (RuntimeException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw CommandFailure.configuration(
          "the simulator cannot start: " + cause.getMessage() + "; choose another --port");
    }
  }

  private void announce(EcsSimulator simulator) {
    PrintStream out = terminal.out();
    out.print("# " + TerminalText.count(instances) + " instances at " + simulator.endpoint());
    out.print(", from " + simulator.ids().get(0) + " on. Interrupt to end.\n");
    out.print("export VOLCENGINE_ACCESS_KEY=" + shellWord(simulator.accessKeyId()) + "\n");
    out.print(
        secretKey == null
            ? "export VOLCENGINE_SECRET_KEY=" + shellWord(simulator.secretAccessKey()) + "\n"
            : "# export VOLCENGINE_SECRET_KEY: the one given by --secret-key\n");
    if (sessionToken != null) {
      out.print("# export VOLCENGINE_SESSION_TOKEN: the one given by --session-token\n");
    }
    out.print("export VOLCENGINE_REGION=" + shellWord(simulator.region()) + "\n");
    out.print("# fleetstop stop --endpoint " + simulator.endpoint() + " ID...\n");
    out.flush();
  }

  private static String shellWord(String word) {
    return TerminalText.escape(TerminalText.shellWord(word));
  }
}

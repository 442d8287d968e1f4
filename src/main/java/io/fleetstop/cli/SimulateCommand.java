package io.fleetstop.cli;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.Converters;
import io.fleetstop.cli.options.ExitCode;
import io.fleetstop.cli.options.VersionText;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.output.TerminalText;
import io.fleetstop.simulator.CloudSimulator;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.EcsSimulatorBuilder;
import io.fleetstop.simulator.Quota;
import io.fleetstop.simulator.RandomFaults;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;
import reactor.core.publisher.Mono;

/** {@code fleetstop simulate}: serves a simulated service until interrupted. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    versionProvider = VersionText.class,
    sortOptions = false,
    abbreviateSynopsis = true,
    description = {
      SimulateCommand.DESCRIPTION,
      "and prints the settings for calling it. Other regions than its own are empty, or, with",
      "--accounts or --regions, denied.",
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
      "  fleetstop simulate --accounts 2 --regions cn-beijing,cn-shanghai --instances 20",
      "  fleetstop simulate --fault lost-reply=5%%,html-502=3%%,hang=1%% --seed 7 --quota 20"
    })
final class SimulateCommand implements Callable<Integer> {

  static final String DESCRIPTION =
      "Runs a simulated ECS on the loopback interface until it is interrupted,";

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
      names = "--accounts",
      paramLabel = "N",
      converter = Converters.Count.class,
      description =
          "Number of accounts, each with a role to assume and with --instances in each region. "
              + "Default: 1.")
  private int accounts = 1;

  @Option(
      names = "--regions",
      paramLabel = "R,...",
      split = ",",
      description =
          "Several regions, which DescribeRegions lists. Default: that of --region alone.")
  private List<String> regions = new ArrayList<>();

  @Option(
      names = "--target-quota",
      paramLabel = "ACCOUNT/REGION=R",
      description =
          "Quota of each action in one account and region, in place of --quota; accounts are "
              + "2100000001 and the following. Repeatable. Default: none.")
  private Map<String, Double> targetQuotas = new LinkedHashMap<>();

  @Option(
      names = "--deny",
      paramLabel = "ACCOUNT/REGION",
      description =
          "Reject every call in this account and region with AccessDenied. Repeatable. Default: "
              + "none.")
  private Set<String> denied = new LinkedHashSet<>();

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
    private static final List<String> NAMES =
        List.of(
            "reset-before",
            "html-502-before",
            "internal-error-before",
            "throttle",
            "processing",
            "hung-before",
            "lost-reply",
            "reset",
            "html-502",
            "internal-error",
            "truncated",
            "garbage",
            "empty-body",
            "slow",
            "hang");

    @Override
    public RandomFaults convert(String value) {
      try {
        return RandomFaults.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage() + meant(value));
      }
    }

    private static String meant(String value) {
      for (String part : value.split(",", -1)) {
        String name = part.split("=", 2)[0].strip();
        String nearest = NAMES.contains(name) ? null : Converters.nearest(name, NAMES);
        if (nearest != null) {
          return ": did you mean " + nearest + "?";
        }
      }
      return "";
    }
  }

  SimulateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (accounts > 1 || !regions.isEmpty()) {
      return simulateCloud();
    }
    if (!targetQuotas.isEmpty() || !denied.isEmpty()) {
      throw CommandFailure.usage(
          "--target-quota and --deny need several targets; add --accounts or --regions");
    }
    EcsSimulator simulator = start(description()::startNow);
    return serve(
        () -> announce(simulator),
        () -> "Simulated until now: " + simulator.ledger() + "\n",
        simulator.disposeLater());
  }

  private int serve(Runnable announcement, Supplier<String> result, Mono<Void> disposal) {
    CountDownLatch interrupted = new CountDownLatch(1);
    Runnable restoreSignals = terminal.onInterrupt(interrupted::countDown);
    try {
      announcement.run();
      interrupted.await();
      terminal.err().print(result.get());
      return ExitCode.SUCCESS.number();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCode.INTERRUPTED.number();
    } finally {
      restoreSignals.run();
      disposal.onErrorComplete().block(CLOSE_TIMEOUT);
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
      builder.quota(bucket(quota));
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

  private int simulateCloud() {
    if (accessKey != null || secretKey != null || sessionToken != null) {
      throw CommandFailure.usage(
          "--accounts and --regions come with keys of their own; leave out --access-key,"
              + " --secret-key and --session-token");
    }
    List<String> names = regions.isEmpty() ? List.of(region) : regions;
    CloudSimulator cloud = start(() -> cloud(names).startNow());
    return serve(
        () -> CloudAnnouncement.print(cloud, instances, terminal.out()),
        () -> CloudAnnouncement.ledgers(cloud),
        cloud.disposeLater());
  }

  private CloudSimulator.Builder cloud(List<String> names) {
    CloudSimulator.Builder builder;
    try {
      builder = CloudSimulator.builder().accounts(accounts).regions(names).instances(instances);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(e.getMessage());
    }
    if (port != null) {
      builder.port(port);
    }
    Duration delay = stopDelay;
    builder.all(
        target -> {
          target.faults(faults).seed(seed);
          if (quota != null) {
            target.quota(bucket(quota));
          }
          if (delay != null) {
            target.stopDelay(delay);
          }
        });
    targetQuotas.forEach((target, rate) -> change(builder, target, one -> one.quota(bucket(rate))));
    denied.forEach(target -> change(builder, target, one -> one.denied(true)));
    return builder;
  }

  private Quota bucket(double rate) {
    return Quota.tokenBucket(rate, burst != null ? burst : (int) Math.ceil(rate));
  }

  private static void change(
      CloudSimulator.Builder builder, String target, Consumer<EcsSimulatorBuilder> change) {
    String[] parts = target.split("/", -1);
    if (parts.length != 2) {
      throw CommandFailure.usage(
          "a target must be ACCOUNT/REGION, for example 2100000001/cn-beijing, was \""
              + target
              + "\"");
    }
    builder.target(parts[0], parts[1], change);
  }

  private static <T> T start(Supplier<T> starting) {
    try {
      return starting.get();
    } catch (CommandFailure e) {
      throw e;
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

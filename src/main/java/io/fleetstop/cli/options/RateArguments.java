package io.fleetstop.cli.options;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The rate of calls. {@code null} means not given. */
public class RateArguments {

  @Option(
      names = "--rate",
      paramLabel = "N",
      converter = Converters.Rate.class,
      description =
          "Fixed rate: calls per second, evenly spaced. Default: adaptive, starting at "
              + "10/s and staying just below the quota of the service.")
  public @Nullable Double rate;

  @Option(
      names = "--max-rate",
      paramLabel = "N",
      converter = Converters.Rate.class,
      description =
          "Upper bound of the adaptive rate, in calls per second. Default: 100; 1000 "
              + "with --simulate.")
  public @Nullable Double maxRate;

  @Option(
      names = "--max-describe-rate",
      paramLabel = "N",
      converter = Converters.Rate.class,
      description =
          "Upper bound of the adaptive rate of DescribeInstances, in calls per second. Each "
              + "call describes up to 100 instances. Default: 50; 1000 with --simulate.")
  public @Nullable Double maxDescribeRate;

  @Option(
      names = "--burst",
      paramLabel = "N",
      converter = Converters.Count.class,
      description =
          "With --rate: calls that may be sent at once after an idle period. Keep it "
              + "well below what the service allows, because the network may deliver calls "
              + "early. Default: 1.")
  public @Nullable Integer burst;

  @Option(
      names = "--max-in-flight",
      paramLabel = "N",
      converter = Converters.Count.class,
      description =
          "Maximum number of concurrent calls. Default: 64; fewer with a low --rate or "
              + "--deadline, so that calls are not queued for long.")
  public @Nullable Integer maxInFlight;
}

package io.fleetstop.cli.options;

import io.fleetstop.model.StopInstances;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The rate of calls. {@code null} means not given. */
public final class RateArguments {

  @Option(
      names = "--rate",
      paramLabel = "N",
      converter = Converters.Rate.class,
      description =
          "Fixed rate: stop calls per second, evenly spaced. Default: adaptive, starting at "
              + "10/s and staying just below the quota of the service.")
  public @Nullable Double rate;

  @Option(
      names = "--max-rate",
      paramLabel = "N",
      converter = Converters.Rate.class,
      description =
          "Upper bound of the adaptive rate, in stop calls per second. Default: 100; 1000 "
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
          "With --rate: stop calls that may be sent at once after an idle period. Keep it "
              + "well below what the service allows, because the network may deliver calls "
              + "early. Default: 1.")
  public @Nullable Integer burst;

  @Option(
      names = "--max-in-flight",
      paramLabel = "N",
      converter = Converters.Count.class,
      description =
          "Maximum number of concurrent stop calls. Default: 64; fewer with a low --rate or "
              + "--deadline, so that calls are not queued for long.")
  public @Nullable Integer maxInFlight;

  @Option(
      names = "--batch",
      paramLabel = "N|auto",
      converter = BatchSize.class,
      description =
          "Maximum number of instances of one stop call, 1 to 100; auto is 100. More than 1 "
              + "sends StopInstances, whose quota and rate are its own; each instance has the "
              + "outcome of a single call. Default: 1.")
  public @Nullable Integer batch;

  /** A number of instances, or {@code auto} for as many as a call may have. */
  static final class BatchSize implements ITypeConverter<Integer> {

    private static final String AUTO = "auto";
    private static final Pattern NUMBER = Pattern.compile("[0-9]{1,3}");

    @Override
    public Integer convert(String value) {
      if (value.equalsIgnoreCase(AUTO)) {
        return StopInstances.MAX_IDS;
      }
      int number = NUMBER.matcher(value).matches() ? Integer.parseInt(value) : 0;
      if (number < 1 || number > StopInstances.MAX_IDS) {
        throw new TypeConversionException(
            "must be "
                + AUTO
                + " or a whole number from 1 to "
                + StopInstances.MAX_IDS
                + ", was \""
                + value
                + "\"");
      }
      return number;
    }
  }
}

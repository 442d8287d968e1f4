package io.fleetstop.cli.options;

import io.fleetstop.model.StopInstances;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The rate of stop calls. {@code null} means not given. */
public final class StopRateArguments extends RateArguments {

  @Option(
      names = "--batch",
      paramLabel = "N|auto",
      converter = BatchSize.class,
      description =
          "Maximum number of instances of one stop call, 1 to 100; auto is 100. More than 1 "
              + "sends StopInstances, whose quota and rate are its own; each instance has the "
              + "outcome of a single call. Default: 1.")
  public @Nullable Integer batch;

  @Option(
      names = "--redis",
      paramLabel = "URL",
      description =
          "Share the rates with every process that uses this Redis, for the same region and "
              + "--profile, and with --run-id the whole run: redis://, rediss://, "
              + "redis-sentinel:// or redis-cluster://. A URL with a password belongs into "
              + "FLEETSTOP_REDIS_URL. Default: FLEETSTOP_REDIS_URL, else rates and a run of this "
              + "process alone.")
  public @Nullable String redis;

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

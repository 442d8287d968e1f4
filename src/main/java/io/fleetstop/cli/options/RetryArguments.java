package io.fleetstop.cli.options;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The retries and timeouts of one call. {@code null} means not given. */
public final class RetryArguments {

  @Option(
      names = "--max-attempts",
      paramLabel = "N",
      converter = Converters.Count.class,
      description =
          "Maximum number of attempts per call, the first included; throttled and busy "
              + "attempts do not count, and nor do failed connections once a call has "
              + "succeeded. Default: 4.")
  public @Nullable Integer maxAttempts;

  @Option(
      names = "--retry-budget",
      paramLabel = "N",
      converter = Converters.Count.class,
      description =
          "Retries after failures that all calls of the run share; a success earns a part of "
              + "one. Default: 35, or --max-in-flight if that is more.")
  public @Nullable Integer retryBudget;

  @Option(
      names = "--attempt-timeout",
      paramLabel = "D",
      converter = Converters.Time.class,
      description =
          "Timeout of one attempt. D is a duration here and below, for example 500ms, "
              + "10s, 5m, 1h or PT1M30S. Default: 10s.")
  public @Nullable Duration attemptTimeout;

  @Option(
      names = "--deadline",
      paramLabel = "D",
      converter = Converters.Time.class,
      description =
          "Maximum duration of the call for one instance, including queueing, delays and "
              + "retries; also the maximum time that an instance may be busy with another "
              + "operation. Default: 2m.")
  public @Nullable Duration deadline;

  @Option(
      names = "--run-deadline",
      paramLabel = "D",
      converter = Converters.Time.class,
      description =
          "Maximum duration of the run, from its first call. After that no new calls are sent, "
              + "calls in flight complete, and instances that were not started have no outcome. "
              + "Default: unlimited.")
  public @Nullable Duration runDeadline;
}

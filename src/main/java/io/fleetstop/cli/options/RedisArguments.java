package io.fleetstop.cli.options;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** A run that machines share, and the Redis that it is in. {@code null} means not given. */
public final class RedisArguments {

  @Option(
      names = "--redis",
      paramLabel = "URL",
      description =
          "The Redis that the run is in. A URL with a password belongs into FLEETSTOP_REDIS_URL. "
              + "Default: FLEETSTOP_REDIS_URL.")
  private @Nullable String redis;

  @Option(
      names = "--run-id",
      paramLabel = "ID",
      description = "The run that the machines share. Required.")
  private @Nullable String runId;

  /**
   * Returns the URL, or {@code null} if none is given.
   *
   * @param given the value of {@code --redis}, or {@code null}
   * @param environment returns the value of a variable, or {@code null}
   * @throws CommandFailure if the command line has a password
   */
  public static @Nullable RedisUrl url(
      @Nullable String given, Function<String, @Nullable String> environment) {
    if (given != null) {
      if (given.indexOf('@') >= 0) {
        throw CommandFailure.usage(
            "--redis must have no user and password, because lists of processes show it: set"
                + " FLEETSTOP_REDIS_URL to the whole URL, and leave out --redis");
      }
      return new RedisUrl(given, RedisUrl.OPTION);
    }
    String set = environment.apply(RedisUrl.VARIABLE);
    return set == null || set.isBlank() ? null : new RedisUrl(set, RedisUrl.VARIABLE);
  }

  /** Whether the options of this group are given. */
  public boolean isGiven() {
    return redis != null || runId != null;
  }

  /** Whether the id of a run is given. */
  public boolean hasRunId() {
    return runId != null;
  }

  /**
   * Returns the URL.
   *
   * @throws CommandFailure if none is given, or the command line has a password
   */
  public RedisUrl requireUrl(Function<String, @Nullable String> environment) {
    RedisUrl url = url(redis, environment);
    if (url == null) {
      throw CommandFailure.usage(
          "--redis is missing: give the URL of the Redis that the run is in, or set"
              + " FLEETSTOP_REDIS_URL");
    }
    return url;
  }

  /**
   * Returns the id of the run.
   *
   * @throws CommandFailure if none is given
   */
  public String requireRunId() {
    if (runId == null) {
      throw CommandFailure.usage("--run-id is missing: give the id that stop --redis was given");
    }
    return runId;
  }
}

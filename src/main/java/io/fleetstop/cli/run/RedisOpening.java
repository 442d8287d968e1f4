package io.fleetstop.cli.run;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.RedisUrl;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.redis.RedisConnection;
import io.fleetstop.redis.RedisOptions;
import io.fleetstop.redis.RedisSetupException;
import java.time.Duration;
import java.util.Objects;

/** Connects to the Redis of a command line. */
final class RedisOpening {

  private static final Duration LIMIT = Duration.ofSeconds(60);

  private RedisOpening() {}

  /**
   * Connects.
   *
   * @throws CommandFailure if the URL is wrong, or Redis cannot be used
   */
  static RedisConnection open(RedisUrl url) {
    RedisOptions redis;
    try {
      redis = RedisOptions.of(url.url());
    } catch (IllegalArgumentException invalid) {
      throw CommandFailure.usage(url.source() + ": " + invalid.getMessage());
    }
    try {
      return Objects.requireNonNull(RedisConnection.connect(redis).block(LIMIT));
    } catch (RedisSetupException failure) {
      String message = String.valueOf(failure.getMessage());
      throw CommandFailure.configuration(
          url.source()
              + ": "
              + message
              + (message.contains("NOAUTH") || message.contains("WRONGPASS")
                  ? url.passwordAdvice()
                  : ""));
    }
  }

  /**
   * Prints when Redis is away and when it is back.
   *
   * @param effect what this process does without it
   */
  static void announce(RedisConnection connection, String effect, Terminal terminal) {
    connection
        .availability()
        .subscribe(
            available ->
                Progress.NONE.print(
                    terminal.err(),
                    available
                        ? "Redis is back"
                        : "Redis is away: "
                            + effect
                            + " until it is back. It is tried every half second"));
  }
}

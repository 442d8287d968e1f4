package io.fleetstop.cli.run;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.StopArguments;
import io.fleetstop.cli.output.Progress;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.cli.select.TargetSettings;
import io.fleetstop.fleet.Target;
import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.limit.TokenBucketOptions;
import io.fleetstop.redis.RedisConnection;
import io.fleetstop.redis.RedisOptions;
import io.fleetstop.redis.RedisRateLimiters;
import io.fleetstop.redis.RedisSetupException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The rates that a run shares with other processes through Redis, if it does. */
public final class SharedRates implements AutoCloseable {

  private static final String ENVIRONMENT = "FLEETSTOP_REDIS_URL";
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(60);
  private static final Duration CLOSE_LIMIT = Duration.ofSeconds(5);

  private final StopArguments options;
  private final Terminal terminal;
  private final @Nullable RedisConnection connection;

  private SharedRates(
      StopArguments options, Terminal terminal, @Nullable RedisConnection connection) {
    this.options = options;
    this.terminal = terminal;
    this.connection = connection;
  }

  /**
   * Connects to Redis, if an option or the environment names one. Otherwise no class of its driver
   * is loaded.
   *
   * @throws CommandFailure if it cannot be used
   */
  public static SharedRates open(StopArguments options, Terminal terminal) {
    String option = options.rate.redis;
    if (option != null && option.contains("@")) {
      throw CommandFailure.usage(
          "--redis must have no user and no password, which other users see in the list of"
              + " processes; set "
              + ENVIRONMENT
              + " instead");
    }
    String url = option != null ? option : terminal.env(ENVIRONMENT);
    if (url == null || url.isBlank()) {
      return new SharedRates(options, terminal, null);
    }
    RedisConnection opened = connect(url);
    if (!options.output.quiet) {
      opened
          .warnings()
          .forEach(warning -> Progress.NONE.print(terminal.err(), "warning: " + warning));
    }
    return new SharedRates(options, terminal, opened);
  }

  private static RedisConnection connect(String url) {
    RedisOptions redis;
    try {
      redis = RedisOptions.of(url);
    } catch (IllegalArgumentException invalid) {
      throw CommandFailure.usage(String.valueOf(invalid.getMessage()));
    }
    try {
      return Objects.requireNonNull(RedisConnection.connect(redis).block(CONNECT_LIMIT));
    } catch (RedisSetupException failure) {
      throw CommandFailure.configuration(String.valueOf(failure.getMessage()));
    }
  }

  private static LimiterSource source(RedisConnection connection, String account, String region) {
    RedisRateLimiters shared = RedisRateLimiters.on(connection);
    return new LimiterSource() {
      @Override
      public RateLimiter fixed(String action, TokenBucketOptions bucket) {
        return shared.fixed(new Scope(account, region, action), bucket);
      }

      @Override
      public RateLimiter adaptive(String action, AdaptiveOptions bounds) {
        return shared.adaptive(new Scope(account, region, action), bounds);
      }
    };
  }

  private static String region(StopArguments options, Terminal terminal) {
    if (options.where.isSimulated()) {
      return "simulator";
    }
    TargetSettings.Setting region = TargetSettings.of(options.where, terminal).region();
    // The target names the option that is missing.
    return region == null || region.value().isBlank() ? "none" : region.value();
  }

  /** Returns the limiters of the target of the command line. */
  public LimiterSource limiters() {
    if (connection == null) {
      return LimiterSource.ofProcess();
    }
    String role = options.where.roleTrn();
    String profile = Objects.requireNonNullElse(options.where.profile(), "default");
    return source(connection, role == null ? profile : role, region(options, terminal));
  }

  /** Returns the limiters of one of several targets. */
  public LimiterSource limiters(Target target) {
    return connection == null
        ? LimiterSource.ofProcess()
        : source(connection, target.account(), target.region());
  }

  @Override
  public void close() {
    if (connection != null) {
      connection.close().timeout(CLOSE_LIMIT).onErrorComplete().block();
    }
  }
}

package io.fleetstop.cli.run;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.RedisArguments;
import io.fleetstop.cli.options.RedisUrl;
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
import io.fleetstop.redis.RedisRateLimiters;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The rates that a run shares with other processes through Redis, if it does. */
public final class SharedRates implements AutoCloseable {

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
    RedisUrl url = RedisArguments.url(options.rate.redis, terminal::env);
    if (url == null) {
      return new SharedRates(options, terminal, null);
    }
    RedisConnection opened = RedisOpening.open(url);
    if (!options.output.quiet) {
      opened
          .warnings()
          .forEach(warning -> Progress.NONE.print(terminal.err(), "warning: " + warning));
    }
    return new SharedRates(options, terminal, opened);
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

  /** Prints when Redis is away, and when it is back. */
  public void announce() {
    if (connection != null) {
      RedisOpening.announce(
          connection, "this process calls at its share of the last rate", terminal);
    }
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

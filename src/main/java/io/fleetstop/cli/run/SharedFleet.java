package io.fleetstop.cli.run;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.RedisUrl;
import io.fleetstop.cli.output.Terminal;
import io.fleetstop.error.EcsException;
import io.fleetstop.redis.RedisConnection;
import io.fleetstop.redis.RedisFleet;
import io.fleetstop.redis.RedisSetupException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** A run that machines share, in its Redis, for commands that wait for the replies. */
public final class SharedFleet implements AutoCloseable {

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  private final RedisConnection connection;
  private final RedisFleet fleet;

  private SharedFleet(RedisConnection connection, RedisFleet fleet) {
    this.connection = connection;
    this.fleet = fleet;
  }

  /**
   * Connects to Redis.
   *
   * @throws CommandFailure if the URL or the id is wrong, or Redis cannot be used
   */
  public static SharedFleet open(RedisUrl url, String runId) {
    if (!runId.isBlank() && !runId.equals(runId.strip())) {
      throw CommandFailure.usage(
          "--run-id must not begin or end with white space, was \"" + runId + "\"");
    }
    RedisConnection connection = RedisOpening.open(url);
    try {
      return new SharedFleet(connection, RedisFleet.of(connection, runId));
    } catch (IllegalArgumentException e) {
      connection.close().timeout(CLOSE_TIMEOUT).onErrorComplete().block();
      throw CommandFailure.usage("--run-id: " + e.getMessage() + ", was \"" + runId + "\"");
    }
  }

  /** Prints when Redis is away, and when it is back. */
  public void announce(Terminal terminal) {
    RedisOpening.announce(connection, "this machine sends no stop call", terminal);
  }

  public RedisFleet fleet() {
    return fleet;
  }

  /**
   * Waits for a reply of Redis.
   *
   * @throws CommandFailure if there is none, or the run cannot be used
   */
  public static <T> @Nullable T await(Mono<T> reply) {
    try {
      return reply.block();
    } catch (EcsException e) {
      throw CommandFailure.usage(e.detail());
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(e.getMessage());
    } catch (RedisSetupException e) {
      throw CommandFailure.configuration(String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      throw CommandFailure.configuration("Redis does not answer: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    connection.close().timeout(CLOSE_TIMEOUT).onErrorComplete().block();
  }
}

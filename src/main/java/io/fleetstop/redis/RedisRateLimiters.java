package io.fleetstop.redis;

import io.fleetstop.limit.AdaptiveOptions;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.limit.SharedRateLimiter;
import io.fleetstop.limit.TokenBucketOptions;
import java.util.Objects;
import java.util.UUID;
import reactor.core.publisher.Mono;

/**
 * Limiters whose quota is shared by all processes that use the same Redis and name the same
 * account. Safe for concurrent use. A limiter lives as long as the connection.
 */
public final class RedisRateLimiters {

  private static final double CAUTIOUS_RATE = 4;
  private static final int CAUTIOUS_BURST = 10;

  private final Mono<RedisConnection> commands;
  private final Mono<RedisConnection> messages;
  private final String member = UUID.randomUUID().toString();

  private RedisRateLimiters(Mono<RedisConnection> commands, Mono<RedisConnection> messages) {
    this.commands = commands;
    this.messages = messages;
  }

  /** Returns the limiters of a connection. */
  public static RedisRateLimiters on(RedisConnection connection) {
    Mono<RedisConnection> opened = Mono.just(Objects.requireNonNull(connection, "connection"));
    return new RedisRateLimiters(opened, opened);
  }

  /**
   * Returns the limiters of a connection that their first call opens. Until it is open, each
   * process uses the limits that it would have alone.
   */
  public static RedisRateLimiters on(LazyRedisConnection connection) {
    return new RedisRateLimiters(connection.opened(), connection.openedAtLast());
  }

  /** Returns a registry with the limits of {@link RateLimiterRegistry#standard()}, shared. */
  public RateLimiterRegistry standard() {
    return RateLimiterRegistry.of(
        scope ->
            switch (scope.action()) {
              case "StopInstance", "StopInstances", "StartInstance" ->
                  adaptive(scope, AdaptiveOptions.defaults());
              case "DescribeInstances" ->
                  adaptive(
                      scope,
                      RateLimiterRegistry.describeOptions(
                          RateLimiterRegistry.DEFAULT_DESCRIBE_CEILING));
              default -> fixed(scope, TokenBucketOptions.of(CAUTIOUS_RATE, CAUTIOUS_BURST));
            });
  }

  /** Returns a limiter with a known rate. */
  public SharedRateLimiter fixed(Scope scope, TokenBucketOptions options) {
    return SharedRateLimiter.fixed(name(scope), store(scope, "fixed"), options);
  }

  /** Returns a limiter that finds the quota together with the other processes. */
  public SharedRateLimiter adaptive(Scope scope, AdaptiveOptions options) {
    return SharedRateLimiter.adaptive(name(scope), store(scope, "adaptive"), options);
  }

  private RedisQuotaStore store(Scope scope, String kind) {
    String quota =
        escaped(scope.account()) + '/' + escaped(scope.region()) + '/' + escaped(scope.action());
    return new RedisQuotaStore(commands, messages, member, quota + '/' + kind);
  }

  private static String name(Scope scope) {
    return scope.action() + " in " + scope.region();
  }

  /** A slash would end the name. */
  private static String escaped(String name) {
    return RunKeys.escaped(name).replace("/", "%2F");
  }
}

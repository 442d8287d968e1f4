package io.fleetstop.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The properties below {@code fleetstop.redis}: the Redis through which the processes of an
 * application share the rates of an account. It applies to all clients.
 *
 * @param enabled whether processes share rates and runs through Redis; default: whether
 *     fleetstop.redis.url is set
 * @param url address of Redis, for example rediss://host:6379; default: the server and the login
 *     below spring.data.redis
 * @param username user of Redis at fleetstop.redis.url; default: the one in the URL, or the default
 *     user
 * @param password password of Redis at fleetstop.redis.url; default: the one in the URL
 * @param ssl certificates of secure connections to fleetstop.redis.url
 */
@ConfigurationProperties("fleetstop.redis")
public record FleetstopRedisProperties(
    @Nullable Boolean enabled,
    @Nullable String url,
    @Nullable String username,
    @Nullable String password,
    @DefaultValue Ssl ssl) {

  /**
   * Certificates of secure connections.
   *
   * @param bundle name of a bundle below spring.ssl.bundle with the trusted certificates, the
   *     client's key, or both; default: the certificates of the JDK and no key
   */
  public record Ssl(@Nullable String bundle) {}

  /** Shows no value. */
  @Override
  public String toString() {
    return "FleetstopRedisProperties[***]";
  }
}

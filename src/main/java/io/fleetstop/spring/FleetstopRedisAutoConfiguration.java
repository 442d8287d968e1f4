package io.fleetstop.spring;

import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.redis.LazyRedisConnection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingClass;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/**
 * Shares the rates of the clients with other processes through Redis, if {@code
 * fleetstop.redis.enabled} or {@code fleetstop.redis.url} is set. {@code fleetstopRedisConnection}
 * is also for shared runs. Each bean backs off if the application defines one of its type.
 *
 * <p>The first call connects; the application starts while Redis is away. Without Redis, each
 * process has the limits of {@code fleetstop.pace} for itself.
 */
@Conditional({FleetstopRedisAutoConfiguration.IsEnabled.class, JacksonCondition.class})
@AutoConfiguration(before = FleetstopAutoConfiguration.class)
@EnableConfigurationProperties(FleetstopRedisProperties.class)
public final class FleetstopRedisAutoConfiguration {

  private static final String DRIVER = "io.lettuce.core.RedisClient";
  private static final String ENABLED = "fleetstop.redis.enabled";
  private static final String URL = "fleetstop.redis.url";

  private static final Logger LOG = LoggerFactory.getLogger(FleetstopRedisAutoConfiguration.class);

  /** Instantiated by Spring. */
  public FleetstopRedisAutoConfiguration() {}

  /** The only part that loads a class of the driver. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(name = DRIVER)
  static class WithDriver {

    /** {@link Closing} closes it, without blocking. */
    @Bean(destroyMethod = "")
    @ConditionalOnMissingBean
    LazyRedisConnection fleetstopRedisConnection(
        FleetstopRedisProperties properties,
        Environment environment,
        ObjectProvider<SslBundles> bundles,
        Closing closing) {
      LazyRedisConnection connection =
          LazyRedisConnection.of(
              RedisServer.options(properties, environment, bundles.getIfAvailable()));
      closing.connection = connection;
      return connection;
    }

    @Bean
    Closing fleetstopRedisClosing() {
      return new Closing();
    }

    @Bean
    @ConditionalOnMissingBean
    RateLimiterRegistry fleetstopRateLimiterRegistry(
        LazyRedisConnection redis, FleetstopProperties properties, NamedClients clients) {
      LOG.info("fleetstop shares its rates with other processes through {}", redis);
      return SharedPace.rateLimiters(redis, clients.paces(properties), properties.pace());
    }
  }

  /** Closes the connection of fleetstop itself, after the clients, which depend on it. */
  static final class Closing implements DisposableBean {

    private volatile @Nullable LazyRedisConnection connection;

    @Override
    public void destroy() {
      LazyRedisConnection opened = connection;
      if (opened != null) {
        opened
            .close()
            .subscribe(
                nothing -> {},
                failure -> LOG.warn("Closing the connection to {} failed", opened, failure));
      }
    }
  }

  /** Fails the start: without Redis each process would exceed its share of the quota. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnMissingClass(DRIVER)
  static class WithoutDriver {

    WithoutDriver() {
      throw new InvalidPropertyException(
          "fleetstop.redis",
          "Redis needs io.lettuce:lettuce-core, which is not on the class path: add it to the"
              + " dependencies of the application",
          List.of(ENABLED, URL),
          null);
    }
  }

  /** Matches if the application asks for Redis. */
  static final class IsEnabled extends SpringBootCondition {

    @Override
    public ConditionOutcome getMatchOutcome(
        ConditionContext context, AnnotatedTypeMetadata metadata) {
      Binder binder = Binder.get(context.getEnvironment());
      // A login without a server is a mistake that must not look like success.
      boolean given =
          Stream.of(URL, RedisServer.USERNAME, RedisServer.PASSWORD, RedisServer.BUNDLE)
              .anyMatch(name -> !binder.bind(name, Bindable.of(String.class)).orElse("").isBlank());
      boolean enabled = binder.bind(ENABLED, Bindable.of(Boolean.class)).orElse(given);
      return new ConditionOutcome(
          enabled,
          ConditionMessage.forCondition("Shared rates")
              .because(enabled ? "Redis is enabled" : "neither is set: " + ENABLED + ", " + URL));
    }
  }
}

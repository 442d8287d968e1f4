package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.junit.CapturedStderr;
import io.fleetstop.limit.AdaptiveRateLimiter;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.limit.SharedRateLimiter;
import io.fleetstop.model.StopInstance;
import io.fleetstop.redis.LazyRedisConnection;
import io.fleetstop.redis.RedisFleet;
import io.fleetstop.redis.RedisSetupException;
import io.fleetstop.redis.TestRedis;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.mock.env.MockEnvironment;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** With a real Redis that has a password. */
class FleetstopRedisAutoConfigurationTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Scope STOP = new Scope("default", "cn-beijing", "StopInstance");
  private static final String PASSWORD = "p@ss/w0rd#ofRedis";

  private static final FleetstopRedisProperties UNSET =
      new FleetstopRedisProperties(null, null, null, null, new FleetstopRedisProperties.Ssl(null));

  private static EcsSimulator simulator = EcsSimulator.builder().startNow();
  private static TestRedis redis = TestRedis.start("--requirepass", PASSWORD);

  @BeforeAll
  static void start() {
    simulator.dispose();
    simulator =
        EcsSimulator.builder().instances(20).accessKey("AKLTofproperties", "secret").startNow();
  }

  @AfterAll
  static void stop() {
    simulator.dispose();
    redis.close();
  }

  private static ApplicationContextRunner runner() {
    return new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                FleetstopAutoConfiguration.class, FleetstopRedisAutoConfiguration.class))
        .withPropertyValues(
            "fleetstop.region=cn-beijing",
            "fleetstop.endpoint=" + simulator.endpoint(),
            "fleetstop.credentials.access-key-id=AKLTofproperties",
            "fleetstop.credentials.secret-access-key=secret");
  }

  private static ApplicationContextRunner shared() {
    return runner()
        .withPropertyValues(
            "fleetstop.redis.enabled=true",
            "spring.data.redis.port=" + redis.port(),
            "spring.data.redis.password=" + PASSWORD);
  }

  private static void call(ApplicationContext context, int instance) {
    StepVerifier.create(
            context
                .getBean(EcsClient.class)
                .stopInstance(StopInstance.of(simulator.ids().get(instance))))
        .expectNextCount(1)
        .expectComplete()
        .verify(LIMIT);
  }

  private static RateLimiter limiter(ApplicationContext context) {
    return context.getBean(RateLimiterRegistry.class).limiter(STOP);
  }

  private static SharedRateLimiter sharedLimiter(ApplicationContext context) {
    return (SharedRateLimiter) limiter(context);
  }

  /** A login or certificates without a server would be ignored, and the rates not shared. */
  @ParameterizedTest
  @CsvSource({
    "fleetstop.redis.username=operator",
    "fleetstop.redis.password=secret",
    "fleetstop.redis.ssl.bundle=mine",
  })
  void settingOfAServerThatIsNotNamed_failsTheStart(String property) {
    String name = property.substring(0, property.indexOf('='));
    for (String enabled : List.of("", "fleetstop.redis.enabled=true")) {
      runner()
          .withPropertyValues(property, enabled)
          .run(
              context ->
                  assertThat(context)
                      .getFailure()
                      .rootCause()
                      .hasMessageContaining(
                          name.substring(name.lastIndexOf('.') + 1)
                              + " must be set together with fleetstop.redis.url"));
    }
    runner()
        .withPropertyValues(property, "fleetstop.redis.enabled=false")
        .run(context -> assertThat(context).hasNotFailed());
  }

  @Test
  void withoutProperty_needsNoDriver() {
    runner()
        .withClassLoader(new FilteredClassLoader("io.lettuce"))
        .run(
            context -> {
              assertThat(context)
                  .hasNotFailed()
                  .doesNotHaveBean(FleetstopRedisAutoConfiguration.class);
              assertThat(limiter(context)).isInstanceOf(AdaptiveRateLimiter.class);
            });
    runner()
        .withPropertyValues("fleetstop.redis.url=" + redis.url(), "fleetstop.redis.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(LazyRedisConnection.class));
  }

  @Test
  void propertyWithoutDriver_failsTheStartAndNamesTheDependency() {
    String url = "redis://:secretOfUrl@127.0.0.1";
    runner()
        .withClassLoader(new FilteredClassLoader("io.lettuce"))
        .withPropertyValues("fleetstop.redis.url=" + url)
        .run(
            context -> {
              assertThat(context).hasFailed();
              MockEnvironment environment =
                  new MockEnvironment().withProperty("fleetstop.redis.url", url);
              assertThat(
                      Objects.requireNonNull(
                              new InvalidPropertyFailureAnalyzer(environment)
                                  .analyze(Objects.requireNonNull(context.getStartupFailure())))
                          .getDescription())
                  .contains("fleetstop.redis.url", "io.lettuce:lettuce-core")
                  .doesNotContain("secretOfUrl");
            });
  }

  @Test
  void applicationsShareOneRate() {
    shared()
        .withPropertyValues("fleetstop.pace.rate=200")
        .run(
            first ->
                shared()
                    .withPropertyValues("fleetstop.pace.rate=200")
                    .run(
                        second -> {
                          call(first, 0);
                          call(second, 1);
                          // On a slow machine, the first calls do not wait for the connection.
                          StepVerifier.create(
                                  Flux.defer(
                                          () ->
                                              limiter(first)
                                                  .acquire()
                                                  .then(limiter(second).acquire()))
                                      .repeat()
                                      .takeUntil(permit -> sharedLimiter(second).members() == 2)
                                      .then())
                              .expectComplete()
                              .verify(LIMIT);
                          assertThat(sharedLimiter(second).rate()).isEqualTo(200);
                        }));
  }

  @Test
  void connection_findsSharedRunsAndIsClosedWithTheApplication() {
    LazyRedisConnection[] connection = new LazyRedisConnection[1];
    shared()
        .run(
            context -> {
              connection[0] = context.getBean(LazyRedisConnection.class);
              StepVerifier.create(connection[0].fleet("night").flatMap(RedisFleet::find))
                  .expectComplete()
                  .verify(LIMIT);
              call(context, 2);
            });
    StepVerifier.create(connection[0].close()).expectComplete().verify(LIMIT);
    StepVerifier.create(connection[0].connection())
        .expectError(RedisSetupException.class)
        .verify(LIMIT);
    assertThat(connection[0]).hasToString(redis.url().replace("127.0.0.1", "localhost"));
  }

  @Test
  void applicationStartsAndCallsWhileRedisIsAway() throws Exception {
    String logged =
        CapturedStderr.during(
            () ->
                runner()
                    // A port that accepts nothing.
                    .withPropertyValues(
                        "fleetstop.redis.url=redis://127.0.0.1:1",
                        "fleetstop.redis.password=" + PASSWORD)
                    .run(
                        context -> {
                          call(context, 3);
                          assertThat(sharedLimiter(context).isShared()).isFalse();
                          StepVerifier.create(
                                  context.getBean(LazyRedisConnection.class).connection())
                              .expectError(RedisSetupException.class)
                              .verify(LIMIT);
                        }));
    assertThat(logged).contains("redis://127.0.0.1:1").doesNotContain(PASSWORD);
    assertThat(logged.lines().filter(line -> line.contains("LazyRedisConnection - "))).hasSize(1);
  }

  @Test
  void namedClientWithARedisOfItsOwn_isRejected() {
    shared()
        .withPropertyValues("fleetstop.clients.other.redis.url=redis://elsewhere")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .hasMessageContaining("set fleetstop.redis instead"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "enabled=true | redis://localhost:6379",
        "host=r.example,port=7000,database=3 | redis://r.example:7000/3",
        "host=::1 | redis://[::1]:6379",
        "host=r.example,ssl.enabled=true | rediss://r.example:6379",
        "url=redis://u:secret@r.example:7001/2,host=other | redis://r.example:7001/2",
        "url=redis://r.example,database=4 | redis://r.example:6379/4",
        "url=redis://r.example,ssl.enabled=true | rediss://r.example:6379",
        "url=rediss://r.example | rediss://r.example:6379",
        "sentinel.master=main,sentinel.nodes=s1:26379;s2:26380,password=secret,"
            + "sentinel.password=secret | redis-sentinel://s1:26379,s2:26380#main",
        "cluster.nodes=c1:7000;c2:7001,ssl.enabled=true | rediss-cluster://c1:7000,c2:7001",
      })
  void serverOfSpringData_isUsed(String properties, String address) {
    MockEnvironment environment = new MockEnvironment();
    for (String property : properties.split(",", -1)) {
      String[] pair = property.split("=", 2);
      environment.setProperty("spring.data.redis." + pair[0], pair[1].replace(';', ','));
    }
    assertThat(RedisServer.options(UNSET, environment, null)).hasToString(address);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "port=secretport | address must have a host with a port",
        "sentinel.master=main | address names no host",
        "cluster.nodes=c1:none | address must have a host with a port",
        "url=http://u:secret@r.example | address must start with one of redis",
        "masterreplica.nodes=m:1 | masterreplica.nodes names servers",
        "ssl.bundle=redis | bundle must name a bundle below spring.ssl.bundle",
      })
  void wrongServer_isRejectedByRule(String property, String rule) {
    String[] pair = property.split("=", 2);
    MockEnvironment environment =
        new MockEnvironment().withProperty("spring.data.redis." + pair[0], pair[1]);
    StepVerifier.create(Mono.fromSupplier(() -> RedisServer.options(UNSET, environment, null)))
        .expectErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(InvalidPropertyException.class)
                    .hasMessageContaining(rule)
                    .hasMessageNotContaining("secret"))
        .verify(LIMIT);
  }
}

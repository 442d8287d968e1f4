package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

class LazyRedisConnectionTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  @Test
  void away_failsWithinASecondForCallsAndIsNotTriedAgainAtOnce() {
    LazyRedisConnection away = LazyRedisConnection.of(RedisOptions.of("redis://127.0.0.1:1"));
    StepVerifier.create(away.opened()).expectError().verify(Duration.ofSeconds(5));
    StepVerifier.create(away.connection()).expectError(RedisSetupException.class).verify(LIMIT);
    StepVerifier.create(away.opened())
        .expectError(RedisSetupException.class)
        .verify(Duration.ofMillis(500));
    StepVerifier.create(away.openedAtLast().takeUntilOther(away.close()))
        .expectComplete()
        .verify(LIMIT);
    assertThat(away).hasToString("redis://127.0.0.1:1");
  }

  @Test
  void login_isSentAndConnectionIsSharedUntilClosed() {
    try (TestRedis redis =
        TestRedis.start("--user", "alice", "on", ">wonder", "~*", "&*", "+@all")) {
      LazyRedisConnection connection =
          LazyRedisConnection.of(redis.options().withCredentials("alice", "wonder"));
      RedisConnection opened = connection.connection().block(LIMIT);
      assertThat(opened).isNotNull().isSameAs(connection.openedAtLast().block(LIMIT));
      StepVerifier.create(opened.commands().aclWhoami())
          .expectNext("alice")
          .expectComplete()
          .verify(LIMIT);

      StepVerifier.create(connection.close()).expectComplete().verify(LIMIT);
      StepVerifier.create(connection.opened())
          .expectErrorMessage(redis.url() + ": the connection is closed")
          .verify(LIMIT);
    }
  }

  @Test
  void sentinels_keepTheirHostsWhenALoginIsAdded() {
    RedisOptions options =
        RedisOptions.of("rediss-sentinel://s1,s2:26380/2#main")
            .withCredentials("alice", "wonder")
            .withSentinelCredentials(null, "watch");
    assertThat(options).hasToString("rediss-sentinel://s1:26379,s2:26380/2#main");
    assertThat(options.servers().get(0).isSsl()).isTrue();
    assertThat(options.servers().get(0).getSentinels())
        .hasSize(2)
        .allSatisfy(
            sentinel ->
                assertThat(
                        sentinel
                            .getCredentialsProvider()
                            .resolveCredentials()
                            .map(login -> String.valueOf(login.getPassword()))
                            .block(LIMIT))
                    .isEqualTo("watch"));
  }
}

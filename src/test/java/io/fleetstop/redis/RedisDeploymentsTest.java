package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.Waves;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.limit.SharedRateLimiter;
import io.fleetstop.limit.TokenBucketOptions;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** A shared rate and a shared run over real servers with TLS, with Sentinel and in a cluster. */
@Tag("long")
class RedisDeploymentsTest {

  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final Scope SCOPE = new Scope("night", "cn-beijing", "StopInstance");
  private static final int FLEET = 30;

  /** May use the keys and channels of fleetstop only. */
  private static final List<String> ALICE =
      List.of(
          "--user",
          "alice",
          "on",
          ">wonder",
          "resetchannels",
          "~fleetstop:*",
          "&fleetstop:*",
          "+@all");

  private static TestRedis start(List<String> settings) {
    return TestRedis.start(settings.toArray(String[]::new));
  }

  private static RedisConnection connect(RedisOptions options) {
    return RedisConnection.connect(options).blockOptional(LIMIT).orElseThrow();
  }

  /** Stops a fleet by two processes that share rate and run. */
  private static void stopAFleet(RedisOptions options) {
    EcsSimulator service =
        EcsSimulator.builder().instances(FLEET).stopDelay(Duration.ofMillis(50)).startNow();
    List<RedisConnection> processes = Stream.generate(() -> connect(options)).limit(2).toList();
    List<EcsClient> clients = processes.stream().map(redis -> client(service, redis)).toList();
    ShutdownOptions shutdown =
        ShutdownOptions.builder()
            .scope("cn-beijing")
            .protectTag("")
            .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(50)))
            .build();
    try {
      StepVerifier.create(
              RedisFleet.of(processes.get(0), "night")
                  .load(
                      SharedRunParameters.of(shutdown, Waves.none(), Duration.ZERO, "all"),
                      service.ids().stream().map(InstanceId::of).toList()))
          .expectComplete()
          .verify(LIMIT);
      StepVerifier.create(
              Flux.range(0, 2)
                  .flatMap(
                      i ->
                          RedisFleet.of(processes.get(i), "night")
                              .join(clients.get(i), shutdown)
                              .outcomes())
                  .filter(ShutdownOutcome::isSuccess)
                  .count())
          .expectNext((long) FLEET)
          .expectComplete()
          .verify(LIMIT);
    } finally {
      clients.forEach(client -> client.closeAsync().block(LIMIT));
      processes.forEach(process -> process.close().block(LIMIT));
      service.disposeLater().block(LIMIT);
    }
  }

  private static EcsClient client(EcsSimulator service, RedisConnection redis) {
    RedisRateLimiters shared = RedisRateLimiters.on(redis);
    return EcsClient.builder()
        .region("cn-beijing")
        .endpoint(service.endpoint())
        .credentials(
            CredentialsProvider.fixed(
                Credentials.of(service.accessKeyId(), service.secretAccessKey())))
        .rateLimiters(
            RateLimiterRegistry.of(scope -> shared.fixed(scope, TokenBucketOptions.of(500, 10))))
        .build();
  }

  @Test
  @SuppressWarnings("try") // the server runs meanwhile
  void tlsWithClientCertificateAndUser() throws Exception {
    X509Bundle authority =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=fleetstop test authority")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    X509Bundle own =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=fleetstop test")
            .addSanIpAddress("127.0.0.1")
            .buildIssuedBy(authority);
    int port = TestRedis.freePort();
    List<String> tls =
        List.of(
            "--tls-port",
            String.valueOf(port),
            "--tls-cert-file",
            own.toTempCertChainPem().toString(),
            "--tls-key-file",
            own.toTempPrivateKeyPem().toString(),
            "--tls-ca-cert-file",
            authority.toTempCertChainPem().toString());
    try (TestRedis redis = start(Stream.concat(tls.stream(), ALICE.stream()).toList())) {
      assertThat(redis.port()).isNotEqualTo(port);
      RedisOptions options =
          RedisOptions.of("rediss://127.0.0.1:" + port).withCredentials("alice", "wonder");
      stopAFleet(
          options.withCertificates(authority.toTrustManagerFactory(), own.toKeyManagerFactory()));

      // The certificates of the JDK; no certificate of its own; a name that the server has not.
      for (RedisOptions refused :
          List.of(
              options,
              options.withCertificates(authority.toTrustManagerFactory(), null),
              RedisOptions.of("rediss://localhost:" + port)
                  .withCertificates(
                      authority.toTrustManagerFactory(), own.toKeyManagerFactory()))) {
        StepVerifier.create(RedisConnection.connect(refused, 0, LIMIT))
            .expectErrorMatches(
                failure ->
                    failure instanceof RedisSetupException
                        && failure.getMessage() != null
                        && failure.getMessage().startsWith("cannot connect"))
            .verify(LIMIT);
      }
    }
  }

  @Test
  void sentinel_promotesAReplicaAndTheRateIsSharedAgain() throws Exception {
    List<String> password = List.of("--requirepass", "wonder", "--masterauth", "wonder");
    try (TestRedis master = start(password);
        TestRedis replica =
            start(
                Stream.concat(
                        password.stream(),
                        Stream.of("--replicaof", "127.0.0.1", String.valueOf(master.port())))
                    .toList());
        TestSentinel sentinel = TestSentinel.start(master, "wonder", "watch")) {
      RedisOptions options =
          RedisOptions.of(sentinel.url())
              .withCredentials(null, "wonder")
              .withSentinelCredentials(null, "watch");
      stopAFleet(options);

      RedisConnection redis = connect(options);
      SharedRateLimiter limiter =
          RedisRateLimiters.on(redis).fixed(SCOPE, TokenBucketOptions.of(100, 1));
      Mono<RateLimiter.Permit> permit = limiter.acquire();
      StepVerifier.create(permit).expectNextCount(1).expectComplete().verify(LIMIT);
      master.kill();
      StepVerifier.create(permit.repeat().takeUntil(taken -> !limiter.isShared()).then())
          .expectComplete()
          .verify(LIMIT);
      StepVerifier.create(permit.repeat().takeUntil(taken -> limiter.isShared()).then())
          .expectComplete()
          .verify(LIMIT);
      assertThat(redis.commands().info("replication").block(LIMIT)).contains("role:master");
      assertThat(replica.port()).isNotEqualTo(master.port());
      redis.close().block(LIMIT);
    }
  }

  @Test
  void clusterOfThreeMasters() {
    List<TestRedis> nodes =
        Stream.generate(() -> TestRedis.start("--cluster-enabled", "yes")).limit(3).toList();
    try {
      for (int i = 0; i < 3; i++) {
        RedisConnection node = nodes.get(i).connect();
        int[] slots =
            IntStream.rangeClosed(i * 5_462, Math.min(16_383, i * 5_462 + 5_461)).toArray();
        // Both write a file: a reply that is late for the connection is no failure.
        node.commands().clusterAddSlots(slots).onErrorComplete().block(LIMIT);
        node.commands()
            .clusterMeet("127.0.0.1", nodes.get(0).port())
            .onErrorComplete()
            .block(LIMIT);
      }
      for (TestRedis node : nodes) {
        RedisConnection connection = node.connect();
        StepVerifier.create(
                Mono.defer(() -> connection.commands().clusterInfo().onErrorComplete())
                    .filter(
                        info ->
                            info.contains("cluster_state:ok")
                                && info.contains("cluster_known_nodes:3"))
                    .repeatWhenEmpty(empty -> empty.delayElements(Duration.ofMillis(100))))
            .expectNextCount(1)
            .expectComplete()
            .verify(LIMIT);
      }
      stopAFleet(RedisOptions.of("redis-cluster://127.0.0.1:" + nodes.get(0).port()));
    } finally {
      nodes.forEach(TestRedis::close);
    }
  }
}

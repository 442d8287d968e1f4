package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.junit.CapturedStderr;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.util.retry.Retry;

/** Against a real Redis. */
class RedisConnectionTest {

  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final RedisScript ECHO =
      new RedisScript("return {ARGV[1], redis.call('incr', KEYS[1])}");

  @Test
  void script_isLoadedOnceAndReturnsAList() {
    try (TestRedis redis = TestRedis.start()) {
      RedisConnection connection = redis.connect();
      for (long i = 1; i <= 3; i++) {
        StepVerifier.create(ECHO.run(connection.commands(), List.of("key"), List.of("one")))
            .expectNext(List.of("one", i))
            .expectComplete()
            .verify(LIMIT);
      }
      StepVerifier.create(connection.commands().info("commandstats"))
          .assertNext(
              stats ->
                  assertThat(stats).contains("cmdstat_eval:calls=1", "cmdstat_evalsha:calls=3"))
          .expectComplete()
          .verify(LIMIT);
      assertThat(connection.warnings()).hasSize(1);
      StepVerifier.create(connection.close()).expectComplete().verify(LIMIT);
    }
  }

  @Test
  void lostServer_failsCommandsAtOnceIsReconnectedAndLoggedOnce() throws Exception {
    try (TestRedis redis = TestRedis.start("--appendonly", "yes")) {
      RedisConnection connection = redis.connect();
      assertThat(connection.warnings()).isEmpty();
      String logged = CapturedStderr.during(() -> loseAndRestart(redis, connection));
      assertThat(logged.lines().filter(line -> line.contains("RedisConnection - ")))
          .hasSize(2)
          .first()
          .matches(line -> line.contains("WARN") && line.contains(redis.url() + " is away ("));
    }
  }

  /** Such as a port for TLS does with a command in plain text. */
  @Test
  void portThatEndsTheConnection_mayBeOneForTls() throws Exception {
    try (ServerSocket server = new ServerSocket(0)) {
      RedisOptions plain = RedisOptions.of("redis://127.0.0.1:" + server.getLocalPort());
      Schedulers.boundedElastic().schedule(() -> closeFirst(server));
      StepVerifier.create(RedisConnection.connect(plain, 0, LIMIT))
          .expectErrorSatisfies(
              failure ->
                  assertThat(failure)
                      .hasMessageContaining("ends the connection before the login")
                      .hasMessageContaining("use rediss://"))
          .verify(LIMIT);
    }
  }

  private static void closeFirst(ServerSocket server) {
    try (Socket client = server.accept()) {
      assertThat(client.getInputStream().read()).isPositive();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A port without TLS waits for the end of a line that a TLS client does not send. */
  @Test
  @Tag("long")
  void portWithoutTls_isNamedWithinTheConnectTimeout() {
    try (TestRedis redis = TestRedis.start()) {
      RedisOptions secure = RedisOptions.of("rediss://127.0.0.1:" + redis.port());
      StepVerifier.create(RedisConnection.connect(secure))
          .expectErrorSatisfies(
              failure ->
                  assertThat(failure)
                      .hasMessageContaining("does not reply in TLS")
                      .hasMessageContaining("use redis://"))
          .verify(Duration.ofSeconds(10));
    }
  }

  private static void loseAndRestart(TestRedis redis, RedisConnection connection) {
    List<Boolean> seen = Collections.synchronizedList(new ArrayList<>());
    connection.availability().subscribe(seen::add);
    Mono<List<Object>> call = connection.run(ECHO, List.of("key"), List.of("one"), reply -> reply);
    StepVerifier.create(call).expectNextCount(1).expectComplete().verify(LIMIT);

    redis.kill();
    StepVerifier.create(call.elapsed()).expectError().verify(Duration.ofSeconds(3));
    StepVerifier.create(call).expectError().verify(LIMIT);

    redis.restart();
    StepVerifier.create(call.retryWhen(Retry.fixedDelay(100, Duration.ofMillis(100))))
        .expectNextCount(1)
        .expectComplete()
        .verify(LIMIT);
    assertThat(seen).containsExactly(false, true);
    connection.close().block(LIMIT);
  }

  @Test
  void silentServer_endsACommandInASecond() {
    try (TestRedis redis = TestRedis.start()) {
      RedisConnection connection = redis.connect();
      redis.suspend();
      StepVerifier.create(connection.commands().ping()).expectError().verify(Duration.ofSeconds(5));
      redis.resume();
      connection.close().block(LIMIT);
    }
  }

  @Test
  void refusedLogin_namesTheAddressAndNoSecret() {
    try (TestRedis redis = TestRedis.start("--requirepass", "right")) {
      StepVerifier.create(
              RedisConnection.connect(redis.options().withCredentials("operator", "wrong")))
          .expectErrorSatisfies(
              failure ->
                  assertThat(failure)
                      .isInstanceOf(RedisSetupException.class)
                      .hasNoCause()
                      .hasMessageContaining("127.0.0.1:" + redis.port())
                      .hasMessageContaining("WRONGPASS (check the user and the password)")
                      .message()
                      .doesNotContain("operator", "wrong"))
          .verify(LIMIT);
      RedisConnection connection =
          redis.connect(redis.options().withCredentials("default", "right"));
      assertThat(connection.address()).isEqualTo(redis.url());
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "-ERR DB index is out of range|ERR (it has no database of that number",
        "-ERR AUTH <password> called without any password configured|ERR (it has no password",
        "-NOAUTH Authentication required.|NOAUTH (it requires a password"
      })
  void refusal_namesWhatToCheck(String reply, String expected) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread echo = new Thread(() -> repeatLogins(server, reply + " "), "echo");
      echo.setDaemon(true);
      echo.start();
      String url = "redis://127.0.0.1:" + server.getLocalPort() + "/99";
      StepVerifier.create(RedisConnection.connect(RedisOptions.of(url)))
          .expectErrorSatisfies(
              failure -> assertThat(failure).hasMessageContaining("refused: " + expected))
          .verify(LIMIT);
    }
  }

  /** Redis 5 repeats the arguments of a command that it does not know: those of the login. */
  @Tag("guarantee:secrecy")
  @ParameterizedTest
  @ValueSource(strings = {"-ERR \u001b[31m echo ", "-\u001b[31m "})
  void serverThatRepeatsTheLogin_isNotQuoted(String start) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread echo = new Thread(() -> repeatLogins(server, start), "echo");
      echo.setDaemon(true);
      echo.start();
      String url = "redis://operator:hunter2@127.0.0.1:" + server.getLocalPort();
      StepVerifier.create(RedisConnection.connect(RedisOptions.of(url)))
          .expectErrorSatisfies(
              failure ->
                  assertThat(failure)
                      .isInstanceOf(RedisSetupException.class)
                      .hasNoCause()
                      .hasMessageContaining("refused: ")
                      .message()
                      .doesNotContain("hunter2", "operator", "\u001b"))
          .verify(LIMIT);
    }
  }

  private static void repeatLogins(ServerSocket server, String start) {
    while (!server.isClosed()) {
      try (Socket socket = server.accept()) {
        byte[] login = new byte[4_096];
        int length = socket.getInputStream().read(login);
        String line = new String(login, 0, Math.max(0, length), StandardCharsets.US_ASCII);
        String reply = start + line.replaceAll("[\\r\\n]+", " ") + "\r\n";
        socket.getOutputStream().write(reply.getBytes(StandardCharsets.US_ASCII));
        // Until the client leaves.
        while (socket.getInputStream().read() >= 0) {
          socket.getOutputStream().flush();
        }
      } catch (IOException closed) {
        // The client has left, or the test has ended.
      }
    }
  }

  @Test
  void missingServer_isAnErrorAfterSomeRetries() {
    TestRedis redis = TestRedis.start();
    redis.kill();
    StepVerifier.create(RedisConnection.connect(redis.options()))
        .expectErrorMessage(
            "cannot connect to Redis at "
                + redis.url()
                + ": check the address, and that the server runs")
        .verify(LIMIT);
  }

  @Test
  void cluster_isUsedByItsUrl() {
    try (TestRedis redis = TestRedis.start("--cluster-enabled", "yes")) {
      RedisConnection node = redis.connect();
      int[] slots = IntStream.range(0, 16_384).toArray();
      // It writes a file: a reply that is late for the connection is no failure.
      node.commands().clusterAddSlots(slots).onErrorComplete().block(LIMIT);
      RedisConnection cluster =
          redis.connect(RedisOptions.of("redis-cluster://127.0.0.1:" + redis.port()));
      StepVerifier.create(
              ECHO.run(cluster.commands(), List.of("{a}:key"), List.of("one"))
                  .retryWhen(Retry.fixedDelay(50, Duration.ofMillis(100))))
          .expectNext(List.of("one", 1L))
          .expectComplete()
          .verify(LIMIT);
    }
  }

  @Test
  void serverThatEvicts_isRefused() {
    try (TestRedis redis = TestRedis.start("--maxmemory-policy", "allkeys-lru")) {
      StepVerifier.create(RedisConnection.connect(redis.options()))
          .expectErrorSatisfies(
              failure -> assertThat(failure).hasMessageContaining("was allkeys-lru"))
          .verify(LIMIT);
    }
  }

  @Test
  void serverThatAcceptsAndNeverReplies_endsTheConnecting() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      RedisOptions options = RedisOptions.of("redis://127.0.0.1:" + silent.getLocalPort());
      StepVerifier.create(RedisConnection.connect(options, 5, Duration.ofMillis(300)))
          .expectErrorSatisfies(
              error ->
                  assertThat(error)
                      .isInstanceOf(RedisSetupException.class)
                      .hasMessageContaining("cannot connect to Redis at redis://127.0.0.1:"))
          .verify(Duration.ofSeconds(10));
    }
  }
}

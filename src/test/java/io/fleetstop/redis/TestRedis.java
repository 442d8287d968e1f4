package io.fleetstop.redis;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import redis.embedded.core.ExecutableProvider;

/**
 * A real Redis on an ephemeral port, from the binary of embedded-redis. It keeps nothing on disk
 * and can be killed, started again on the same port, empty, and suspended.
 *
 * <p>{@code -Dtest.redis=/usr/bin/redis-server} runs another one.
 */
public final class TestRedis implements AutoCloseable {

  private static final Duration START_LIMIT = Duration.ofSeconds(20);

  private static final Pattern SCRIPT_CALLS =
      Pattern.compile("cmdstat_eval(?:sha)?:calls=([0-9]+)");

  private final List<String> settings;
  private final int port;
  private final Path folder;
  private final List<RedisConnection> connections = new CopyOnWriteArrayList<>();
  private @Nullable Process process;

  private TestRedis(List<String> settings) {
    this.settings = List.copyOf(settings);
    this.port = freePort();
    try {
      this.folder = Files.createTempDirectory("redis");
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Starts a server with further settings, each a name and values such as {@code --appendonly}. */
  public static TestRedis start(String... settings) {
    for (int attempt = 1; ; attempt++) {
      TestRedis redis = new TestRedis(List.of(settings));
      try {
        redis.restart();
        return redis;
      } catch (IllegalStateException failed) {
        // Another process may have taken the port in the meantime.
        if (attempt == 3 || !redis.log().contains("Address already in use")) {
          throw failed;
        }
      }
    }
  }

  /** Starts the server again, empty. */
  public void restart() {
    List<String> command = new ArrayList<>();
    command.add(executable().toString());
    Collections.addAll(
        command, "--port", String.valueOf(port), "--bind", "127.0.0.1", "--save", "");
    Collections.addAll(command, "--dir", folder.toString());
    command.addAll(settings);
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("log").toFile())
              .start();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
    awaitStart();
  }

  static File executable() {
    String given = System.getProperty("test.redis");
    try {
      return given != null ? new File(given) : ExecutableProvider.newJarResourceProvider().get();
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  // By its log: what answers on the port may be another server that has taken it.
  private void awaitStart() {
    Instant limit = Instant.now().plus(START_LIMIT);
    try {
      while (!log().contains("Ready to accept connections")) {
        if (running().waitFor(10, TimeUnit.MILLISECONDS) || Instant.now().isAfter(limit)) {
          running().destroyForcibly();
          throw new IllegalStateException("Redis did not start: " + log());
        }
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  private String log() {
    try {
      return Files.readString(folder.resolve("log"));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  /** Kills the server; what it knew is lost. */
  public void kill() {
    try {
      running().destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops the process without ending it: its connections stay open and silent. */
  public void suspend() {
    signal("STOP");
  }

  /** Continues a suspended process. */
  public void resume() {
    signal("CONT");
  }

  private void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, String.valueOf(running().pid()))
          .start()
          .waitFor(10, TimeUnit.SECONDS);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private Process running() {
    Process started = process;
    if (started == null) {
      throw new IllegalStateException("not started");
    }
    return started;
  }

  public int port() {
    return port;
  }

  public String url() {
    return "redis://127.0.0.1:" + port;
  }

  public RedisOptions options() {
    return RedisOptions.of(url());
  }

  /** Connects until this is closed; for the thread of a test. */
  public RedisConnection connect() {
    return connect(options());
  }

  /** Connects by other options until this is closed; for the thread of a test. */
  RedisConnection connect(RedisOptions options) {
    RedisConnection connection = RedisConnection.connect(options).block(Duration.ofSeconds(20));
    if (connection == null) {
      throw new IllegalStateException("no connection");
    }
    connections.add(connection);
    return connection;
  }

  /** Sets a field of a hash, as something else would; for the thread of a test. */
  public void write(String key, String field, String value) {
    RedisConnection connection = connect();
    connection.commands().hset(key, field, value).block(Duration.ofSeconds(20));
    connection.close().block(Duration.ofSeconds(20));
  }

  /** Returns how many scripts the server has run; for the thread of a test. */
  long scriptCalls() {
    RedisConnection connection = connect();
    String info = connection.commands().info("commandstats").block(Duration.ofSeconds(20));
    connection.close().block(Duration.ofSeconds(20));
    return SCRIPT_CALLS
        .matcher(String.valueOf(info))
        .results()
        .mapToLong(found -> Long.parseLong(found.group(1)))
        .sum();
  }

  /** Returns the names of all keys; for the thread of a test. */
  public List<String> keys() {
    RedisConnection connection = connect();
    List<String> keys = connection.commands().keys("*").collectList().block(Duration.ofSeconds(20));
    connection.close().block(Duration.ofSeconds(20));
    return keys == null ? List.of() : keys;
  }

  @Override
  public void close() {
    // Whatever a test leaves open would be connected again and again.
    Flux.fromIterable(connections)
        .flatMap(connection -> connection.close().onErrorComplete())
        .blockLast(Duration.ofSeconds(20));
    kill();
  }

  /** Returns one that leaves room for the bus of a cluster, 10,000 above it. */
  static int freePort() {
    for (int attempt = 0; attempt < 100; attempt++) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        if (socket.getLocalPort() < 55_000) {
          return socket.getLocalPort();
        }
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
    throw new IllegalStateException("no free port below 55,000");
  }
}

package io.fleetstop.redis;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A real Sentinel that watches one master, alone: it promotes a replica after half a second. */
final class TestSentinel implements AutoCloseable {

  private static final Duration START_LIMIT = Duration.ofSeconds(20);

  private final Process process;
  private final int port;

  private TestSentinel(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /**
   * Starts one that knows the master as {@code main}.
   *
   * @param masterPassword of the servers
   * @param password of Sentinel itself
   */
  static TestSentinel start(TestRedis master, String masterPassword, String password)
      throws IOException, InterruptedException {
    int port = TestRedis.freePort();
    Path folder = Files.createTempDirectory("sentinel");
    Path settings =
        Files.write(
            folder.resolve("sentinel.conf"),
            List.of(
                "port " + port,
                "bind 127.0.0.1",
                "dir " + folder,
                "requirepass " + password,
                "sentinel monitor main 127.0.0.1 " + master.port() + " 1",
                "sentinel auth-pass main " + masterPassword,
                "sentinel down-after-milliseconds main 500",
                "sentinel failover-timeout main 5000"));
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(TestRedis.executable().toString(), settings.toString(), "--sentinel")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    Instant limit = Instant.now().plus(START_LIMIT);
    while (!Files.readString(log).contains("+slave slave")) {
      if (process.waitFor(20, TimeUnit.MILLISECONDS) || Instant.now().isAfter(limit)) {
        process.destroyForcibly();
        throw new IllegalStateException("Sentinel found no replica: " + Files.readString(log));
      }
    }
    return new TestSentinel(process, port);
  }

  String url() {
    return "redis-sentinel://127.0.0.1:" + port + "#main";
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}

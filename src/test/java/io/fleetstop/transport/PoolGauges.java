package io.fleetstop.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import reactor.netty.resources.ConnectionPoolMetrics;
import reactor.netty.resources.ConnectionProvider.MeterRegistrar;

/** The metrics of a transport's pools. */
final class PoolGauges implements MeterRegistrar {

  private final List<ConnectionPoolMetrics> connections = new CopyOnWriteArrayList<>();
  private final List<ConnectionPoolMetrics> streams = new CopyOnWriteArrayList<>();

  private Stream<ConnectionPoolMetrics> pools() {
    return (streams.isEmpty() ? connections : streams).stream();
  }

  @Override
  public void registerMetrics(
      String poolName, String id, SocketAddress remoteAddress, ConnectionPoolMetrics metrics) {
    // HTTP/2 has a pool of streams in front of the pool of connections, which it holds for long.
    (poolName.startsWith("http2.") ? streams : connections).add(metrics);
  }

  int acquired() {
    return pools().mapToInt(ConnectionPoolMetrics::acquiredSize).sum();
  }

  /** Connections that are open or being made. */
  int allocated() {
    return connections.stream().mapToInt(ConnectionPoolMetrics::allocatedSize).sum();
  }

  int pending() {
    return pools().mapToInt(ConnectionPoolMetrics::pendingAcquireSize).sum();
  }

  void becomeIdle() {
    await(() -> acquired() == 0 && pending() == 0);
    assertThat(acquired()).as("acquired").isZero();
    assertThat(pending()).as("pending").isZero();
  }

  /** Polls for at most ten seconds. */
  static void await(BooleanSupplier condition) {
    for (int i = 0; i < 5000 && !condition.getAsBoolean(); i++) {
      LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
    }
    assertThat(condition.getAsBoolean()).isTrue();
  }
}

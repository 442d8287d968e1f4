package io.fleetstop.transport;

import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import reactor.netty.resources.ConnectionPoolMetrics;
import reactor.netty.resources.ConnectionProvider.MeterRegistrar;

/** Aggregates the connection counts of a transport over its pools, one per host. */
final class PoolMeterRegistrar implements MeterRegistrar, ConnectionCounts {

  /** Prefix of the name of the stream pool that HTTP/2 has on top of its connection pool. */
  private static final String STREAM_POOL_PREFIX = "http2.";

  private record Pool(String name, String id, SocketAddress address) {}

  private final Map<Pool, ConnectionPoolMetrics> pools = new ConcurrentHashMap<>();
  private final @Nullable MeterRegistrar delegate;

  /** Also registers every pool with {@code delegate}. */
  PoolMeterRegistrar(@Nullable MeterRegistrar delegate) {
    this.delegate = delegate;
  }

  @Override
  public void registerMetrics(
      String poolName, String id, SocketAddress remoteAddress, ConnectionPoolMetrics metrics) {
    if (!poolName.startsWith(STREAM_POOL_PREFIX)) {
      pools.put(new Pool(poolName, id, remoteAddress), metrics);
    }
    if (delegate != null) {
      delegate.registerMetrics(poolName, id, remoteAddress, metrics);
    }
  }

  @Override
  public void deRegisterMetrics(String poolName, String id, SocketAddress remoteAddress) {
    pools.remove(new Pool(poolName, id, remoteAddress));
    if (delegate != null) {
      delegate.deRegisterMetrics(poolName, id, remoteAddress);
    }
  }

  @Override
  public int open() {
    return sum(ConnectionPoolMetrics::allocatedSize);
  }

  @Override
  public int idle() {
    return sum(ConnectionPoolMetrics::idleSize);
  }

  private int sum(ToIntFunction<ConnectionPoolMetrics> gauge) {
    return pools.values().stream().mapToInt(gauge).sum();
  }
}

package io.fleetstop.transport;

import java.net.SocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import reactor.netty.resources.ConnectionPoolMetrics;
import reactor.netty.resources.ConnectionProvider.MeterRegistrar;

/** The connections of a transport, over all the hosts that it has a pool for. */
final class PoolMetrics implements MeterRegistrar, ConnectionGauges {

  /** Before the name of the pool of streams that HTTP/2 has in front of its connections. */
  private static final String STREAMS = "http2.";

  private record Pool(String name, String id, SocketAddress address) {}

  private final Map<Pool, ConnectionPoolMetrics> pools = new ConcurrentHashMap<>();
  private final @Nullable MeterRegistrar further;

  /** A count that passes on what it is told to {@code further}. */
  PoolMetrics(@Nullable MeterRegistrar further) {
    this.further = further;
  }

  @Override
  public void registerMetrics(
      String poolName, String id, SocketAddress remoteAddress, ConnectionPoolMetrics metrics) {
    if (!poolName.startsWith(STREAMS)) {
      pools.put(new Pool(poolName, id, remoteAddress), metrics);
    }
    if (further != null) {
      further.registerMetrics(poolName, id, remoteAddress, metrics);
    }
  }

  @Override
  public void deRegisterMetrics(String poolName, String id, SocketAddress remoteAddress) {
    pools.remove(new Pool(poolName, id, remoteAddress));
    if (further != null) {
      further.deRegisterMetrics(poolName, id, remoteAddress);
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

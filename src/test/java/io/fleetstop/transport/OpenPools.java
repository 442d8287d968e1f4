package io.fleetstop.transport;

import java.net.SocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.netty.resources.ConnectionPoolMetrics;
import reactor.netty.resources.ConnectionProvider.MeterRegistrar;

/** Counts the open pools of a transport. */
final class OpenPools implements MeterRegistrar {

  private final Runnable onOpening;
  private final AtomicInteger count = new AtomicInteger();
  private volatile boolean hasOpened;

  /**
   * Counts the pools.
   *
   * @param onOpening runs when a pool is made, before the transport has it among its own
   */
  OpenPools(Runnable onOpening) {
    this.onOpening = onOpening;
  }

  @Override
  public void registerMetrics(
      String name, String id, SocketAddress address, ConnectionPoolMetrics metrics) {
    hasOpened = true;
    count.incrementAndGet();
    onOpening.run();
  }

  @Override
  public void deRegisterMetrics(String name, String id, SocketAddress address) {
    count.decrementAndGet();
  }

  int count() {
    return count.get();
  }

  /** Returns whether any pool was opened. */
  boolean haveOpened() {
    return hasOpened;
  }
}

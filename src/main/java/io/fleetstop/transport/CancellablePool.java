package io.fleetstop.transport;

import io.netty.resolver.AddressResolverGroup;
import java.net.SocketAddress;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.transport.TransportConfig;

/**
 * A pool whose pending acquisitions end when their subscriber cancels. Reactor Netty's HTTP client
 * does not propagate a cancellation to the pool: without this, a cancelled exchange stays queued,
 * and the connection that it is given in the end is closed.
 */
final class CancellablePool implements ConnectionProvider {

  private final ConnectionProvider pool;

  CancellablePool(ConnectionProvider pool) {
    this.pool = pool;
  }

  @Override
  public Mono<? extends Connection> acquire(
      TransportConfig config,
      ConnectionObserver observer,
      @Nullable Supplier<? extends SocketAddress> remoteAddress,
      @Nullable AddressResolverGroup<?> resolver) {
    Mono<? extends Connection> acquired = pool.acquire(config, observer, remoteAddress, resolver);
    return Mono.deferContextual(
        context -> {
          ExchangeSubscriber exchange = context.getOrDefault(ExchangeSubscriber.class, null);
          return exchange == null ? acquired : acquired.doOnSubscribe(exchange::acquiring);
        });
  }

  @Override
  public void disposeWhen(SocketAddress address) {
    pool.disposeWhen(address);
  }

  @Override
  public int maxConnections() {
    return pool.maxConnections();
  }

  @Override
  public @Nullable Map<SocketAddress, Integer> maxConnectionsPerHost() {
    return pool.maxConnectionsPerHost();
  }

  @Override
  public @Nullable String name() {
    return pool.name();
  }

  @Override
  public Mono<Void> disposeLater() {
    return pool.disposeLater();
  }

  @Override
  public boolean isDisposed() {
    return pool.isDisposed();
  }
}

package io.fleetstop.redis;

import java.net.InetSocketAddress;
import java.time.Duration;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.NettyInbound;
import reactor.netty.NettyOutbound;
import reactor.netty.tcp.TcpClient;
import reactor.netty.tcp.TcpServer;

/** Forwards connections, each direction later by half of a round trip. */
final class DelayProxy implements Disposable {

  private final DisposableServer server;

  private DelayProxy(DisposableServer server) {
    this.server = server;
  }

  static DelayProxy to(int port, Duration roundTrip) {
    Duration delay = roundTrip.dividedBy(2);
    return new DelayProxy(
        TcpServer.create()
            .host("127.0.0.1")
            .port(0)
            .handle(
                (in, out) ->
                    TcpClient.create()
                        .host("127.0.0.1")
                        .port(port)
                        .handle(
                            (upstreamIn, upstreamOut) ->
                                Mono.firstWithSignal(
                                    forward(in, upstreamOut, delay),
                                    forward(upstreamIn, out, delay)))
                        .connect()
                        .flatMap(connection -> connection.onDispose())
                        .onErrorResume(refused -> Mono.empty()))
            .bindNow());
  }

  private static Mono<Void> forward(NettyInbound from, NettyOutbound to, Duration delay) {
    Flux<byte[]> late = from.receive().asByteArray().delayElements(delay);
    return to.sendByteArray(late).then();
  }

  int port() {
    return ((InetSocketAddress) server.address()).getPort();
  }

  @Override
  public void dispose() {
    server.disposeNow();
  }
}

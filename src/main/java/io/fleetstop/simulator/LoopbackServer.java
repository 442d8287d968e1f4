package io.fleetstop.simulator;

import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.FutureMono;
import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

/** The HTTP server of a simulator, its connections and its threads. */
final class LoopbackServer {

  private static final int MIN_COMPRESSED = 4_096;
  private static final int MAX_REQUEST_LINE = 1 << 16;
  private static final int WORKERS = 2;

  // stayClosed: a connection accepted during the close is closed too.
  private final ChannelGroup connections =
      new DefaultChannelGroup(GlobalEventExecutor.INSTANCE, true);
  private final LoopResources loops = LoopResources.create("ecs-simulator", 1, WORKERS, true);
  private final HttpServer server;

  LoopbackServer(EcsSimulatorBuilder options, GatewayHttpHandler handler) {
    this.server =
        HttpServer.create()
            .host(options.host)
            .port(options.port)
            .runOn(loops)
            .channelGroup(connections)
            // The request line of a DescribeInstances call with 100 ids exceeds the default limit.
            .httpRequestDecoder(spec -> spec.maxInitialLineLength(MAX_REQUEST_LINE))
            // If the client accepts it, as gateways do: a page of 100 instances has 60 kilobytes.
            .compress(MIN_COMPRESSED)
            .handle(handler::handle);
  }

  <T> Mono<T> bind(Function<DisposableServer, T> created) {
    return server.bind().<T>map(created).doOnError(e -> loops.dispose());
  }

  DisposableServer bindNow() {
    try {
      return server.bindNow();
    } catch (RuntimeException e) {
      loops.dispose();
      throw e;
    }
  }

  /** Closes the port and all connections; completes when they are closed. Cold. */
  Mono<Void> dispose(DisposableServer bound) {
    return Mono.defer(
        () -> {
          bound.dispose();
          return FutureMono.deferFuture(connections::close)
              .then(bound.onDispose())
              .doFinally(end -> loops.dispose());
        });
  }
}

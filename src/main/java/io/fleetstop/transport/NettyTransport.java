package io.fleetstop.transport;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.transport.TransportOptions.Protocol;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.client.Http2AllocationStrategy;
import reactor.netty.http.client.HttpClient.RequestSender;
import reactor.netty.http.client.HttpClient.ResponseReceiver;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.resources.ConnectionProvider.MeterRegistrar;

/**
 * {@link HttpExchange} on Reactor Netty, with a connection pool of its own.
 *
 * <p>TLS certificates and host names are verified, redirects are not followed, a request is sent
 * once (Reactor Netty's own hidden second try is off), and a reply over {@link
 * TransportOptions#maxBodyBytes()} is refused before it fills the memory. Idle connections are
 * closed in the background; of those that are free the newest is used first.
 *
 * <p><strong>Cancellation.</strong> A caller that waits for a connection leaves the line. A
 * connection that is being made when its caller leaves is kept for the next one, or, if it came to
 * the TLS handshake, closed when that ends. Over HTTP/2 a request is reset alone and its connection
 * stays; there a caller that waits keeps its place in the line, and its turn passes unused.
 *
 * <p>Thread-safe. Results arrive on a thread of Reactor Netty's event loop. {@link #disposeLater()}
 * closes the pool; the event loops are Reactor Netty's shared ones and stay.
 */
public final class NettyTransport implements HttpExchange {

  private static final Logger LOGGER = LoggerFactory.getLogger(NettyTransport.class);

  private final TransportOptions options;
  private final PoolMetrics connections;
  private final ConnectionProvider pool;
  private final HttpClients clients;
  private final TransportFailures failures;
  private volatile boolean isClosed;

  private NettyTransport(TransportOptions options, @Nullable MeterRegistrar meters) {
    this.options = options;
    this.connections = new PoolMetrics(meters);
    this.pool = pool(options, connections);
    // HTTP/2 has a pool of its own that is made from this one, and must find it as it is.
    boolean isHttp2 = options.protocol() == Protocol.HTTP_2;
    this.clients = new HttpClients(options, isHttp2 ? pool : new CancellablePool(pool));
    this.failures = new TransportFailures(options);
    if (options.tls().isTrustingAnyCertificate()) {
      LOGGER.warn(
          "TLS certificates and host names are NOT verified: whoever is on the way can read and"
              + " answer every request. Remove insecureTrustAnyCertificate().");
    }
  }

  private static ConnectionProvider pool(TransportOptions options, MeterRegistrar meters) {
    ConnectionProvider.Builder builder =
        ConnectionProvider.builder("fleetstop")
            .maxConnections(options.maxConnections())
            .pendingAcquireTimeout(options.poolAcquireTimeout())
            // The bound on how many calls run is set before they come here; a second one would
            // only fail calls that the first has let through.
            .pendingAcquireMaxCount(-1)
            .maxIdleTime(options.maxIdleTime())
            .evictInBackground(options.maxIdleTime())
            .lifo();
    if (options.protocol() == Protocol.HTTP_2) {
      // Otherwise a burst opens as many connections as it may before the first one is ready.
      builder.allocationStrategy(
          Http2AllocationStrategy.builder()
              .maxConnections(options.maxConnections())
              .strictConnectionReuse(true)
              .build());
    }
    return builder.metrics(true, () -> meters).build();
  }

  /** A transport with every option at its default. */
  public static NettyTransport create() {
    return create(TransportOptions.defaults());
  }

  /** A transport. It connects when the first request is sent. */
  public static NettyTransport create(TransportOptions options) {
    return new NettyTransport(options, null);
  }

  /** A transport whose pools are shown to {@code meters}. */
  static NettyTransport create(TransportOptions options, MeterRegistrar meters) {
    return new NettyTransport(options, meters);
  }

  @Override
  public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(maySend, "maySend");
    return new Mono<>() {
      @Override
      public void subscribe(CoreSubscriber<? super Response> actual) {
        if (isClosed) {
          Operators.error(
              actual, EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT).build());
          return;
        }
        ProxyOptions proxy = clients.proxyFor(request);
        Flux<Response> reply =
            withBody(clients.senderFor(request), request.body())
                .response(NettyTransport.this::gather);
        // Through a proxy the pool comes to be once the proxy's name is resolved.
        (proxy == null ? reply : reply.doFinally(ended -> disposeOfLatePool()))
            .subscribe(new ExchangeSubscriber(actual, request, maySend, failures, proxy));
        disposeOfLatePool();
      }
    };
  }

  /** A pool may have come to be after all others were disposed of. */
  private void disposeOfLatePool() {
    if (isClosed) {
      pool.disposeLater().subscribe();
    }
  }

  @Override
  public ConnectionGauges connections() {
    return connections;
  }

  @Override
  public Mono<Void> disposeLater() {
    return Mono.defer(
        () -> {
          // A pool that is disposed of would open anew for the next request.
          isClosed = true;
          return pool.disposeLater();
        });
  }

  private static ResponseReceiver<?> withBody(RequestSender sender, byte[] body) {
    return body.length == 0 ? sender : sender.send(Mono.just(Unpooled.wrappedBuffer(body)));
  }

  private Mono<Response> gather(HttpClientResponse reply, ByteBufFlux content) {
    int status = reply.status().code();
    if (status < 200) {
      // Reactor Netty passes over 100 alone. It takes any other interim reply for the reply, and
      // drops the one that follows.
      return Mono.error(TransportFailures.unreadable("interim reply " + status));
    }
    int maxBytes = options.maxBodyBytes();
    Map<String, List<String>> headers = new ReplyHeaderMap(reply.responseHeaders());
    return content
        .collect(() -> new BoundedBody(maxBytes), BoundedBody::append)
        .map(body -> new Response(status, headers, body.toByteArray()));
  }
}

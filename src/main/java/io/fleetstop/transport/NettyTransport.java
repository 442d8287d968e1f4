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
 * An {@link HttpExchange} on Reactor Netty, with its own connection pool.
 *
 * <p>TLS certificates and host names are verified, redirects are not followed, and each request is
 * sent once (Reactor Netty's built-in retry is disabled). A reply over {@link
 * TransportOptions#maxBodyBytes()} fails before it is fully buffered. Idle connections are closed
 * in the background; the most recently used idle connection is reused first.
 *
 * <p><strong>Cancellation.</strong> A request that waits for a connection is removed from the
 * queue. A connection that is being opened for a cancelled request is kept for the next one; if it
 * is in the TLS handshake, it is closed when that ends. With HTTP/2 only the request's stream is
 * reset and the connection stays; a request that waits for a stream stays queued, and its stream is
 * not used.
 *
 * <p>Thread-safe. Results are emitted on Reactor Netty's event loop threads. {@link
 * #disposeLater()} closes the pool; the event loops are Reactor Netty's shared ones and are not
 * closed.
 */
public final class NettyTransport implements HttpExchange {

  private static final Logger LOGGER = LoggerFactory.getLogger(NettyTransport.class);

  private final TransportOptions options;
  private final PoolMeterRegistrar connections;
  private final ConnectionProvider pool;
  private final HttpClientRouter clients;
  private final TransportFailureClassifier failures;
  private volatile boolean closed;

  private NettyTransport(TransportOptions options, @Nullable MeterRegistrar meters) {
    this.options = options;
    this.connections = new PoolMeterRegistrar(meters);
    this.pool = pool(options, connections);
    // HTTP/2 creates its own pool from this one and needs the unwrapped instance.
    boolean http2 = options.protocol() == Protocol.HTTP_2;
    this.clients = new HttpClientRouter(options, http2 ? pool : new CancellablePool(pool));
    this.failures = new TransportFailureClassifier(options);
    if (options.tls().isTrustingAnyCertificate()) {
      LOGGER.warn(
          "TLS certificates and host names are NOT verified: anyone on the network can read and"
              + " answer every request. Remove insecureTrustAnyCertificate().");
    }
  }

  private static ConnectionProvider pool(TransportOptions options, MeterRegistrar meters) {
    ConnectionProvider.Builder builder =
        ConnectionProvider.builder("fleetstop")
            .maxConnections(options.maxConnections())
            .pendingAcquireTimeout(options.poolAcquireTimeout())
            // The concurrency limit is enforced before this point; a second limit would only fail
            // calls that the first one admitted.
            .pendingAcquireMaxCount(-1)
            .maxIdleTime(options.maxIdleTime())
            .evictInBackground(options.maxIdleTime())
            .lifo();
    if (options.protocol() == Protocol.HTTP_2) {
      // Otherwise a burst opens maxConnections connections before the first one is ready.
      builder.allocationStrategy(
          Http2AllocationStrategy.builder()
              .maxConnections(options.maxConnections())
              .strictConnectionReuse(true)
              .build());
    }
    return builder.metrics(true, () -> meters).build();
  }

  /** Creates a transport with default options. */
  public static NettyTransport create() {
    return create(TransportOptions.defaults());
  }

  /** Creates a transport. It connects when the first request is sent. */
  public static NettyTransport create(TransportOptions options) {
    return new NettyTransport(options, null);
  }

  /** Creates a transport that registers its pools with {@code meters}. */
  static NettyTransport create(TransportOptions options, MeterRegistrar meters) {
    return new NettyTransport(options, meters);
  }

  @Override
  public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
    Objects.requireNonNull(request, "request");
    Objects.requireNonNull(maySend, "maySend");
    Mono<Response> exchange = exchangeWhenReady(request, maySend);
    return clients.isReady(request)
        ? exchange
        : clients
            .prepare()
            .onErrorMap(failure -> failures.classify(failure, false, null))
            .then(exchange);
  }

  private Mono<Response> exchangeWhenReady(Request request, BooleanSupplier maySend) {
    return new Mono<>() {
      @Override
      public void subscribe(CoreSubscriber<? super Response> actual) {
        if (closed) {
          Operators.error(
              actual, EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT).build());
          return;
        }
        ProxyOptions proxy = clients.proxyFor(request);
        Flux<Response> reply =
            withBody(clients.senderFor(request), request.body())
                .response(NettyTransport.this::aggregate);
        // With a proxy, the pool is created once the proxy's name is resolved.
        (proxy == null ? reply : reply.doFinally(ended -> disposePoolCreatedAfterClose()))
            .subscribe(new ExchangeSubscriber(actual, request, maySend, failures, proxy));
        disposePoolCreatedAfterClose();
      }
    };
  }

  /** Closes a pool that was created after the others were closed. */
  private void disposePoolCreatedAfterClose() {
    if (closed) {
      pool.disposeLater().subscribe();
    }
  }

  @Override
  public ConnectionCounts connections() {
    return connections;
  }

  @Override
  public Mono<Void> disposeLater() {
    return Mono.defer(
        () -> {
          // A disposed provider creates a new pool for the next request, so the flag must refuse
          // it.
          closed = true;
          return pool.disposeLater();
        });
  }

  private static ResponseReceiver<?> withBody(RequestSender sender, byte[] body) {
    return body.length == 0 ? sender : sender.send(Mono.just(Unpooled.wrappedBuffer(body)));
  }

  private Mono<Response> aggregate(HttpClientResponse reply, ByteBufFlux content) {
    int status = reply.status().code();
    if (status < 200) {
      // 101, another protocol, which was not requested; ChannelGuard drops the other ones.
      return Mono.error(TransportFailureClassifier.unreadable("interim reply " + status));
    }
    int maxBytes = options.maxBodyBytes();
    Map<String, List<String>> headers = new LowerCaseHeaders(reply.responseHeaders());
    return content
        .collect(() -> new BoundedBody(maxBytes), BoundedBody::append)
        .map(body -> new Response(status, headers, body.toByteArray()));
  }
}

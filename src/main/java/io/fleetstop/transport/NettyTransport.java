package io.fleetstop.transport;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;
import reactor.netty.ByteBufFlux;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.client.HttpClient;
import reactor.netty.http.client.HttpClient.RequestSender;
import reactor.netty.http.client.HttpClient.ResponseReceiver;
import reactor.netty.http.client.HttpClientRequest;
import reactor.netty.http.client.HttpClientResponse;
import reactor.netty.resources.ConnectionProvider;
import reactor.netty.tcp.SslProvider.GenericSslContextSpec;

/**
 * {@link HttpExchange} on Reactor Netty, with a connection pool of its own.
 *
 * <p>TLS certificates and host names are verified, redirects are not followed, a request is sent
 * once (Reactor Netty's own hidden second try is off), and a reply over {@link
 * TransportOptions#maxBodyBytes()} is refused before it fills the memory. Idle connections are
 * closed in the background; of those that are free the newest is used first.
 *
 * <p>Thread-safe. Results arrive on a thread of Reactor Netty's event loop. {@link #disposeLater()}
 * closes the pool; the event loops are Reactor Netty's shared ones and stay.
 */
public final class NettyTransport implements HttpExchange {

  private final TransportOptions options;
  private final ConnectionProvider pool;
  // Two clients, because Reactor Netty copies its configuration for each request of a secure
  // client to a plain address.
  private final HttpClient plain;
  private final HttpClient secure;
  private volatile boolean isClosed;

  private NettyTransport(TransportOptions options) {
    this.options = options;
    this.pool =
        ConnectionProvider.builder("fleetstop")
            .maxConnections(options.maxConnections())
            .pendingAcquireTimeout(options.poolAcquireTimeout())
            // The bound on how many calls run is set before they come here; a second one would
            // only fail calls that the first has let through.
            .pendingAcquireMaxCount(-1)
            .maxIdleTime(options.maxIdleTime())
            .evictInBackground(options.maxIdleTime())
            .lifo()
            .build();
    this.plain =
        HttpClient.create(pool)
            .disableRetry(true)
            .followRedirect(false)
            .compress(true)
            .responseTimeout(options.responseTimeout())
            .option(
                ChannelOption.CONNECT_TIMEOUT_MILLIS,
                Math.toIntExact(options.connectTimeout().toMillis()))
            .headers(
                headers ->
                    headers
                        .set(HttpHeaderNames.USER_AGENT, UserAgent.of(options.applicationName()))
                        .set(HttpHeaderNames.ACCEPT, "application/json"));
    this.secure =
        plain.secure(
            tls ->
                tls.sslContext((GenericSslContextSpec<?>) Http11SslContextSpec.forClient())
                    .handshakeTimeout(options.tlsHandshakeTimeout()));
  }

  /** A transport with every option at its default. */
  public static NettyTransport create() {
    return create(TransportOptions.defaults());
  }

  /** A transport. It connects when the first request is sent. */
  public static NettyTransport create(TransportOptions options) {
    return new NettyTransport(options);
  }

  @Override
  public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
    return Mono.defer(
        () -> {
          if (isClosed) {
            return Mono.error(EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT).build());
          }
          AtomicBoolean sent = new AtomicBoolean();
          HttpClient client = isSecure(request.uri()) ? secure : plain;
          RequestSender sender =
              client
                  .doOnRequest((out, connection) -> prepare(out, request, maySend, sent))
                  .request(HttpMethod.valueOf(request.method()))
                  .uri(request.uri());
          return withBody(sender, request.body())
              .response(this::gather)
              .next()
              .onErrorMap(failure -> TransportFailures.classify(failure, sent.get()));
        });
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

  private static void prepare(
      HttpClientRequest out, Request request, BooleanSupplier maySend, AtomicBoolean sent) {
    HttpHeaders headers = out.requestHeaders();
    headers.set(HttpHeaderNames.HOST, hostHeader(request.uri()));
    request.headers().forEach(headers::set);
    if (!maySend.getAsBoolean()) {
      // Reactor Netty turns what is thrown here into the error of the exchange, and sends nothing.
      throw EcsException.builder(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT)
          .detail("The caller gave up before the request was sent.")
          .build();
    }
    sent.set(true);
  }

  private static ResponseReceiver<?> withBody(RequestSender sender, byte[] body) {
    return body.length == 0 ? sender : sender.send(Mono.just(Unpooled.wrappedBuffer(body)));
  }

  private static boolean isSecure(URI uri) {
    return uri.getScheme().equalsIgnoreCase("https");
  }

  /** The host as it is signed: with its port unless that is the scheme's own. */
  private static String hostHeader(URI uri) {
    int standard = isSecure(uri) ? 443 : 80;
    boolean isStandard = uri.getPort() == -1 || uri.getPort() == standard;
    return isStandard ? uri.getHost() : uri.getHost() + ":" + uri.getPort();
  }

  private Mono<Response> gather(HttpClientResponse reply, ByteBufFlux content) {
    int maxBytes = options.maxBodyBytes();
    Map<String, List<String>> headers = headersOf(reply);
    return content
        .collect(() -> new BoundedBody(maxBytes), BoundedBody::append)
        .map(body -> new Response(reply.status().code(), headers, body.toByteArray()));
  }

  private static Map<String, List<String>> headersOf(HttpClientResponse reply) {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    reply
        .responseHeaders()
        .forEach(
            header ->
                headers
                    .computeIfAbsent(
                        header.getKey().toLowerCase(Locale.ROOT), name -> new ArrayList<>(1))
                    .add(header.getValue()));
    return headers;
  }
}

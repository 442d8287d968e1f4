package io.fleetstop.transport;

import static io.fleetstop.transport.Sending.failure;
import static io.fleetstop.transport.Sending.send;
import static io.fleetstop.transport.Sending.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.transport.HttpExchange.Request;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

class Http2Test {

  private static TestAuthority authority;

  private final PoolGauges gauges = new PoolGauges();
  private final List<DisposableServer> servers = new ArrayList<>();
  private final Set<Channel> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger received = new AtomicInteger();
  private NettyTransport transport = open(TransportOptions.builder());

  @BeforeAll
  static void makeAuthority() {
    authority = new TestAuthority();
  }

  private NettyTransport open(TransportOptions.Builder options) {
    return NettyTransport.create(
        options
            .protocol(TransportOptions.Protocol.HTTP_2)
            .tls(authority.trusted())
            .maxBodyBytes(64 * 1024)
            .build(),
        gauges);
  }

  @AfterEach
  void close() {
    transport.disposeLater().block(HttpExchangeContract.PATIENCE);
    servers.forEach(DisposableServer::disposeNow);
  }

  private URI start(
      HttpServer server,
      BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> answer) {
    DisposableServer started =
        server
            .doOnChannelInit((observer, channel, address) -> connections.add(channel))
            .handle(
                (request, reply) -> {
                  received.incrementAndGet();
                  return answer.apply(request, reply);
                })
            .bindNow();
    servers.add(started);
    return TestAuthority.uri(started);
  }

  private URI start(BiFunction<HttpServerRequest, HttpServerResponse, Publisher<Void>> answer) {
    return start(TestAuthority.http2(authority.forLoopback()), answer);
  }

  private static Publisher<Void> protocol(HttpServerRequest request, HttpServerResponse reply) {
    return reply.sendString(Mono.just(request.version().text() + request.uri()));
  }

  @Test
  void manyExchanges_shareFewConnections() {
    URI uri =
        start(
            (request, reply) ->
                // Its allocator may block for a moment, which a parallel thread must not.
                Mono.delay(Duration.ofMillis(20), Schedulers.boundedElastic())
                    .thenMany(protocol(request, reply))
                    .then());
    List<String> replies =
        Flux.range(0, 200)
            .flatMap(
                number -> transport.exchange(Request.get(uri.resolve("/?n=" + number)), () -> true),
                200)
            .map(response -> new String(response.body(), StandardCharsets.UTF_8))
            .collectList()
            .block(HttpExchangeContract.PATIENCE);
    assertThat(replies).hasSize(200).allMatch(reply -> reply.startsWith("HTTP/2.0/?n="));
    assertThat(replies).doesNotHaveDuplicates();
    assertThat(connections).hasSizeBetween(1, 4);
    gauges.becomeIdle();
  }

  @Test
  void serverWithoutHttp2_getsHttp11() {
    URI uri = start(TestAuthority.http11(authority.forLoopback()), Http2Test::protocol);
    assertThat(text(transport, uri)).isEqualTo("HTTP/1.1/");
    gauges.becomeIdle();
    assertThat(text(transport, uri)).isEqualTo("HTTP/1.1/");
    URI plain = start(HttpServer.create().host("127.0.0.1").port(0), Http2Test::protocol);
    assertThat(text(transport, URI.create("http://127.0.0.1:" + plain.getPort() + "/")))
        .isEqualTo("HTTP/1.1/");
  }

  @Test
  void http2_isOffByDefault() {
    URI uri = start(Http2Test::protocol);
    NettyTransport usual =
        NettyTransport.create(TransportOptions.builder().tls(authority.trusted()).build());
    assertThat(text(usual, uri)).isEqualTo("HTTP/1.1/");
    usual.disposeLater().block(HttpExchangeContract.PATIENCE);
  }

  @Test
  void request_isSentUnchanged() {
    URI uri =
        start(
            (request, reply) ->
                reply.sendString(
                    request
                        .receive()
                        .aggregate()
                        .asString()
                        .map(
                            body ->
                                request.method()
                                    + " "
                                    + request.requestHeaders().get("host")
                                    + " "
                                    + request.requestHeaders().get("x-date")
                                    + " "
                                    + body)));
    Request request =
        new Request("POST", uri, Map.of("X-Date", "20250101T000000Z"), new byte[] {'k', '=', 'v'});
    assertThat(
            transport
                .exchange(request, () -> true)
                .map(response -> new String(response.body(), StandardCharsets.UTF_8))
                .block(HttpExchangeContract.PATIENCE))
        .isEqualTo("POST 127.0.0.1:" + uri.getPort() + " 20250101T000000Z k=v");
  }

  @Test
  void closedGate_sendsNothing() {
    URI uri = start(Http2Test::protocol);
    AtomicInteger asked = new AtomicInteger();
    EcsException error =
        (EcsException)
            catchThrowable(
                () ->
                    transport
                        .exchange(Request.get(uri), () -> asked.incrementAndGet() < 0)
                        .block(HttpExchangeContract.PATIENCE));
    assertThat(error.delivery()).isEqualTo(Delivery.NOT_SENT);
    assertThat(asked).hasValue(1);
    assertThat(text(transport, uri)).isEqualTo("HTTP/2.0/");
    assertThat(received).hasValue(1);
    gauges.becomeIdle();
  }

  @Test
  void cancel_resetsOnlyItsOwnStream() throws Exception {
    CountDownLatch left = new CountDownLatch(1);
    CountDownLatch arrived = new CountDownLatch(1);
    URI uri =
        start(
            (request, reply) -> {
              if (request.uri().startsWith("/slow")) {
                request.withConnection(connection -> connection.onDispose(left::countDown));
                arrived.countDown();
                return Mono.never();
              }
              return protocol(request, reply);
            });
    assertThat(text(transport, uri)).isEqualTo("HTTP/2.0/");
    Disposable call = transport.exchange(Request.get(uri.resolve("/slow")), () -> true).subscribe();
    assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
    call.dispose();
    assertThat(left.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(text(transport, uri)).isEqualTo("HTTP/2.0/");
    assertThat(connections).hasSize(1);
    gauges.becomeIdle();
  }

  @Test
  void silentServer_responseTimeout() {
    URI uri = start((request, reply) -> Mono.never());
    NettyTransport impatient =
        open(TransportOptions.builder().responseTimeout(Duration.ofMillis(150)));
    EcsException error = failure(impatient, uri, ClientErrors.RESPONSE_TIMEOUT, Delivery.UNKNOWN);
    assertThat(error).hasMessageContaining("(response timeout of 150ms)");
    impatient.disposeLater().block(HttpExchangeContract.PATIENCE);
  }

  @Test
  void connectionLostBeforeTheReply_unknown() {
    URI uri =
        start(
            (request, reply) -> {
              for (Channel channel : connections) {
                ChannelFuture unused = channel.close();
              }
              return Mono.never();
            });
    failure(transport, uri, ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN);
    assertThat(received).hasValue(1);
  }

  @Test
  void bodyAboveTheLimit_isRejected() {
    String block = "x".repeat(16 * 1024);
    AtomicInteger written = new AtomicInteger();
    URI uri =
        start(
            (request, reply) ->
                reply.sendString(
                    Flux.range(0, 3000)
                        .map(
                            number -> {
                              written.incrementAndGet();
                              return block;
                            })));
    failure(transport, uri, ClientErrors.REPLY_TOO_LARGE, Delivery.UNKNOWN);
    assertThat(written.get()).isLessThan(1000);
    assertThat(connections).hasSize(1);
  }

  @Test
  void headersAboveTheLimit_areRejected() {
    URI uri = start((request, reply) -> reply.header("x-filler", "x".repeat(40_000)).send());
    EcsException error = failure(transport, uri);
    assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
  }

  @Test
  void redirect_isNotFollowed() {
    URI uri = start((request, reply) -> reply.status(307).header("Location", "/on").send());
    assertThat(send(transport, uri).status()).isEqualTo(307);
    assertThat(received).hasValue(1);
  }
}

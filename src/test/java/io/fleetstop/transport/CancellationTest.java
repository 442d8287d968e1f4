package io.fleetstop.transport;

import static io.fleetstop.contract.RawServer.reply;
import static io.fleetstop.transport.Sending.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.contract.RawServer;
import io.fleetstop.transport.HttpExchange.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.net.URI;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** A cancelled exchange leaves nothing behind, at any stage. */
class CancellationTest {

  enum Wire {
    PLAIN,
    TLS,
    HTTP_2
  }

  // Not counted, so that only the client's buffers can leak.
  private static final ByteBuf BODY =
      Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(new byte[3000]));

  private final PoolGauges gauges = new PoolGauges();
  private NettyTransport transport = NettyTransport.create();

  @AfterEach
  void close() {
    transport.disposeLater().block(HttpExchangeContract.PATIENCE);
  }

  private void open(TransportOptions.Builder options) {
    transport = NettyTransport.create(options.build(), gauges);
  }

  private Disposable start(URI uri, AtomicInteger sent) {
    return transport
        .exchange(
            Request.get(uri),
            () -> {
              sent.incrementAndGet();
              return true;
            })
        .subscribe();
  }

  @Test
  void cancelWhileAwaitingAConnection_sendsNothing() throws Exception {
    open(TransportOptions.builder().maxConnections(1));
    AtomicInteger sent = new AtomicInteger();
    CountDownLatch answer = new CountDownLatch(1);
    try (RawServer server =
        RawServer.start(
            exchange -> {
              answer.await();
              exchange.write(reply(200, "text/plain", "ok"));
            })) {

      Mono<String> holder =
          Mono.fromCallable(() -> text(transport, server.uri("/")))
              .subscribeOn(Schedulers.boundedElastic())
              .cache();
      holder.subscribe();
      PoolGauges.await(() -> gauges.acquired() == 1);
      Disposable waiting = start(server.uri("/"), sent);
      PoolGauges.await(() -> gauges.pending() == 1);
      waiting.dispose();
      // The pending acquisition is removed at once, not when a connection becomes free.
      assertThat(gauges.pending()).isZero();
      answer.countDown();
      assertThat(holder.block(HttpExchangeContract.PATIENCE)).isEqualTo("ok");
      gauges.becomeIdle();
      assertThat(text(transport, server.uri("/"))).isEqualTo("ok");
      assertThat(sent).hasValue(0);
      assertThat(server.requests()).hasSize(2);
      // The connection that the cancelled exchange would have received was not closed.
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  @Test
  void cancelWhileConnecting_releasesTheConnection() throws IOException {
    open(TransportOptions.builder().connectTimeout(Duration.ofMillis(500)));
    AtomicInteger sent = new AtomicInteger();
    try (FullBacklog server = new FullBacklog()) {
      assumeTrue(server.isFull(), "this system accepts connections beyond the backlog");
      Disposable call = start(server.uri(), sent);
      PoolGauges.await(() -> gauges.allocated() == 1);
      call.dispose();
      gauges.becomeIdle();
      PoolGauges.await(() -> gauges.allocated() == 0);
      assertThat(sent).hasValue(0);
    }
  }

  /**
   * The connection is opened anyway and may stay idle for long. If it kept the subscriber's
   * context, it would keep the whole run in memory.
   */
  @Test
  void cancelledSubscriber_isReleasedAtOnce() throws IOException {
    open(TransportOptions.builder());
    try (FullBacklog server = new FullBacklog()) {
      assumeTrue(server.isFull(), "this system accepts connections beyond the backlog");
      WeakReference<?> caller = leaveWhileConnecting(server.uri());
      long end = System.nanoTime() + HttpExchangeContract.PATIENCE.toNanos();
      while (caller.get() != null && gauges.allocated() == 1 && System.nanoTime() < end) {
        System.gc();
      }
      assertThat(gauges.allocated()).isEqualTo(1);
      assertThat(caller.get()).isNull();
    }
  }

  private WeakReference<?> leaveWhileConnecting(URI uri) {
    AtomicInteger sent = new AtomicInteger();
    Disposable call = start(uri, sent);
    PoolGauges.await(() -> gauges.allocated() == 1);
    call.dispose();
    return new WeakReference<>(sent);
  }

  @Test
  void cancelDuringTlsHandshake_releasesTheConnection() throws Exception {
    open(TransportOptions.builder().tlsHandshakeTimeout(Duration.ofMillis(500)));
    AtomicInteger sent = new AtomicInteger();
    try (RawServer silent = RawServer.replying("")) {
      URI uri = URI.create("https://127.0.0.1:" + silent.uri("/").getPort() + "/");
      Disposable call = start(uri, sent);
      PoolGauges.await(() -> silent.connections() == 1);
      call.dispose();
      gauges.becomeIdle();
      assertThat(sent).hasValue(0);
    }
  }

  @Test
  void cancelWhileReceiving_releasesTheConnection() throws Exception {
    open(TransportOptions.builder());
    AtomicInteger sent = new AtomicInteger();
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
              exchange.hang();
            })) {
      Disposable call = start(server.uri("/"), sent);
      server.nextRequest();
      call.dispose();
      assertThat(server.clientLeft()).isTrue();
      gauges.becomeIdle();
    }
  }

  @ParameterizedTest
  @EnumSource
  void randomCancels_leakNoConnection(Wire wire) {
    long seed = System.nanoTime();
    System.out.println("CancellationTest " + wire + " seed " + seed);
    Random random = new Random(seed);
    TestAuthority authority = new TestAuthority();
    X509Bundle shown = authority.forLoopback();
    HttpServer base =
        switch (wire) {
          case PLAIN -> HttpServer.create().host("127.0.0.1").port(0);
          case TLS -> TestAuthority.http11(shown);
          // By default it ends a connection on which many requests are reset.
          case HTTP_2 ->
              TestAuthority.http2(shown)
                  .http2Settings(settings -> settings.maxDecodedRstFramesPerWindow(0, 30));
        };
    AtomicInteger received = new AtomicInteger();
    DisposableServer server =
        base.handle(
                (request, reply) -> {
                  int number = received.incrementAndGet();
                  return Mono.delay(Duration.ofMillis(number % 5), Schedulers.boundedElastic())
                      .thenMany(reply.sendObject(BODY.retainedSlice(0, number % 3000)))
                      .then();
                })
            .bindNow();
    open(
        TransportOptions.builder()
            .maxConnections(8)
            .tls(authority.trusted())
            .protocol(
                wire == Wire.HTTP_2
                    ? TransportOptions.Protocol.HTTP_2
                    : TransportOptions.Protocol.HTTP_1_1));
    URI uri =
        URI.create((wire == Wire.PLAIN ? "http" : "https") + "://127.0.0.1:" + server.port() + "/");
    AtomicInteger sent = new AtomicInteger();
    AtomicInteger stayed = new AtomicInteger();
    int calls = wire == Wire.PLAIN ? 10_000 : 1_000;
    try {
      assertThat(Sending.send(transport, uri).status()).isEqualTo(200);
      sent.set(1);
      Flux.range(0, calls)
          .flatMap(
              number -> {
                int micros = random.nextInt(wire == Wire.PLAIN ? 8_000 : 40_000);
                Mono<HttpExchange.Response> call =
                    transport.exchange(
                        Request.get(uri),
                        () -> {
                          sent.incrementAndGet();
                          return true;
                        });
                // Every fourth exchange is not cancelled: the cancellations around it must not
                // affect it.
                return number % 4 == 0
                    ? call.doOnNext(response -> stayed.incrementAndGet())
                    : call.takeUntilOther(Mono.delay(Duration.ofNanos(1000L * micros)));
              },
              12)
          .blockLast(Duration.ofSeconds(60));
      gauges.becomeIdle();
      assertThat(stayed).hasValue(calls / 4);
      assertThat(received.get()).isLessThanOrEqualTo(sent.get());
      assertThat(Sending.send(transport, uri).status()).isEqualTo(200);
      gauges.becomeIdle();
    } finally {
      server.disposeNow();
    }
  }
}

package io.fleetstop.transport;

import static io.fleetstop.contract.RawServer.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.contract.RawServer;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.transport.HttpExchange.Request;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class NettyTransportTest implements HttpExchangeContract {

  private final NettyTransport transport = NettyTransport.create(options().build());

  private static TransportOptions.Builder options() {
    return TransportOptions.builder()
        .responseTimeout(Duration.ofMillis(500))
        .maxBodyBytes(64 * 1024);
  }

  @Override
  public HttpExchange exchange() {
    return transport;
  }

  @AfterEach
  void closePool() {
    transport.disposeLater().block(PATIENCE);
  }

  private static void verifyCode(
      HttpExchange exchange, RawServer server, ErrorCode code, Delivery delivery) {
    StepVerifier.create(exchange.exchange(Request.get(server.uri("/")), () -> true))
        .expectErrorSatisfies(
            failure -> {
              assertThat(((EcsException) failure).errorCode()).isEqualTo(code);
              assertThat(((EcsException) failure).delivery()).isEqualTo(delivery);
            })
        .verify(PATIENCE);
  }

  @Test
  void userAgent_isSent() throws Exception {
    NettyTransport named =
        NettyTransport.create(options().applicationName("nightly-shutdown/1.2").build());
    try (RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      StepVerifier.create(named.exchange(Request.get(server.uri("/")), () -> true))
          .expectNextCount(1)
          .expectComplete()
          .verify(PATIENCE);
      assertThat(server.nextRequest())
          .containsPattern(
              "(?i)\r\nuser-agent: fleetstop/\\d+\\.\\d+\\.\\d+\\S* \\(java/\\d+\\) nightly-shutdown/1\\.2\r\n");
    } finally {
      named.disposeLater().block(PATIENCE);
    }
  }

  @Test
  void gapBetweenReads_isBounded() throws IOException {
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
              exchange.hang();
            })) {
      verifyCode(transport, server, ClientErrors.RESPONSE_TIMEOUT, Delivery.UNKNOWN);
    }
  }

  @Test
  void decompressedBodyAboveTheLimit_isRejected() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(new byte[10_000_000]);
    }
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write(
                  "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
                      + packed.size()
                      + "\r\n\r\n");
              exchange.write(packed.toByteArray());
            })) {
      verifyCode(transport, server, ClientErrors.REPLY_TOO_LARGE, Delivery.UNKNOWN);
    }
  }

  @Test
  void nonHttpReply_hasUnreadableRecord() throws IOException {
    try (RawServer server =
        RawServer.start(exchange -> exchange.write("SSH-2.0-OpenSSH_9.9\r\n\r\n"))) {
      verifyCode(transport, server, ClientErrors.UNREADABLE_REPLY, Delivery.UNKNOWN);
    }
  }

  @Test
  void exhaustedPool_notSent() throws Exception {
    NettyTransport single =
        NettyTransport.create(
            options()
                .maxConnections(1)
                .poolAcquireTimeout(Duration.ofMillis(100))
                .responseTimeout(Duration.ofSeconds(30))
                .build());
    try (RawServer server = RawServer.start(RawServer.Exchange::hang)) {
      Disposable holder = single.exchange(Request.get(server.uri("/")), () -> true).subscribe();
      server.nextRequest();
      verifyCode(single, server, ClientErrors.POOL_EXHAUSTED, Delivery.NOT_SENT);
      assertThat(server.requests()).hasSize(1);
      holder.dispose();
    } finally {
      single.disposeLater().block(PATIENCE);
    }
  }

  @Test
  void closedTransport_sendsNothing() throws IOException {
    NettyTransport closed = NettyTransport.create(options().build());
    try (RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      StepVerifier.create(closed.exchange(Request.get(server.uri("/")), () -> true))
          .expectNextCount(1)
          .expectComplete()
          .verify(PATIENCE);
      closed.disposeLater().block(PATIENCE);
      StepVerifier.create(closed.exchange(Request.get(server.uri("/")), () -> true))
          .expectErrorSatisfies(
              failure ->
                  assertThat(((EcsException) failure).delivery()).isEqualTo(Delivery.NOT_SENT))
          .verify(PATIENCE);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  void idleConnections_areReusedThenClosed() throws Exception {
    NettyTransport shortIdle =
        NettyTransport.create(options().maxIdleTime(Duration.ofSeconds(1)).build());
    AtomicInteger served = new AtomicInteger();
    try (RawServer server =
        RawServer.start(
            exchange -> {
              served.incrementAndGet();
              exchange.write(reply(200, "text/plain", "ok"));
            })) {
      for (int i = 0; i < 5; i++) {
        StepVerifier.create(shortIdle.exchange(Request.get(server.uri("/")), () -> true))
            .expectNextCount(1)
            .expectComplete()
            .verify(PATIENCE);
        // The pool gets the connection back after the reply was delivered.
        Mono.fromSupplier(() -> shortIdle.connections().idle())
            .filter(idle -> idle == 1)
            .repeatWhenEmpty(again -> again.delayElements(Duration.ofMillis(5)))
            .block(PATIENCE);
      }
      assertThat(server.connections()).isEqualTo(1);
      assertThat(server.clientLeft()).isTrue();
    } finally {
      shortIdle.disposeLater().block(PATIENCE);
    }
  }

  @Test
  void invalidOptions_areRejected() {
    assertThatThrownBy(() -> TransportOptions.builder().maxConnections(0))
        .hasMessage("maxConnections must be at least 1, was 0");
    assertThatThrownBy(() -> TransportOptions.builder().connectTimeout(Duration.ZERO))
        .hasMessage("connectTimeout must be 1 ms to 24 days, was 0s");
    assertThatThrownBy(() -> TransportOptions.builder().applicationName("a\r\nX-Evil: 1"))
        .hasMessage("applicationName must be printable ASCII");
  }

  @Test
  void poolOpenedDuringClose_isClosed() throws Exception {
    AtomicReference<NettyTransport> closing = new AtomicReference<>();
    OpenPools pools =
        new OpenPools(() -> Objects.requireNonNull(closing.get()).disposeLater().block(PATIENCE));
    closing.set(NettyTransport.create(options().build(), pools));
    try (RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      // Both orders of exchange and close are allowed.
      Objects.requireNonNull(closing.get())
          .exchange(Request.get(server.uri("/")), () -> true)
          .onErrorComplete(EcsException.class)
          .block(PATIENCE);
    }
    PoolGauges.await(() -> pools.count() == 0);
  }
}

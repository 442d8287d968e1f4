package io.fleetstop.transport;

import static io.fleetstop.contract.RawServer.reply;
import static io.fleetstop.transport.Sending.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.contract.RawServer;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.transport.HttpExchange.Request;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;

/** Each limit fires, and the error names it with its value. */
class LimitsTest {

  private NettyTransport transport = NettyTransport.create();

  @AfterEach
  void close() {
    transport.disposeLater().block(HttpExchangeContract.PATIENCE);
  }

  private EcsException ended(
      TransportOptions.Builder options, URI uri, ErrorCode code, Delivery delivery) {
    transport = NettyTransport.create(options.build());
    return failure(transport, uri, code, delivery);
  }

  @Test
  void connectTimeout_isNotSentAndNamed() throws IOException {
    try (FullBacklog server = new FullBacklog()) {
      assumeTrue(server.isFull(), "this system accepts connections beyond the backlog");
      EcsException error =
          ended(
              TransportOptions.builder().connectTimeout(Duration.ofMillis(150)),
              server.uri(),
              ClientErrors.CONNECT_FAILED,
              Delivery.NOT_SENT);
      assertThat(error).hasMessageContaining("(connect timeout of 150ms)");
      assertThat(error.category()).isEqualTo(Category.NETWORK);
    }
  }

  @Test
  void tlsHandshakeTimeout_isNotSentAndNamed() throws IOException {
    try (RawServer silent = RawServer.replying("")) {
      URI uri = URI.create("https://127.0.0.1:" + silent.uri("/").getPort() + "/");
      EcsException error =
          ended(
              TransportOptions.builder().tlsHandshakeTimeout(Duration.ofMillis(150)),
              uri,
              ClientErrors.CONNECT_FAILED,
              Delivery.NOT_SENT);
      assertThat(error).hasMessageContaining("(TLS handshake timeout of 150ms)");
      assertThat(error.category()).isEqualTo(Category.NETWORK);
      assertThat(silent.connections()).isEqualTo(1);
    }
  }

  @Test
  void responseTimeout_isUnknownAndNamed() throws IOException {
    try (RawServer silent = RawServer.start(RawServer.Exchange::hang)) {
      EcsException error =
          ended(
              TransportOptions.builder().responseTimeout(Duration.ofMillis(150)),
              silent.uri("/"),
              ClientErrors.RESPONSE_TIMEOUT,
              Delivery.UNKNOWN);
      assertThat(error).hasMessageContaining("(response timeout of 150ms)");
    }
  }

  @Test
  void poolAcquireTimeout_isNotSentAndNamed() throws Exception {
    NettyTransport single =
        NettyTransport.create(
            TransportOptions.builder()
                .maxConnections(1)
                .poolAcquireTimeout(Duration.ofSeconds(1))
                .build());
    try (RawServer silent = RawServer.start(RawServer.Exchange::hang)) {
      Disposable holder = single.exchange(Request.get(silent.uri("/")), () -> true).subscribe();
      silent.nextRequest();
      EcsException error =
          failure(single, silent.uri("/"), ClientErrors.POOL_EXHAUSTED, Delivery.NOT_SENT);
      assertThat(error).hasMessageContaining("(pool acquire timeout of 1s, at most 1 connections)");
      holder.dispose();
    } finally {
      single.disposeLater().block(HttpExchangeContract.PATIENCE);
    }
  }

  @Test
  void bodyLimit_isNamed() throws IOException {
    try (RawServer server = RawServer.replying(reply(200, "text/plain", "x".repeat(1001)))) {
      EcsException error =
          ended(
              TransportOptions.builder().maxBodyBytes(1000),
              server.uri("/"),
              ClientErrors.REPLY_TOO_LARGE,
              Delivery.UNKNOWN);
      assertThat(error).hasMessageContaining("(body limit of 1000 bytes)");
    }
  }

  @Test
  void headerLimit_isNamed() throws IOException {
    AtomicLong written = new AtomicLong();
    String line = "X-Filler: " + "x".repeat(1000) + "\r\n";
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write("HTTP/1.1 200 OK\r\n");
              while (written.addAndGet(line.length()) < 50_000_000) {
                exchange.write(line);
              }
            })) {
      EcsException error =
          ended(
              TransportOptions.builder().maxHeaderBytes(4096),
              server.uri("/"),
              ClientErrors.UNREADABLE_REPLY,
              Delivery.UNKNOWN);
      assertThat(error).hasMessageContaining("(header limit of 4096 bytes)");
      assertThat(written.get()).isLessThan(20_000_000);
    }
  }

  @Test
  void statusLineLimit_isNamed() throws IOException {
    try (RawServer server =
        RawServer.replying("HTTP/1.1 200 " + "x".repeat(5000) + "\r\nContent-Length: 0\r\n\r\n")) {
      EcsException error =
          ended(
              TransportOptions.builder().maxHeaderBytes(4096),
              server.uri("/"),
              ClientErrors.UNREADABLE_REPLY,
              Delivery.UNKNOWN);
      assertThat(error).hasMessageContaining("(header limit of 4096 bytes)");
    }
  }
}

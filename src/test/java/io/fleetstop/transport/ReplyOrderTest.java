package io.fleetstop.transport;

import static io.fleetstop.contract.RawServer.reply;
import static io.fleetstop.transport.Sending.failure;
import static io.fleetstop.transport.Sending.send;
import static io.fleetstop.transport.Sending.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.contract.RawServer;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.transport.HttpExchange.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** A call never gets the reply to another one, whatever the server sends without a request. */
@Tag("guarantee:own-reply")
class ReplyOrderTest {

  private static final String ONE = reply(200, "text/plain", "one");
  private static final String SMUGGLED = reply(200, "text/plain", "SMUGGLED");

  private final NettyTransport transport =
      NettyTransport.create(TransportOptions.builder().maxConnections(1).build());

  @AfterEach
  void close() {
    transport.disposeLater().block(HttpExchangeContract.PATIENCE);
  }

  /** Answers the first request with these bytes, and each other with its number. */
  private static RawServer serverOf(String first) {
    AtomicInteger number = new AtomicInteger();
    return RawServer.start(
        exchange -> {
          int request = number.incrementAndGet();
          exchange.write(request == 1 ? first : reply(200, "text/plain", "reply " + request));
        });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nSMUGGLED",
        "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nS",
        "HTTP/1.1 200 SMUGGLED\r\nX-A: ",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "\u0000\u0001garbage\r\n\r\n",
        "H"
      })
  void bytesAfterTheReply_closeTheConnection(String extra) throws Exception {
    try (RawServer server = serverOf(ONE + extra)) {
      assertThat(text(transport, server.uri("/1"))).isEqualTo("one");
      assertThat(server.clientLeft()).isTrue();
      assertThat(text(transport, server.uri("/2"))).isEqualTo("reply 2");
      assertThat(server.connections()).isEqualTo(2);
    }
  }

  @Test
  void contentOfAReplyWithout_closesTheConnection() throws Exception {
    String head = "HTTP/1.1 204 None\r\nContent-Length: " + SMUGGLED.length() + "\r\n\r\n";
    try (RawServer server = serverOf(head + SMUGGLED)) {
      assertThat(send(transport, server.uri("/1")).status()).isEqualTo(204);
      assertThat(server.clientLeft()).isTrue();
      assertThat(text(transport, server.uri("/2"))).isEqualTo("reply 2");
    }
  }

  @Test
  void replyOnAnIdleConnection_closesIt() throws Exception {
    CountDownLatch idle = new CountDownLatch(1);
    AtomicInteger number = new AtomicInteger();
    try (RawServer server =
        RawServer.start(
            exchange -> {
              int request = number.incrementAndGet();
              exchange.write(reply(200, "text/plain", "reply " + request));
              if (request == 1) {
                idle.await();
                exchange.write(SMUGGLED);
              }
            })) {
      assertThat(text(transport, server.uri("/1"))).isEqualTo("reply 1");
      idle.countDown();
      assertThat(server.clientLeft()).isTrue();
      assertThat(text(transport, server.uri("/2"))).isEqualTo("reply 2");
    }
  }

  /** The pool gives the connection to the queued call before the extra bytes are decoded. */
  @ParameterizedTest
  @ValueSource(strings = {"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nSMUGGLED", "HTTP/1.1 200 "})
  void queuedCall_doesNotGetTheExtraReply(String extra) throws Exception {
    CountDownLatch queued = new CountDownLatch(1);
    AtomicInteger number = new AtomicInteger();
    try (RawServer server =
        RawServer.start(
            exchange -> {
              int request = number.incrementAndGet();
              queued.await();
              exchange.write(request == 1 ? ONE + extra : reply(200, "text/plain", "two"));
            })) {
      Mono<String> first = textOf(server, "/1").cache();
      Mono<String> second =
          textOf(server, "/2")
              .onErrorResume(
                  EcsException.class,
                  lost -> {
                    assertThat(lost.delivery()).isNotEqualTo(Delivery.REJECTED);
                    return Mono.just("two");
                  })
              .cache();
      first.subscribe();
      second.subscribe();
      queued.countDown();
      StepVerifier.create(first).expectNext("one").verifyComplete();
      StepVerifier.create(second).expectNext("two").verifyComplete();
    }
  }

  private Mono<String> textOf(RawServer server, String path) {
    return transport
        .exchange(Request.get(server.uri(path)), () -> true)
        .map(response -> new String(response.body(), StandardCharsets.UTF_8));
  }

  @Test
  void anotherProtocol_closesTheConnection() throws Exception {
    AtomicInteger number = new AtomicInteger();
    try (RawServer server =
        RawServer.start(
            exchange -> {
              if (number.incrementAndGet() == 1) {
                exchange.write("HTTP/1.1 101 Switching\r\n\r\n");
                exchange.hang();
              }
              exchange.write(reply(200, "text/plain", "reply " + number.get()));
            })) {
      failure(transport, server.uri("/1"), ClientErrors.UNREADABLE_REPLY, Delivery.UNKNOWN);
      assertThat(server.clientLeft()).isTrue();
      assertThat(text(transport, server.uri("/2"))).isEqualTo("reply 2");
    }
  }

  /** The bytes of a reply may come in any portions, and the connection is kept. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\non\r\n1\r\ne\r\n0\r\nX-T: t\r\n\r\n"
      })
  void replyInPortions_keepsTheConnection(String bytes) throws IOException {
    try (RawServer server = RawServer.start(exchange -> exchange.writeOneByOne(bytes))) {
      for (int i = 0; i < 3; i++) {
        assertThat(text(transport, server.uri("/"))).isEqualTo("one");
      }
      assertThat(server.connections()).isEqualTo(1);
    }
  }
}

package io.fleetstop.contract;

import static io.fleetstop.contract.RawServer.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** The contract of {@link HttpExchange}. A test of an implementation provides an instance. */
public interface HttpExchangeContract {

  Duration PATIENCE = Duration.ofSeconds(20);

  /** An exchange that accepts replies up to 64 KiB and waits half a second for their bytes. */
  HttpExchange exchange();

  private Mono<Response> send(URI uri) {
    return exchange().exchange(Request.get(uri), () -> true);
  }

  private void verifyFails(Mono<Response> exchange, Delivery delivery, Category category) {
    StepVerifier.create(exchange)
        .expectErrorSatisfies(
            failure -> {
              assertThat(failure).isInstanceOf(EcsException.class);
              EcsException error = (EcsException) failure;
              assertThat(error.delivery()).as("%s", error).isEqualTo(delivery);
              assertThat(error.category()).as("%s", error).isEqualTo(category);
              assertThat(error.errorCode().scope()).isEqualTo(ErrorCode.Scope.CLIENT);
            })
        .verify(PATIENCE);
  }

  private void verifyBody(Mono<Response> exchange, String body) {
    StepVerifier.create(exchange.map(HttpExchangeContract::text))
        .expectNext(body)
        .expectComplete()
        .verify(PATIENCE);
  }

  private static String text(Response response) {
    return new String(response.body(), StandardCharsets.UTF_8);
  }

  @Test
  default void response_hasStatusHeadersAndBody() throws IOException {
    try (RawServer server =
        RawServer.replying(
            "HTTP/1.1 412 Precondition Failed\r\nX-One: 1\r\nx-one: 2\r\nContent-Length: 4\r\n\r\nbody")) {
      StepVerifier.create(send(server.uri("/")))
          .assertNext(
              response -> {
                assertThat(response.status()).isEqualTo(412);
                assertThat(response.headers().get("x-one")).containsExactly("1", "2");
                assertThat(response.header("X-ONE")).isEqualTo("1");
                assertThat(text(response)).isEqualTo("body");
              })
          .expectComplete()
          .verify(PATIENCE);
    }
  }

  @Test
  default void request_isSentUnchanged() throws Exception {
    try (RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      URI uri = server.uri("/path%20x/?A=a%20b%2Fc%2A&B=~%27");
      Request request =
          new Request(
              "POST",
              uri,
              Map.of("X-Date", "20250101T000000Z"),
              "k=v".getBytes(StandardCharsets.UTF_8));
      verifyBody(exchange().exchange(request, () -> true), "ok");
      String sent = server.nextRequest();
      assertThat(sent).startsWith("POST /path%20x/?A=a%20b%2Fc%2A&B=~%27 HTTP/1.1\r\n");
      assertThat(sent.toLowerCase(Locale.ROOT))
          .contains("\r\nx-date: 20250101t000000z\r\n")
          .contains("\r\nhost: 127.0.0.1:" + uri.getPort() + "\r\n")
          .contains("\r\ncontent-length: 3\r\n");
      assertThat(sent).endsWith("\r\n\r\nk=v");
    }
  }

  @Test
  default void eachSubscription_sendsOneRequest() throws IOException {
    try (RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      Mono<Response> exchange = send(server.uri("/"));
      assertThat(server.connections()).isZero();
      verifyBody(exchange, "ok");
      verifyBody(exchange, "ok");
      assertThat(server.requests()).hasSize(2);
    }
  }

  @Test
  default void closedGate_sendsNothing() throws IOException {
    try (RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      AtomicInteger asked = new AtomicInteger();
      Mono<Response> exchange =
          exchange()
              .exchange(
                  Request.get(server.uri("/")),
                  () -> {
                    asked.incrementAndGet();
                    return false;
                  });
      verifyFails(exchange, Delivery.NOT_SENT, Category.NETWORK);
      assertThat(asked).hasValue(1);
      assertThat(server.requests()).isEmpty();
    }
  }

  @Test
  default void redirect_isNotFollowed() throws IOException {
    try (RawServer server =
        RawServer.replying(
            "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n")) {
      StepVerifier.create(send(server.uri("/")).map(Response::status))
          .expectNext(302)
          .expectComplete()
          .verify(PATIENCE);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  default void emptyBody_isDelivered() throws IOException {
    try (RawServer server = RawServer.replying("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) {
      verifyBody(send(server.uri("/")), "");
    }
  }

  @Test
  default void chunkedBody_isAssembled() throws IOException {
    try (RawServer server =
        RawServer.replying(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")) {
      verifyBody(send(server.uri("/")), "abcde");
    }
  }

  @Test
  default void bodyByteByByte_isAssembled() throws IOException {
    try (RawServer server =
        RawServer.start(exchange -> exchange.writeOneByOne(reply(200, "text/plain", "slowly")))) {
      verifyBody(send(server.uri("/")), "slowly");
    }
  }

  @Test
  default void compressedBody_isDecompressed() throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write("packed".getBytes(StandardCharsets.UTF_8));
    }
    String head =
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: "
            + packed.size()
            + "\r\n\r\n";
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write(head);
              exchange.write(packed.toByteArray());
            })) {
      verifyBody(send(server.uri("/")), "packed");
    }
  }

  @Test
  default void bodyAboveTheLimit_isRejectedBeforeItIsRead() throws IOException {
    AtomicInteger written = new AtomicInteger();
    byte[] block = new byte[64 * 1024];
    CountDownLatch ended = new CountDownLatch(1);
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n");
              try {
                while (written.get() < 52_428_800) {
                  exchange.write(block);
                  written.addAndGet(block.length);
                }
              } finally {
                ended.countDown();
              }
            })) {
      verifyFails(send(server.uri("/")), Delivery.UNKNOWN, Category.SERVER);
      assertThat(ended.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(written.get()).isLessThan(20_000_000);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  default void connectionRefused_isNotSent() throws IOException {
    RawServer server = RawServer.replying("");
    URI uri = server.uri("/");
    server.close();
    verifyFails(send(uri), Delivery.NOT_SENT, Category.NETWORK);
  }

  @Test
  default void unresolvableHost_notSent() {
    verifyFails(
        send(URI.create("http://no-such-host.invalid/")), Delivery.NOT_SENT, Category.NETWORK);
  }

  @Test
  default void connectionClosedBeforeTheReply_unknown() throws IOException {
    try (RawServer server = RawServer.start(RawServer.Exchange::close)) {
      verifyFails(send(server.uri("/")), Delivery.UNKNOWN, Category.NETWORK);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  default void connectionResetBeforeTheReply_unknown() throws IOException {
    try (RawServer server = RawServer.start(RawServer.Exchange::reset)) {
      verifyFails(send(server.uri("/")), Delivery.UNKNOWN, Category.NETWORK);
      assertThat(server.requests()).hasSize(1);
    }
  }

  @Test
  default void connectionClosedWithinTheReply_unknown() throws IOException {
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
              exchange.close();
            })) {
      verifyFails(send(server.uri("/")), Delivery.UNKNOWN, Category.NETWORK);
    }
  }

  @Test
  default void connectionClosedAfterTheReply_replyIsDelivered() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write(reply(200, "text/plain", "whole"));
              exchange.closeAndAwait();
              closed.countDown();
            })) {
      verifyBody(send(server.uri("/")), "whole");
      // A request sent while the close arrives is lost; no client can prevent that.
      assertThat(closed.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
      verifyBody(send(server.uri("/")), "whole");
    }
  }

  @Test
  default void idleConnectionClosedOnReuse_unknown() throws IOException {
    AtomicInteger count = new AtomicInteger();
    try (RawServer server =
        RawServer.start(
            exchange -> {
              if (count.incrementAndGet() == 2) {
                exchange.reset();
              } else {
                exchange.write(reply(200, "text/plain", "ok"));
              }
            })) {
      verifyBody(send(server.uri("/")), "ok");
      verifyFails(send(server.uri("/")), Delivery.UNKNOWN, Category.NETWORK);
      assertThat(server.requests()).hasSize(2);
      verifyBody(send(server.uri("/")), "ok");
    }
  }

  @Test
  default void silentServer_unknown() throws IOException {
    try (RawServer server = RawServer.start(RawServer.Exchange::hang)) {
      verifyFails(send(server.uri("/")), Delivery.UNKNOWN, Category.NETWORK);
    }
  }

  @Test
  default void nonHttpReply_unknown() throws IOException {
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write("SSH-2.0-OpenSSH_9.9\r\n\r\n");
              exchange.close();
            })) {
      StepVerifier.create(send(server.uri("/")))
          .expectErrorSatisfies(
              failure ->
                  assertThat(((EcsException) failure).delivery()).isEqualTo(Delivery.UNKNOWN))
          .verify(PATIENCE);
    }
  }

  @Test
  default void cancel_closesOnlyItsOwnConnection() throws Exception {
    AtomicInteger count = new AtomicInteger();
    try (RawServer server =
        RawServer.start(
            exchange -> {
              if (count.incrementAndGet() == 1) {
                exchange.hang();
              } else {
                exchange.write(reply(200, "text/plain", "ok"));
              }
            })) {
      Disposable call = send(server.uri("/")).subscribe();
      server.nextRequest();
      call.dispose();
      assertThat(server.clientLeft()).isTrue();
      verifyBody(send(server.uri("/")), "ok");
    }
  }
}

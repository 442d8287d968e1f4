package io.fleetstop.transport;

import static io.fleetstop.contract.RawServer.reply;
import static io.fleetstop.transport.Sending.failure;
import static io.fleetstop.transport.Sending.send;
import static io.fleetstop.transport.Sending.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.contract.RawServer;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Unusual replies, and whether their connection is reused. */
class RepliesTest {

  private final NettyTransport transport = NettyTransport.create();

  @AfterEach
  void close() {
    transport.disposeLater().block(HttpExchangeContract.PATIENCE);
  }

  @Tag("guarantee:no-redirect")
  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308, 401, 407})
  void redirectOrChallenge_sendsNothingElsewhere(int status) throws IOException {
    try (RawServer other = RawServer.replying(reply(200, "text/plain", "trap"));
        RawServer server =
            RawServer.replying(
                "HTTP/1.1 "
                    + status
                    + " Elsewhere\r\nLocation: "
                    + other.uri("/")
                    + "\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")) {
      Request request =
          Request.get(server.uri("/")).withHeaders(Map.of("Authorization", "signature"));
      Response response =
          transport.exchange(request, () -> true).block(HttpExchangeContract.PATIENCE);
      assertThat(response).extracting(Response::status).isEqualTo(status);
      assertThat(server.requests()).hasSize(1);
      assertThat(other.connections()).isZero();
    }
  }

  @Test
  void unusualHeaders_areKept() throws IOException {
    try (RawServer server =
        RawServer.replying(
            "HTTP/1.1 200 OK\r\nX-Empty:\r\nx-many: a\r\nX-MANY: b, c\r\nX-Many: \r\n"
                + "Date: one\r\nDate: two\r\nX-!#$%&'*+.^_`|~: odd\r\nContent-Length: 2\r\n\r\nok")) {
      Response response = send(transport, server.uri("/"));
      assertThat(response.headers().get("x-many")).containsExactly("a", "b, c", "");
      assertThat(response.header("X-Empty")).isEmpty();
      assertThat(response.header("date")).isEqualTo("one");
      assertThat(response.header("X-!#$%&'*+.^_`|~")).isEqualTo("odd");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nbad(name): x\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 two OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"
      })
  void malformedHead_isUnreadable(String bytes) throws IOException {
    try (RawServer server = RawServer.replying(bytes)) {
      failure(transport, server.uri("/"), ClientErrors.UNREADABLE_REPLY, Delivery.UNKNOWN);
      failure(transport, server.uri("/"), ClientErrors.UNREADABLE_REPLY, Delivery.UNKNOWN);
      assertThat(server.connections()).isEqualTo(2);
    }
  }

  @Test
  void continueReply_isSkipped() throws IOException {
    try (RawServer server =
        RawServer.replying("HTTP/1.1 100 Continue\r\n\r\n" + reply(200, "text/plain", "ok"))) {
      assertThat(text(transport, server.uri("/"))).isEqualTo("ok");
      assertThat(text(transport, server.uri("/"))).isEqualTo("ok");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {100, 102, 103, 104, 110, 199})
  void interimReply_isPassedOver(int status) throws IOException {
    String interim = "HTTP/1.1 " + status + " Interim\r\nLink: </a>\r\n\r\n";
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write(interim);
              exchange.write(interim);
              exchange.writeOneByOne(reply(200, "text/plain", "ok"));
            })) {
      // With one connection the second request waits until the first one has released it.
      NettyTransport single =
          NettyTransport.create(TransportOptions.builder().maxConnections(1).build());
      assertThat(text(single, server.uri("/"))).isEqualTo("ok");
      assertThat(text(single, server.uri("/"))).isEqualTo("ok");
      assertThat(server.connections()).isEqualTo(1);
      single.disposeLater().block();
    }
  }

  @Test
  void equalLengths_countOnce() throws IOException {
    try (RawServer server =
        RawServer.replying("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok")) {
      assertThat(text(transport, server.uri("/"))).isEqualTo("ok");
    }
  }

  @Test
  void anotherProtocol_isNotTakenForTheFinalReply() throws IOException {
    try (RawServer server =
        RawServer.replying("HTTP/1.1 101 Switching\r\n\r\n" + reply(200, "text/plain", "ok"))) {
      assertThat(
              failure(transport, server.uri("/"), ClientErrors.UNREADABLE_REPLY, Delivery.UNKNOWN))
          .hasMessageContaining("interim reply 101");
      failure(transport, server.uri("/"), ClientErrors.UNREADABLE_REPLY, Delivery.UNKNOWN);
      assertThat(server.connections()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.0 200 OK\r\n\r\nold",
        "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nold",
        "HTTP/1.1 200 OK\r\n\r\nold",
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nold"
      })
  void replyThatClosesItsConnection_isDelivered(String bytes) throws IOException {
    try (RawServer server =
        RawServer.start(
            exchange -> {
              exchange.write(bytes);
              if (!bytes.contains("Connection")) {
                exchange.close();
              }
            })) {
      assertThat(text(transport, server.uri("/"))).isEqualTo("old");
      assertThat(text(transport, server.uri("/"))).isEqualTo("old");
      assertThat(server.connections()).isEqualTo(2);
    }
  }

  @Test
  void request_acceptsGzipWithoutExpect() throws Exception {
    try (RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      send(transport, server.uri("/"));
      assertThat(server.nextRequest().toLowerCase(Locale.ROOT))
          .contains("\r\naccept-encoding: gzip")
          .doesNotContain("\r\nexpect:");
    }
  }
}

package io.fleetstop.transport;

import static io.fleetstop.transport.Sending.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.contract.RawServer;
import io.fleetstop.error.EcsException;
import io.fleetstop.junit.CapturedStderr;
import io.fleetstop.transport.HttpExchange.Request;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;

/**
 * What a peer sends reaches neither the log of this client and its libraries, which goes to stderr
 * here, nor the exception with its causes, unless it is escaped.
 */
class PeerTextTest {

  private static final String PASSWORD = "pr0xy-passw0rd";
  private static final String BASIC =
      Base64.getEncoder().encodeToString(("alice:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
  private static final String ESCAPES = "\u001b]52;c;ZXZpbA==\u0007\u001b[2J";

  @RegisterExtension final CapturedStderr log = new CapturedStderr();

  private String logAndTraceOf(TransportOptions.Builder options, URI uri) {
    NettyTransport transport = NettyTransport.create(options.build());
    EcsException error = failure(transport, uri);
    Request post = new Request("POST", uri, Map.of(), new byte[100_000]);
    transport
        .exchange(post, () -> true)
        .doOnError(Throwable::printStackTrace)
        .onErrorComplete()
        .block(HttpExchangeContract.PATIENCE);
    transport.disposeLater().block(HttpExchangeContract.PATIENCE);
    StringWriter trace = new StringWriter();
    error.printStackTrace(new PrintWriter(trace));
    return error + "\n" + trace + "\n" + log.text();
  }

  private static void assertClean(String text) {
    String hex = hexOf(PASSWORD);
    assertThat(text)
        .doesNotContain("\u001b", "\u0007", PASSWORD, BASIC)
        .doesNotContainIgnoringCase(hex);
  }

  private static String hexOf(String text) {
    StringBuilder hex = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.US_ASCII)) {
      hex.append(String.format("%02x", b));
    }
    return hex.toString();
  }

  @Tag("guarantee:secrecy")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 two " + ESCAPES + "\r\nContent-Length: 0\r\n\r\n",
        ESCAPES + " 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\n" + ESCAPES + "(name): x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: " + ESCAPES + "\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + ESCAPES + "\r\nabc\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 14\r\n\r\n" + PASSWORD
      })
  void replyThatCannotBeRead_isEscaped(String reply) throws IOException {
    try (RawServer server = RawServer.replying(reply)) {
      assertClean(logAndTraceOf(TransportOptions.builder(), server.uri("/")));
    }
  }

  @Tag("guarantee:secrecy")
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void secureReplyThatCannotBeRead_isEscaped(boolean http2) {
    TestAuthority authority = new TestAuthority();
    DisposableServer server =
        TestAuthority.http2(authority.forLoopback())
            .handle(
                (request, reply) ->
                    reply
                        .status(new HttpResponseStatus(200, "O\u001bK"))
                        .header("Content-Encoding", "gzip")
                        .sendString(Mono.just("no gzip " + PASSWORD + ESCAPES)))
            .bindNow();
    try {
      assertClean(
          logAndTraceOf(
              TransportOptions.builder()
                  .tls(authority.trusted())
                  .protocol(
                      http2
                          ? TransportOptions.Protocol.HTTP_2
                          : TransportOptions.Protocol.HTTP_1_1),
              TestAuthority.uri(server)));
    } finally {
      server.disposeNow();
    }
  }

  @Tag("guarantee:secrecy")
  @ParameterizedTest
  @ValueSource(strings = {"http", "https"})
  void refusalOfAProxyThatEchoesThePassword_isNotShown(String scheme) throws IOException {
    for (String answer :
        new String[] {
          "HTTP/1.1 407 no " + BASIC + " " + ESCAPES + "\r\nX-Echo: " + BASIC + "\r\n\r\n",
          "HTTP/1.1 403 alice:" + PASSWORD + "\r\nProxy-Authorization: Basic " + BASIC + "\r\n\r\n",
          "HTTP/1.1 four " + BASIC + ESCAPES + "\r\n\r\n",
          ESCAPES + BASIC + PASSWORD + "\r\n\r\n",
          "HTTP/1.1 200 ok\r\n\r\n" + PASSWORD + ESCAPES
        }) {
      try (ConnectProxy proxy = new ConnectProxy(answer)) {
        String text =
            logAndTraceOf(
                TransportOptions.builder()
                    .proxy(proxy.options().credentials("alice", PASSWORD).build()),
                URI.create(scheme + "://127.0.0.1:9/"));
        assertClean(text);
      }
    }
  }
}

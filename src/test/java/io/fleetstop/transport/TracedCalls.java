package io.fleetstop.transport;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.contract.RawServer;
import io.fleetstop.transport.HttpExchange.Request;
import java.net.URI;
import java.util.Map;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** Calls that succeed and calls that fail, to be run in a process that logs everything. */
final class TracedCalls {

  static final String SIGNATURE = "HMAC-SHA256 Credential=AKLT-7, Signature=5ec2e7f00d";
  static final String TOKEN = "5ecur1ty-t0ken";
  static final String PROXY_PASSWORD = "pr0xy-passw0rd";

  /** Sets the clipboard of a terminal. */
  static final String ESCAPE = "\u001b]52;c;bHM=\u0007";

  private TracedCalls() {}

  public static void main(String[] arguments) throws Exception {
    TestAuthority authority = new TestAuthority();
    DisposableServer secure =
        TestAuthority.http2(authority.forLoopback())
            .handle((request, reply) -> reply.sendString(Mono.just("ok")))
            .bindNow();
    DisposableServer plain =
        HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .handle((request, reply) -> reply.sendString(Mono.just("ok")))
            .bindNow();
    TransportOptions.Builder trusting =
        TransportOptions.builder()
            .tls(authority.trusted().mutate().insecureTrustAnyCertificate().build());
    try (ConnectProxy open = new ConnectProxy();
        ConnectProxy closed = new ConnectProxy("HTTP/1.1 407 No\r\n\r\n");
        RawServer lost = RawServer.start(RawServer.Exchange::close);
        RawServer echoing =
            RawServer.replying(
                "HTTP/1.1 200 "
                    + ESCAPE
                    + TOKEN
                    + "\r\nX-"
                    + TOKEN
                    + ": 1\r\nContent-Length: 2\r\n\r\nok");
        RawServer huge = RawServer.replying("HTTP/1.1 200 " + "x".repeat(99_999))) {
      call(TransportOptions.builder(), "http://127.0.0.1:" + plain.port() + "/", true);
      call(trusting, TestAuthority.uri(secure).toString(), true);
      call(
          trusting.build().mutate().protocol(TransportOptions.Protocol.HTTP_2),
          TestAuthority.uri(secure).toString(),
          true);
      call(through(open), "http://127.0.0.1:" + plain.port() + "/", true);
      call(through(closed), "http://127.0.0.1:" + plain.port() + "/", false);
      call(TransportOptions.builder(), echoing.uri("/").toString(), true);
      call(TransportOptions.builder(), lost.uri("/").toString(), false);
      call(TransportOptions.builder(), huge.uri("/").toString(), false);
      call(TransportOptions.builder(), TestAuthority.uri(secure).toString(), false);
    } finally {
      secure.disposeNow();
      plain.disposeNow();
    }
    System.out.println("DONE");
  }

  private static TransportOptions.Builder through(ConnectProxy proxy) {
    return TransportOptions.builder()
        .proxy(proxy.options().credentials("alice", PROXY_PASSWORD).build());
  }

  private static void call(TransportOptions.Builder options, String uri, boolean succeeds) {
    NettyTransport transport = NettyTransport.create(options.build());
    Request request =
        new Request(
            "POST",
            URI.create(uri),
            Map.of("Authorization", SIGNATURE, "X-Security-Token", TOKEN),
            new byte[] {'a', '=', 'b'});
    boolean succeeded =
        Boolean.TRUE.equals(
            transport
                .exchange(request, () -> true)
                .map(response -> response.status() == 200)
                .doOnError(Throwable::printStackTrace)
                .onErrorReturn(false)
                .block(HttpExchangeContract.PATIENCE));
    transport.disposeLater().block(HttpExchangeContract.PATIENCE);
    if (succeeded != succeeds) {
      throw new AssertionError(uri + " was expected to " + (succeeds ? "succeed" : "fail"));
    }
  }
}

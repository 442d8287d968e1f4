package io.fleetstop.transport;

import static io.fleetstop.contract.RawServer.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.contract.RawServer;
import io.fleetstop.transport.HttpExchange.Request;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AuthorityTest {

  @ParameterizedTest
  @CsvSource({
    "http://host, host, 80, host",
    "https://host/, host, 443, host",
    "https://host:443/, host, 443, host",
    "http://host:8080/a_b, host, 8080, host:8080",
    "http://[::1]:80, [::1], 80, [::1]",
    "https://[fe80::1]:8443/, [fe80::1], 8443, [fe80::1]:8443",
    "http://my_host, my_host, 80, my_host",
    "http://my_host:/, my_host, 80, my_host",
    "https://my_host/path, my_host, 443, my_host",
    "http://My_Host:8080/path?q=1, My_Host, 8080, My_Host:8080",
    "http://_gateway.corp_net.example.:81, _gateway.corp_net.example., 81,"
        + " _gateway.corp_net.example.:81",
    "http://u_1:p@my_host:81/, my_host, 81, my_host:81",
    "http://u_1@host:81/, host, 81, host:81",
  })
  void hostAndPort_areReadAsWritten(String address, String host, int port, String header) {
    URI uri = URI.create(address);

    assertThat(Authority.of(uri)).isEqualTo(new Authority(host, port));
    assertThat(Request.get(uri).host()).isEqualTo(header);
    assertThat(Authority.hasUser(uri)).isEqualTo(address.contains("@"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "path",
        "mailto:my_host",
        "http:///my_host",
        "http://my_host:port/",
        "http://my_host:123456/",
        "http://my..host_/",
        "http://my_host@/",
        "http://.my_host/",
        "http://a:b:my_host/",
        "http://1.2.3/",
      })
  void addressWithoutHost_hasNoAuthority(String address) {
    assertThat(Authority.of(URI.create(address))).isNull();
  }

  @Test
  void loopback_isRecognisedByItsName() {
    assertThat(List.of("http://localhost:1", "http://LOCALHOST", "http://[::1]/", "ws://127.1.2.3"))
        .allSatisfy(address -> assertThat(Authority.isLoopback(URI.create(address))).isTrue());
    assertThat(
            List.of(
                "http://local_host",
                "http://128.0.0.1",
                "http://127.0.0.1.example",
                "http://localhost.example",
                "a"))
        .allSatisfy(address -> assertThat(Authority.isLoopback(URI.create(address))).isFalse());
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST"})
  void hostWithUnderscore_isReachedThroughAProxy(String method) throws Exception {
    try (ConnectProxy proxy = ConnectProxy.to("127.0.0.1");
        RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      int port = server.uri("/").getPort();
      NettyTransport transport =
          NettyTransport.create(TransportOptions.builder().proxy(proxy.options().build()).build());
      Request request =
          new Request(
              method, URI.create("http://my_host:" + port + "/a_b?c=d"), Map.of(), new byte[0]);

      assertThat(
              transport
                  .exchange(request, () -> true)
                  .map(HttpExchange.Response::status)
                  .block(HttpExchangeContract.PATIENCE))
          .isEqualTo(200);

      assertThat(proxy.requests().get(0)).startsWith("CONNECT my_host:" + port + " ");
      assertThat(server.nextRequest())
          .startsWith(method + " /a_b?c=d HTTP/1.1\r\n")
          .containsIgnoringCase("\r\nhost: my_host:" + port + "\r\n");
      transport.disposeLater().block(HttpExchangeContract.PATIENCE);
    }
  }
}

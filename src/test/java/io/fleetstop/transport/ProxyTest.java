package io.fleetstop.transport;

import static io.fleetstop.contract.RawServer.reply;
import static io.fleetstop.transport.Sending.failure;
import static io.fleetstop.transport.Sending.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.contract.RawServer;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.transport.HttpExchange.Request;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.netty.DisposableServer;

class ProxyTest {

  private static final String PASSWORD = "p:ss w0rd";

  private final PoolGauges gauges = new PoolGauges();
  private final List<NettyTransport> transports = new ArrayList<>();

  @AfterEach
  void close() {
    transports.forEach(transport -> transport.disposeLater().block(HttpExchangeContract.PATIENCE));
  }

  private NettyTransport through(ProxyOptions proxy) {
    return transport(TransportOptions.builder().proxy(proxy));
  }

  private NettyTransport transport(TransportOptions.Builder options) {
    NettyTransport transport = NettyTransport.create(options.build(), gauges);
    transports.add(transport);
    return transport;
  }

  private static String basic(String userAndPassword) {
    return "Basic "
        + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void secureHost_isReachedThroughAReusedTunnel() throws IOException {
    TestAuthority authority = new TestAuthority();
    DisposableServer server =
        TestAuthority.http11(authority.forLoopback())
            .handle((request, reply) -> reply.sendString(Mono.just("secret")))
            .bindNow();
    try (ConnectProxy proxy = new ConnectProxy()) {
      NettyTransport transport =
          transport(
              TransportOptions.builder().tls(authority.trusted()).proxy(proxy.options().build()));
      URI uri = URI.create("https://localhost:" + server.port() + "/");
      assertThat(text(transport, uri)).isEqualTo("secret");
      gauges.becomeIdle();
      assertThat(text(transport, uri)).isEqualTo("secret");
      assertThat(proxy.requests()).hasSize(1);
      // The name is sent to the proxy unresolved.
      assertThat(proxy.requests().get(0))
          .startsWith("CONNECT localhost:" + server.port() + " HTTP/1.1\r\n")
          .doesNotContainIgnoringCase("proxy-authorization");
    } finally {
      server.disposeNow();
    }
  }

  @Test
  void credentials_goToTheProxyOnly() throws Exception {
    try (ConnectProxy proxy = new ConnectProxy();
        RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      ProxyOptions options = proxy.options().credentials("alice", PASSWORD).build();
      assertThat(text(through(options), server.uri("/"))).isEqualTo("ok");
      assertThat(proxy.requests().get(0))
          .containsIgnoringCase("proxy-authorization: " + basic("alice:" + PASSWORD) + "\r\n");
      assertThat(server.nextRequest()).doesNotContainIgnoringCase("proxy-authorization");
      assertThat(options.toString()).doesNotContain(PASSWORD).doesNotContain("alice");
    }
  }

  @Test
  void socksProxy_getsNameUserAndPassword() throws Exception {
    try (SocksProxy proxy = new SocksProxy("alice", PASSWORD);
        RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      URI byName = URI.create("http://localhost:" + server.uri("/").getPort() + "/");
      ProxyOptions options = proxy.options().credentials("alice", PASSWORD).build();
      assertThat(text(through(options), byName)).isEqualTo("ok");
      assertThat(proxy.targets()).containsExactly("localhost");
      EcsException error =
          failure(
              through(options.mutate().credentials("alice", "other").build()),
              byName,
              ClientErrors.PROXY_REFUSED,
              Delivery.NOT_SENT);
      assertThat(traceOf(error)).doesNotContain("other");
    }
  }

  @Test
  void secureProxy_isReachedByTls() throws Exception {
    TestAuthority authority = new TestAuthority();
    char[] password = "Kennwort-7".toCharArray();
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(authority.forLoopback().toKeyStore(password), password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    ServerSocket listener =
        context
            .getServerSocketFactory()
            .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    DisposableServer server =
        TestAuthority.http11(authority.forLoopback())
            .handle((request, reply) -> reply.sendString(Mono.just("secret")))
            .bindNow();
    try (ConnectProxy proxy = new ConnectProxy(listener, "")) {
      ProxyOptions options =
          proxy.options().type(ProxyOptions.Type.HTTPS).credentials("alice", PASSWORD).build();
      TransportOptions.Builder trusting =
          TransportOptions.builder().tls(authority.trusted()).proxy(options);
      assertThat(text(transport(trusting), TestAuthority.uri(server))).isEqualTo("secret");
      assertThat(proxy.requests().get(0)).contains(basic("alice:" + PASSWORD));
      failure(
          through(options),
          TestAuthority.uri(server),
          ClientErrors.UNTRUSTED_SERVER,
          Delivery.NOT_SENT);
      assertThat(proxy.requests()).hasSize(1);
    } finally {
      server.disposeNow();
    }
  }

  /** A proxy must not learn who calls the service. */
  @Test
  void clientKey_isNotOfferedToAProxy() throws Exception {
    TestAuthority authority = new TestAuthority();
    char[] password = "Kennwort-7".toCharArray();
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(authority.forLoopback().toKeyStore(password), password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(
        keys.getKeyManagers(),
        Objects.requireNonNull(authority.trusted().trust()).getTrustManagers(),
        null);
    SSLServerSocket listener =
        (SSLServerSocket)
            context
                .getServerSocketFactory()
                .createServerSocket(0, 50, InetAddress.getLoopbackAddress());
    // The connection fails because no certificate is shown.
    listener.setNeedClientAuth(true);
    X509Bundle own = authority.issue(client -> client.addExtendedKeyUsageClientAuth());
    DisposableServer server =
        authority
            .demandingAKey(authority.forLoopback(), "TLSv1.3")
            .handle((request, reply) -> reply.sendString(Mono.just("secret")))
            .bindNow();
    try (ConnectProxy secure = new ConnectProxy(listener, "");
        ConnectProxy plain = new ConnectProxy()) {
      TransportOptions.Builder known =
          TransportOptions.builder()
              .tls(
                  authority
                      .trusted()
                      .mutate()
                      .clientKey(own.toKeyStore(password), password)
                      .build());
      assertThat(text(transport(known.proxy(plain.options().build())), TestAuthority.uri(server)))
          .isEqualTo("secret");
      assertThatThrownBy(
              () ->
                  text(
                      transport(
                          known.proxy(secure.options().type(ProxyOptions.Type.HTTPS).build())),
                      TestAuthority.uri(server)))
          .isInstanceOf(EcsException.class);
      assertThat(secure.requests()).isEmpty();
    } finally {
      server.disposeNow();
    }
  }

  /** A proxy that reads along must not be taken for the service. */
  @Tag("guarantee:tls")
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void wrongCertificateInATunnel_isRefused(boolean otherHost) throws IOException {
    TestAuthority authority = new TestAuthority();
    TestAuthority issuer = otherHost ? authority : new TestAuthority("CN=a stranger");
    AtomicInteger received = new AtomicInteger();
    DisposableServer server =
        TestAuthority.http11(
                otherHost
                    ? issuer.issue(shown -> shown.addSanDnsName("elsewhere.example"))
                    : issuer.forLoopback())
            .handle(
                (request, reply) -> {
                  received.incrementAndGet();
                  return reply.sendString(Mono.just("secret"));
                })
            .bindNow();
    try (ConnectProxy proxy = new ConnectProxy()) {
      TransportOptions.Builder options =
          TransportOptions.builder().tls(authority.trusted()).proxy(proxy.options().build());
      failure(
          transport(options),
          TestAuthority.uri(server),
          ClientErrors.UNTRUSTED_SERVER,
          Delivery.NOT_SENT);
      assertThat(proxy.requests()).hasSize(1);
      assertThat(received).hasValue(0);
    } finally {
      server.disposeNow();
    }
  }

  @Test
  void nonProxyHost_isReachedDirectly() throws IOException {
    try (ConnectProxy proxy = new ConnectProxy("HTTP/1.1 500 No\r\n\r\n");
        RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      ProxyOptions options = proxy.options().nonProxyHosts(List.of("127.0.0.0/8")).build();
      assertThat(text(through(options), server.uri("/"))).isEqualTo("ok");
      assertThat(proxy.requests()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 407, 403, 502})
  void proxyRejection_notSent(int status) throws IOException {
    try (ConnectProxy proxy =
            new ConnectProxy("HTTP/1.1 " + status + " for alice:" + PASSWORD + "\r\n\r\n");
        RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      ProxyOptions options = proxy.options().credentials("alice", PASSWORD).build();
      EcsException error =
          failure(
              through(options),
              server.uri("/"),
              status == 407 || status == 401
                  ? ClientErrors.PROXY_REFUSED
                  : ClientErrors.CONNECT_FAILED,
              Delivery.NOT_SENT);
      assertThat(error)
          .hasMessageContaining("proxy 127.0.0.1:" + proxy.port() + " refused with HTTP " + status);
      assertThat(error.getMessage()).doesNotContain(PASSWORD).doesNotContain("alice");
      assertThat(server.connections()).isZero();
    }
  }

  @Test
  void unreachableProxy_notSent() throws IOException {
    ConnectProxy gone = new ConnectProxy();
    gone.close();
    EcsException error =
        failure(
            through(gone.options().credentials("alice", PASSWORD).build()),
            URI.create("http://127.0.0.1:9/"),
            ClientErrors.CONNECT_FAILED,
            Delivery.NOT_SENT);
    assertThat(error)
        .hasMessageContaining("proxy 127.0.0.1:" + gone.port() + " cannot be reached: ");
    assertThat(traceOf(error)).doesNotContain(PASSWORD);
  }

  @Test
  void unresolvableProxy_notSent() {
    EcsException error =
        failure(
            through(ProxyOptions.builder("no-such-proxy.invalid", 3128).build()),
            URI.create("http://127.0.0.1:9/"),
            ClientErrors.CONNECT_FAILED,
            Delivery.NOT_SENT);
    assertThat(error).hasMessageContaining("proxy no-such-proxy.invalid:3128 cannot be reached");
  }

  @Test
  void proxyResolvedAfterClose_poolIsClosed() throws IOException {
    OpenPools pools = new OpenPools(() -> {});
    try (ConnectProxy proxy = new ConnectProxy();
        RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      ProxyOptions byName = ProxyOptions.builder("localhost", proxy.port()).build();
      NettyTransport closing =
          NettyTransport.create(TransportOptions.builder().proxy(byName).build(), pools);
      // The name is looked up by a thread that may wait.
      Schedulers.onScheduleHook(
          "end before the lookup",
          task ->
              () -> {
                if (!Schedulers.isInNonBlockingThread()) {
                  closing.disposeLater().block(HttpExchangeContract.PATIENCE);
                }
                task.run();
              });
      // Both orders of exchange and close are allowed.
      closing
          .exchange(Request.get(server.uri("/")), () -> true)
          .onErrorComplete(EcsException.class)
          .block(HttpExchangeContract.PATIENCE);
      assertThat(pools.haveOpened()).isTrue();
      PoolGauges.await(() -> pools.count() == 0);
    } finally {
      Schedulers.resetOnScheduleHook("end before the lookup");
    }
  }

  @Test
  void silentProxy_connectTimeout() throws IOException {
    try (ConnectProxy proxy = new ConnectProxy(null)) {
      EcsException error =
          failure(
              through(proxy.options().connectTimeout(Duration.ofMillis(150)).build()),
              URI.create("http://127.0.0.1:9/"),
              ClientErrors.CONNECT_FAILED,
              Delivery.NOT_SENT);
      assertThat(error).hasMessageContaining("proxy connect timeout of 150ms");
    }
  }

  @Test
  void environment_isReadOnlyOnRequest() throws IOException {
    try (ConnectProxy proxy = new ConnectProxy();
        RawServer server = RawServer.replying(reply(200, "text/plain", "ok"))) {
      Map<String, String> environment =
          Map.of("http_proxy", "http://al%40ice:p%3Ass%20w0rd@127.0.0.1:" + proxy.port());
      TransportOptions.Builder options = TransportOptions.builder();
      assertThat(text(transport(options), server.uri("/"))).isEqualTo("ok");
      assertThat(proxy.requests()).isEmpty();
      options.proxyFromEnvironment(environment::get);
      assertThat(text(transport(options), server.uri("/"))).isEqualTo("ok");
      assertThat(proxy.requests().get(0)).contains(basic("al@ice:" + PASSWORD));
    }
  }

  private static String traceOf(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }
}

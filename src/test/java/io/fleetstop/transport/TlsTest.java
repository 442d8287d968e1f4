package io.fleetstop.transport;

import static io.fleetstop.transport.Sending.failure;
import static io.fleetstop.transport.Sending.text;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** Real handshakes with local servers and generated certificates. */
class TlsTest {

  private static TestAuthority authority;
  private static TestAuthority stranger;

  private final PoolGauges gauges = new PoolGauges();
  private final List<DisposableServer> servers = new ArrayList<>();
  private final List<NettyTransport> transports = new ArrayList<>();
  private final Set<Object> connections = ConcurrentHashMap.newKeySet();

  @BeforeAll
  static void makeAuthorities() {
    authority = new TestAuthority();
    stranger = new TestAuthority("CN=a stranger");
  }

  @AfterEach
  void close() {
    transports.forEach(transport -> transport.disposeLater().block(HttpExchangeContract.PATIENCE));
    servers.forEach(DisposableServer::disposeNow);
  }

  private URI start(HttpServer server) {
    DisposableServer started =
        server
            .doOnConnection(connection -> connections.add(connection.channel().id()))
            .handle((request, reply) -> reply.sendString(Mono.just("secret")))
            .bindNow();
    servers.add(started);
    return TestAuthority.uri(started);
  }

  private NettyTransport transport(TlsOptions tls) {
    NettyTransport transport =
        NettyTransport.create(
            TransportOptions.builder().tls(tls).responseTimeout(Duration.ofSeconds(10)).build(),
            gauges);
    transports.add(transport);
    return transport;
  }

  private EcsException refused(TlsOptions tls, URI uri) {
    return failure(transport(tls), uri, ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT);
  }

  @Test
  void serverWithoutTls_isNamedAsTheReason() {
    URI plain = start(HttpServer.create().host("127.0.0.1"));
    URI secure = URI.create("https://127.0.0.1:" + plain.getPort() + "/");

    assertThat(refused(TlsOptions.defaults(), secure).detail())
        .endsWith("(the reply is not TLS: is the address one of http, or the port another?)");
  }

  /** It is not retried: the next handshake would end the same way. */
  private EcsException untrusted(TlsOptions tls, URI uri) {
    EcsException error =
        failure(transport(tls), uri, ClientErrors.UNTRUSTED_SERVER, Delivery.NOT_SENT);
    assertThat(error.category()).isEqualTo(ErrorCode.Category.AUTH);
    return error;
  }

  @Test
  void ownAuthority_isTrustedAndConnectionReused() {
    URI uri = start(TestAuthority.http11(authority.forLoopback()));
    NettyTransport transport = transport(authority.trusted());
    for (int i = 0; i < 5; i++) {
      assertThat(text(transport, uri)).isEqualTo("secret");
      gauges.becomeIdle();
    }
    assertThat(connections).hasSize(1);
    URI byName = URI.create("https://localhost:" + uri.getPort() + "/");
    assertThat(text(transport, byName)).isEqualTo("secret");
  }

  @Test
  void authority_isReadFromFileOrStore(@TempDir Path directory) throws Exception {
    URI uri = start(TestAuthority.http11(authority.forLoopback()));
    Path pem = directory.resolve("authorities.pem");
    Files.writeString(
        pem, stranger.bundle().getCertificatePEM() + "\n" + authority.bundle().getCertificatePEM());
    assertThat(text(transport(TlsOptions.builder().trustOnly(pem).build()), uri))
        .isEqualTo("secret");

    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    store.setCertificateEntry("authority", authority.certificate());
    assertThat(text(transport(TlsOptions.builder().trustOnly(store).build()), uri))
        .isEqualTo("secret");
  }

  @Test
  void certificatesOfAFile_areTrustedBesideTheJdks(@TempDir Path directory) throws Exception {
    URI uri = start(TestAuthority.http11(authority.forLoopback()));
    Path pem = directory.resolve("authorities.pem");
    Files.writeString(pem, "# our proxy\n" + authority.bundle().getCertificatePEM() + "\n");
    TlsOptions options = TlsOptions.builder().trustAlso(pem).build();
    assertThat(text(transport(options), uri)).isEqualTo("secret");
    X509TrustManager manager =
        (X509TrustManager) requireNonNull(options.trust()).getTrustManagers()[0];
    assertThat(manager.getAcceptedIssuers().length).isGreaterThan(2);
    Files.writeString(pem, "");
    assertThatThrownBy(() -> TlsOptions.builder().trustAlso(pem))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(pem.toString());
  }

  @Tag("guarantee:tls")
  @Test
  void certificateOfAnotherHost_isRejected() {
    X509Bundle elsewhere = authority.issue(server -> server.addSanDnsName("elsewhere.example"));
    EcsException error = untrusted(authority.trusted(), start(TestAuthority.http11(elsewhere)));
    assertThat(error).hasMessageContaining("No subject alternative names matching IP address");
  }

  /** The host name check of the JDK accepts none. */
  @Test
  void hostWithUnderscore_isRejectedWithTheReason() throws IOException {
    URI uri = start(TestAuthority.http11(authority.forLoopback()));
    try (ConnectProxy proxy = ConnectProxy.to("127.0.0.1")) {
      NettyTransport transport =
          NettyTransport.create(
              TransportOptions.builder()
                  .tls(authority.trusted())
                  .proxy(proxy.options().build())
                  .build());
      transports.add(transport);

      assertThat(
              failure(
                  transport,
                  URI.create("https://my_host:" + uri.getPort() + "/"),
                  ClientErrors.UNTRUSTED_SERVER,
                  Delivery.NOT_SENT))
          .hasMessageContaining("Java cannot verify a host name with an underscore");
    }
  }

  @Tag("guarantee:tls")
  @Test
  void expiredCertificate_isRejected() {
    URI uri = start(TestAuthority.http11(authority.expired()));
    assertThat(untrusted(authority.trusted(), uri)).hasMessageContaining("CertificateExpired");
  }

  @Tag("guarantee:tls")
  @Test
  void unknownAuthority_isRejected() {
    URI uri = start(TestAuthority.http11(authority.forLoopback()));
    String message = "unable to find valid certification path";
    assertThat(untrusted(stranger.trusted(), uri)).hasMessageContaining(message);
    assertThat(untrusted(TlsOptions.defaults(), uri))
        .hasMessageContaining(message)
        .hasMessageContaining("--ca-file");
  }

  @Test
  void insecureOption_trustsAnyCertificate() {
    X509Bundle expiredElsewhere =
        stranger.issue(server -> server.addSanDnsName("elsewhere.example"));
    URI uri = start(TestAuthority.http11(expiredElsewhere));
    TlsOptions careless = TlsOptions.builder().insecureTrustAnyCertificate().build();
    assertThat(text(transport(careless), uri)).isEqualTo("secret");
    assertThat(careless).hasToString("TlsOptions[trusts ANY CERTIFICATE, at least TLSv1.2]");
    untrusted(careless.mutate().trustJdkCertificates().build(), uri);
  }

  @Test
  void minimumVersion_isEnforced() {
    URI uri = start(TestAuthority.http11(authority.forLoopback(), "TLSv1.2"));
    assertThat(text(transport(authority.trusted()), uri)).isEqualTo("secret");
    TlsOptions newest = authority.trusted().mutate().minVersion(TlsOptions.Version.TLS_1_3).build();
    assertThat(refused(newest, uri)).hasMessageContaining("protocol_version");
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void serverThatDemandsAKey_getsTheClientKey(String protocol) throws Exception {
    URI uri = start(authority.demandingAKey(authority.forLoopback(), protocol));
    char[] password = "Kennwort-7".toCharArray();
    X509Bundle own = authority.issue(client -> client.addExtendedKeyUsageClientAuth());
    TlsOptions known =
        authority.trusted().mutate().clientKey(own.toKeyStore(password), password).build();
    assertThat(text(transport(known), uri)).isEqualTo("secret");
    assertThat(known.toString()).doesNotContain("Kennwort-7");

    X509Bundle foreign = stranger.issue(client -> client.addExtendedKeyUsageClientAuth());
    for (TlsOptions unknown :
        List.of(
            authority.trusted(),
            authority
                .trusted()
                .mutate()
                .clientKey(foreign.toKeyStore(password), password)
                .build())) {
      EcsException error = failure(transport(unknown), uri);
      // In TLS 1.3 the client may send before the server has verified its certificate.
      assertThat(error.delivery())
          .isEqualTo(protocol.equals("TLSv1.2") ? Delivery.NOT_SENT : Delivery.UNKNOWN);
      assertThat(error.category()).isEqualTo(ClientErrors.CONNECT_FAILED.category());
    }
  }

  @Test
  void clientKey_isReadFromFiles(@TempDir Path directory) throws Exception {
    URI uri = start(authority.demandingAKey(authority.forLoopback(), "TLSv1.3"));
    X509Bundle own = authority.issue(client -> client.addExtendedKeyUsageClientAuth());
    Path chain = directory.resolve("chain.pem");
    Path key = directory.resolve("key.pem");
    Files.writeString(chain, own.getCertificatePathPEM());
    Files.writeString(key, own.getPrivateKeyPEM());
    TlsOptions options = authority.trusted().mutate().clientKey(chain, key).build();
    assertThat(text(transport(options), uri)).isEqualTo("secret");
    assertThatThrownBy(() -> TlsOptions.builder().clientKey(chain, chain))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("clientKey must be a PKCS#8 key in PEM");
  }

  @Test
  void invalidStores_areRejected() throws Exception {
    KeyStore empty = KeyStore.getInstance("PKCS12");
    empty.load(null, null);
    assertThatThrownBy(() -> TlsOptions.builder().trustOnly(empty))
        .hasMessage("trustOnly must hold at least one certificate, was empty");
    assertThatThrownBy(() -> TlsOptions.builder().trustOnly(List.of()))
        .hasMessage("trustOnly must hold at least one certificate, was empty");
    assertThatThrownBy(() -> TlsOptions.builder().clientKey(empty, new char[0]))
        .hasMessage("clientKey must hold a key, the store has none");
    KeyStore locked = authority.forLoopback().toKeyStore("Kennwort-7".toCharArray());
    assertThatThrownBy(() -> TlsOptions.builder().clientKey(locked, "Passwort-8".toCharArray()))
        .hasMessage("clientKey must open with the given password");
    assertThatThrownBy(() -> TlsOptions.builder().trustOnly(Path.of("no-such-file.pem")))
        .isInstanceOf(IOException.class);
  }
}

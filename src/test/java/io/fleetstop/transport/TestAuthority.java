package io.fleetstop.transport;

import io.netty.handler.ssl.ClientAuth;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.netty.DisposableServer;
import reactor.netty.http.Http11SslContextSpec;
import reactor.netty.http.Http2SslContextSpec;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;
import reactor.netty.tcp.SslProvider.GenericSslContextSpec;

/**
 * Issues certificates for one test run and starts servers that show them. Made in the process,
 * because each call of the JDK's keytool starts a virtual machine of its own.
 */
final class TestAuthority {

  private final X509Bundle root;

  TestAuthority() {
    this("CN=fleetstop test authority");
  }

  TestAuthority(String subject) {
    root = build(own -> own.subject(subject).setIsCertificateAuthority(true), null);
  }

  X509Certificate certificate() {
    return root.getCertificate();
  }

  X509Bundle bundle() {
    return root;
  }

  /** Trusts this authority alone. */
  TlsOptions trusted() {
    return TlsOptions.builder().trustOnly(List.of(certificate())).build();
  }

  X509Bundle forLoopback() {
    return issue(server -> server.addSanDnsName("localhost").addSanIpAddress("127.0.0.1"));
  }

  X509Bundle expired() {
    Instant now = Instant.now();
    return issue(
        server ->
            server
                .addSanIpAddress("127.0.0.1")
                .notBefore(now.minus(Duration.ofDays(10)))
                .notAfter(now.minus(Duration.ofDays(1))));
  }

  X509Bundle issue(UnaryOperator<CertificateBuilder> settings) {
    return build(settings, root);
  }

  private static X509Bundle build(
      UnaryOperator<CertificateBuilder> settings, @Nullable X509Bundle issuer) {
    CertificateBuilder builder =
        settings.apply(new CertificateBuilder().ecp256().subject("CN=fleetstop test"));
    try {
      return issuer == null ? builder.buildSelfSigned() : builder.buildIssuedBy(issuer);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static HttpServer http11(X509Bundle shown, String... protocols) {
    return server(
        Http11SslContextSpec.forServer(chainOf(shown), keyOf(shown))
            .configure(tls -> tls.protocols(protocols.length == 0 ? null : protocols)));
  }

  /** A server that does not talk to clients without a certificate of this authority. */
  HttpServer demandingAKey(X509Bundle shown, String protocol) {
    return server(
        Http11SslContextSpec.forServer(chainOf(shown), keyOf(shown))
            .configure(
                tls ->
                    tls.protocols(protocol)
                        .clientAuth(ClientAuth.REQUIRE)
                        .trustManager(certificate())));
  }

  static HttpServer http2(X509Bundle shown) {
    return server(Http2SslContextSpec.forServer(chainOf(shown), keyOf(shown)))
        .protocol(HttpProtocol.H2, HttpProtocol.HTTP11);
  }

  private static HttpServer server(GenericSslContextSpec<?> context) {
    return HttpServer.create().host("127.0.0.1").port(0).secure(tls -> tls.sslContext(context));
  }

  private static File chainOf(X509Bundle bundle) {
    try {
      return bundle.toTempCertChainPem();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static File keyOf(X509Bundle bundle) {
    try {
      return bundle.toTempPrivateKeyPem();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static URI uri(DisposableServer server) {
    return URI.create("https://127.0.0.1:" + server.port() + "/");
  }
}

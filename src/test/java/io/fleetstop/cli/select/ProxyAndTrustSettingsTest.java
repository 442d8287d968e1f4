package io.fleetstop.cli.select;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.credentials.ProfileSettings;
import io.fleetstop.transport.ProxyOptions;
import io.fleetstop.transport.TransportOptions;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProxyAndTrustSettingsTest {

  private final WhereArguments options = new WhereArguments();

  private TransportOptions from(Map<String, String> environment) {
    return ProxyAndTrustSettings.transport(options, environment::get, null);
  }

  @Test
  void environmentNamesTheProxyByDefault() {
    TransportOptions transport = from(Map.of("https_proxy", "http://proxy:3128"));
    assertThat(transport.secureProxy()).hasToString("ProxyOptions[proxy:3128]");
    assertThat(transport.plainProxy()).isNull();
  }

  @Test
  void option_comesBeforeTheEnvironment_andLeavesOutNoProxy() {
    options.proxy = "socks5://alice:s3cret@proxy";
    TransportOptions transport =
        from(Map.of("HTTPS_PROXY", "http://other:3128", "NO_PROXY", "internal.example 10.0.0.0/8"));
    ProxyOptions proxy = requireNonNull(transport.secureProxy());
    assertThat(proxy).hasToString("ProxyOptions[proxy:1080, authenticated]");
    assertThat(proxy.type()).isEqualTo(ProxyOptions.Type.SOCKS5);
    assertThat(proxy.nonProxyHosts()).isEqualTo(List.of("internal.example", "10.0.0.0/8"));
  }

  /** The header of a CGI request neither sets the proxy nor hides that of the profile. */
  @Test
  void headerOfACgiRequest_isNoProxy() {
    Map<String, String> cgi = Map.of("REQUEST_METHOD", "GET", "HTTP_PROXY", "evil:3128");
    assertThat(from(cgi).plainProxy()).isNull();
    ProfileSettings profile =
        new ProfileSettings(
            "a profile", null, null, new ProfileSettings.Value("inner:1", "line 4"), null, null);
    assertThat(ProxyAndTrustSettings.transport(options, cgi::get, profile).plainProxy())
        .hasToString("ProxyOptions[inner:1]");
  }

  @Test
  void proxyThatCannotBeRead_isRefusedWithoutItsPassword() {
    options.proxy = "ftp://alice:s3cret@proxy";
    assertThatThrownBy(() -> from(Map.of()))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("http, https or socks5")
        .hasMessageNotContaining("s3cret");
  }

  @Test
  void proxyOfTheProfile_standsInForVariables() {
    ProfileSettings profile = profile("http://carol:s3cret@inner:3128");
    TransportOptions transport =
        ProxyAndTrustSettings.transport(
            options, Map.of("NO_PROXY", "internal.example")::get, profile);
    assertThat(transport.secureProxy()).hasToString("ProxyOptions[inner:3128, authenticated]");
    assertThat(requireNonNull(transport.secureProxy()).nonProxyHosts())
        .containsExactly("internal.example");
    assertThat(ProxyAndTrustSettings.proxyOrigin(name -> null, profile, true)).isEqualTo("line 4");

    for (String variable : List.of("HTTPS_PROXY", "all_proxy")) {
      Map<String, String> environment = Map.of(variable, "http://other:1");
      assertThat(ProxyAndTrustSettings.transport(options, environment::get, profile).secureProxy())
          .hasToString("ProxyOptions[other:1]");
      assertThat(ProxyAndTrustSettings.proxyOrigin(environment::get, profile, true))
          .isEqualTo(variable);
    }
    assertThat(
            ProxyAndTrustSettings.transport(options, Map.of("https_proxy", "")::get, profile)
                .secureProxy())
        .isNull();
  }

  @Test
  void proxyOfTheProfileThatCannotBeRead_isNamedByItsLine() {
    assertThatThrownBy(
            () ->
                ProxyAndTrustSettings.transport(
                    options, name -> null, profile("ftp://carol:s3cret@inner")))
        .isInstanceOf(CommandFailure.class)
        .hasMessageStartingWith("line 4: ")
        .hasMessageNotContaining("s3cret");
  }

  private static ProfileSettings profile(String proxy) {
    return new ProfileSettings(
        "a profile", null, null, null, new ProfileSettings.Value(proxy, "line 4"), null);
  }

  @Test
  void clientCertificate_isReadFromOneFileOrTwo(@TempDir Path directory) throws Exception {
    X509Bundle own =
        new CertificateBuilder()
            .ecp256()
            .subject("CN=fleetstop test")
            .setIsCertificateAuthority(true)
            .buildSelfSigned();
    Path certificate = Files.writeString(directory.resolve("cert.pem"), own.getCertificatePEM());
    Path key = Files.writeString(directory.resolve("key.pem"), own.getPrivateKeyPEM());
    options.clientCertificate = certificate;
    options.clientKey = key;
    assertThat(from(Map.of()).tls().clientKey()).isNotNull();

    options.clientKey = null;
    assertThatThrownBy(() -> from(Map.of()))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("--client-cert: clientKey must be a PKCS#8 key in PEM");
    Files.writeString(certificate, own.getCertificatePEM() + "\n" + own.getPrivateKeyPEM());
    assertThat(from(Map.of()).tls().clientKey()).isNotNull();

    options.clientKey = directory.resolve("absent.pem");
    assertThatThrownBy(() -> from(Map.of()))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("absent.pem: there is no such file");
  }

  @Test
  void certificatesThatCannotBeRead_areNamed(@TempDir Path directory) throws IOException {
    Path absent = directory.resolve("absent.pem");
    options.caFile = absent;
    assertThatThrownBy(() -> from(Map.of()))
        .isInstanceOf(CommandFailure.class)
        .hasMessage("--ca-file cannot be read: " + absent + ": there is no such file");

    options.caFile = null;
    Path broken = Files.writeString(directory.resolve("broken.pem"), "not a certificate");
    assertThatThrownBy(() -> from(Map.of("SSL_CERT_FILE", broken.toString())))
        .isInstanceOf(CommandFailure.class)
        .hasMessageStartingWith("SSL_CERT_FILE: ")
        .hasMessageContaining(broken.toString());
  }
}

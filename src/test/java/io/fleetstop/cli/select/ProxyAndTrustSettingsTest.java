package io.fleetstop.cli.select;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.cli.options.CommandFailure;
import io.fleetstop.cli.options.WhereArguments;
import io.fleetstop.transport.ProxyOptions;
import io.fleetstop.transport.TransportOptions;
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
    return ProxyAndTrustSettings.transport(options, environment::get);
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

  @Test
  void proxyThatCannotBeRead_isRefusedWithoutItsPassword() {
    options.proxy = "ftp://alice:s3cret@proxy";
    assertThatThrownBy(() -> from(Map.of()))
        .isInstanceOf(CommandFailure.class)
        .hasMessageContaining("http, https or socks5")
        .hasMessageNotContaining("s3cret");
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

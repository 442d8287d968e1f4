package io.fleetstop.transport;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyEnvironmentTest {

  private static TransportOptions from(Map<String, String> environment) {
    return TransportOptions.builder().proxyFromEnvironment(environment::get).build();
  }

  @Test
  void emptyEnvironment_hasNoProxy() {
    assertThat(from(Map.of()).plainProxy()).isNull();
    assertThat(from(Map.of("HTTPS_PROXY", " ")).secureProxy()).isNull();
  }

  @Test
  void eachScheme_hasItsVariable() {
    TransportOptions options =
        from(Map.of("HTTP_PROXY", "http://plain:3128", "HTTPS_PROXY", "secure:8080"));
    assertThat(options.plainProxy()).hasToString("ProxyOptions[plain:3128]");
    assertThat(options.secureProxy()).hasToString("ProxyOptions[secure:8080]");
    assertThat(options.mutate().noProxy().build().secureProxy()).isNull();
  }

  @Test
  void lowerCaseVariable_wins() {
    TransportOptions options =
        from(
            Map.of(
                "https_proxy", "http://lower",
                "HTTPS_PROXY", "http://upper",
                "no_proxy", "a.example, .b.example",
                "NO_PROXY", "*"));
    assertThat(options.secureProxy()).hasToString("ProxyOptions[lower:80]");
    assertThat(requireNonNull(options.secureProxy()).nonProxyHosts())
        .containsExactly("a.example", ".b.example");
  }

  /** In a CGI program the variable is the header {@code Proxy} of a request (httpoxy). */
  @Test
  void headerOfACgiRequest_isNoProxy() {
    TransportOptions cgi =
        from(
            Map.of(
                "REQUEST_METHOD", "GET", "HTTP_PROXY", "evil:3128", "HTTPS_PROXY", "secure:8080"));
    assertThat(cgi.plainProxy()).isNull();
    assertThat(cgi.secureProxy()).isNotNull();
    assertThat(
            from(Map.of("REQUEST_METHOD", "", "HTTP_PROXY", "evil:1", "http_proxy", "own:3128"))
                .plainProxy())
        .hasToString("ProxyOptions[own:3128]");
    assertThat(
            from(Map.of("REQUEST_METHOD", "GET", "HTTP_PROXY", "evil:1", "ALL_PROXY", "all:3128"))
                .plainProxy())
        .hasToString("ProxyOptions[all:3128]");
  }

  @Test
  void emptyLowerCaseVariable_disablesTheProxy() {
    assertThat(from(Map.of("https_proxy", "", "HTTPS_PROXY", "http://upper")).secureProxy())
        .isNull();
  }

  @Test
  void credentials_arePercentDecoded() {
    ProxyOptions proxy =
        requireNonNull(
            from(Map.of("HTTPS_PROXY", "http://al%40ice:a+b%2Fc%3A@[::1]:3128/")).secureProxy());
    assertThat(proxy.username()).isEqualTo("al@ice");
    assertThat(proxy.password()).isEqualTo("a+b/c:");
    assertThat(proxy).hasToString("ProxyOptions[[::1]:3128, authenticated]");
  }

  @Test
  void allProxy_comesAfterTheVariableOfTheScheme() {
    TransportOptions options =
        from(Map.of("ALL_PROXY", "socks5h://both", "https_proxy", "https://secure"));
    assertThat(requireNonNull(options.secureProxy()).type()).isEqualTo(ProxyOptions.Type.HTTPS);
    assertThat(options.secureProxy()).hasToString("ProxyOptions[secure:443]");
    assertThat(requireNonNull(options.plainProxy()).type()).isEqualTo(ProxyOptions.Type.SOCKS5);
    assertThat(options.plainProxy()).hasToString("ProxyOptions[both:1080]");
  }

  @Test
  void propertiesOfTheJvm_comeLast() {
    Map<String, String> properties =
        Map.of(
            "https.proxyHost", "jvm",
            "https.proxyPort", "3128",
            "http.nonProxyHosts", "*.example.com|10.*|localhost",
            "socksProxyHost", "socks");
    TransportOptions options =
        TransportOptions.builder().proxyFromEnvironment(name -> null, properties::get).build();
    ProxyOptions secure = requireNonNull(options.secureProxy());
    assertThat(secure).hasToString("ProxyOptions[jvm:3128]");
    assertThat(secure.isBypassedFor("a.example.com", 443)).isTrue();
    assertThat(secure.isBypassedFor("10.1.2.3", 443)).isTrue();
    assertThat(secure.isBypassedFor("110.1.2.3", 443)).isFalse();
    assertThat(options.plainProxy()).hasToString("ProxyOptions[socks:1080]");
    TransportOptions named =
        TransportOptions.builder()
            .proxyFromEnvironment(Map.of("HTTPS_PROXY", "variable:1")::get, properties::get)
            .build();
    assertThat(named.secureProxy()).hasToString("ProxyOptions[variable:1]");
  }

  @Test
  void entryOfNoProxyThatCannotBeRead_isIgnored() {
    ProxyOptions proxy =
        requireNonNull(
            from(Map.of("HTTPS_PROXY", "proxy", "NO_PROXY", "10.0.0.0/99, a.example,\tb:port"))
                .secureProxy());
    assertThat(proxy.nonProxyHosts()).containsExactly("a.example");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "socks4://me:s3cret@proxy:1080",
        "http://me:s3cret@proxy:port",
        "http://me:s3cret%zz@proxy:3128",
        "http://me:s3cret@proxy:99999",
        "http://me:s3@cret@proxy:3128"
      })
  void invalidUrl_isRejectedWithoutThePassword(String value) {
    assertThatThrownBy(() -> from(Map.of("HTTPS_PROXY", value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("s3")
        .hasNoCause();
  }

  @ParameterizedTest
  @CsvSource({
    "example.com, example.com, true",
    "example.com, ECS.Example.com, true",
    ".example.com, example.com, true",
    "*.example.com, a.b.example.com, true",
    "example.com, badexample.com, false",
    "example.com:443, example.com, true",
    "example.com:80, example.com, false",
    "*, anything.at.all, true",
    "10.0.0.0/8, 10.1.2.3, true",
    "10.0.0.0/8, 11.1.2.3, false",
    "10.0.0.0/8, ten.example, false",
    "169.254.169.254, 169.254.169.254, true",
    "fd00::/8, [fd12::1], true",
    "::1, [::1], true",
    "[::1]:443, [::1], true",
    "[::1]:80, [::1], false"
  })
  void noProxy_matchesHostsPortsAndNetworks(String entry, String host, boolean bypassed) {
    assertThat(ProxyBypass.of(List.of(entry)).covers(host, 443)).isEqualTo(bypassed);
  }

  @Test
  void invalidOptions_areRejected() {
    assertThatThrownBy(() -> ProxyOptions.builder(" ", 1))
        .hasMessage("proxy host must not be blank");
    assertThatThrownBy(() -> ProxyOptions.builder("proxy", 0))
        .hasMessage("proxy port must be from 1 to 65535, was 0");
    assertThatThrownBy(() -> ProxyOptions.builder("proxy", 1).nonProxyHosts(List.of("10.0.0.0/33")))
        .hasMessage("nonProxyHosts must end in a number up to 32, was 10.0.0.0/33");
    assertThatThrownBy(() -> ProxyOptions.builder("proxy", 1).credentials("a:b", "s3cret"))
        .hasMessage("proxy username must not contain a colon");
  }
}

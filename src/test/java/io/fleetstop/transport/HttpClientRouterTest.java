package io.fleetstop.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.transport.HttpExchange.Request;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import reactor.netty.resources.ConnectionProvider;
import reactor.test.StepVerifier;

class HttpClientRouterTest {

  private static final Request PLAIN = get("http://127.0.0.1:8080/");
  private static final Request SECURE = get("https://127.0.0.1:8443/");

  private static Request get(String uri) {
    return Request.get(URI.create(uri));
  }

  private static HttpClientRouter router(TransportOptions options) {
    return new HttpClientRouter(options, ConnectionProvider.newConnection());
  }

  @Test
  void certificatesAreReadForTheFirstSecureRequestOnly() {
    HttpClientRouter router = router(TransportOptions.defaults());

    assertThat(router.isReady(PLAIN)).isTrue();
    assertThat(router.isReady(SECURE)).isFalse();

    StepVerifier.create(router.prepare()).expectComplete().verify(Duration.ofSeconds(30));

    assertThat(router.isReady(SECURE)).isTrue();
  }

  @Test
  void whatTheUserSupplies_isUsedAtOnce() {
    TlsOptions tls = TlsOptions.builder().trustJdkCertificates().build();
    TlsOptions own = new TestAuthority().trusted();

    assertThat(router(TransportOptions.builder().tls(tls).build()).isReady(SECURE)).isFalse();
    assertThat(router(TransportOptions.builder().tls(own).build()).isReady(SECURE)).isTrue();
  }
}

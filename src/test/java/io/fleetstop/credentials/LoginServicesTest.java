package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Response;
import io.fleetstop.transport.TransportOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Replies of the services behind a login that cannot be used. */
class LoginServicesTest {

  @ParameterizedTest
  @Tag("guarantee:header-injection")
  @ValueSource(strings = {"token\\r\\nX-Evil: 1", "token\\u0000", "to ken", "t\\u00e9"})
  void tokenThatIsNoHeader_isRefusedAndNotShown(String token) {
    byte[] body =
        "{\"access_token\":\"%s\",\"expires_in\":3600}"
            .formatted(token)
            .getBytes(StandardCharsets.UTF_8);
    HttpExchange service = (request, maySend) -> Mono.just(new Response(200, Map.of(), body));
    LoginServices services =
        new LoginServices(
            new CredentialsHttpClient(
                service, TransportOptions.defaults(), Duration.ofSeconds(5), 1),
            null,
            LoginServices.PORTAL,
            LoginServices.OAUTH);
    Login login = new Login("", null, "refresh", "client", "secret", null, "", "");

    StepVerifier.create(services.refreshSso("cn-beijing", login, Instant.EPOCH))
        .expectErrorMatches(
            error ->
                error instanceof EcsException known
                    && String.valueOf(known.detail()).contains("oauth: access_token must be")
                    && !known.toString().contains("X-Evil"))
        .verify();
  }
}

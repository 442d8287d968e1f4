package io.fleetstop.credentials;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.sign.ClockSkew;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

/** Services that issue credentials, and echo what the request was authenticated with. */
@Tag("guarantee:masking")
class EchoingServiceTest {

  private static final Credentials CALLER =
      Credentials.of("AKLTcaller0123456789", "caller-secret-0123456789", "token-0123456789");
  private static final String TOKEN = "opaque-token-0123456789";

  private static String headerOf(Request request, String name) {
    return Objects.requireNonNull(request.headers().get(name));
  }

  static Stream<Function<Request, String>> echoes() {
    return Stream.of(
        request -> {
          String authorization = headerOf(request, "Authorization");
          return authorization.substring(authorization.lastIndexOf('=') + 1);
        },
        request -> headerOf(request, "X-Security-Token"),
        request -> CALLER.accessKeyId());
  }

  private static HttpExchange rejecting(
      Function<Request, String> echo, AtomicReference<String> echoed) {
    return (request, maySend) -> {
      String text = echo.apply(request);
      echoed.set(text);
      String body =
          "{\"ResponseMetadata\":{\"RequestId\":\"id-%s\",\"Error\":{\"Code\":\"Odd.%s\"}}}"
              .formatted(text, text);
      return Mono.just(new Response(403, Map.of(), body.getBytes(UTF_8)));
    };
  }

  private static AssumeRoleOptions options(HttpExchange exchange) {
    return AssumeRoleOptions.builder(FakeSts.TRN).transport(exchange).build();
  }

  @ParameterizedTest
  @MethodSource("echoes")
  void codeAndRequestIdOfSts_areMasked(Function<Request, String> echo) {
    AtomicReference<String> echoed = new AtomicReference<>("");
    AssumeRoleOptions options = options(rejecting(echo, echoed));
    String reason =
        Reasons.reason(
            new AssumeRoleCredentials(
                CredentialsProvider.fixed(CALLER), options, new ClockSkew(Clock.systemUTC())));
    assertThat(reason).contains("Odd.***, request id-***").doesNotContain(echoed.get());
  }

  @Test
  void oidcToken_isMasked(@TempDir Path directory) throws IOException {
    Path file = Files.writeString(directory.resolve("token"), TOKEN);
    AssumeRoleOptions options =
        options(rejecting(request -> TOKEN.substring(3), new AtomicReference<>()));
    assertThat(Reasons.reason(new OidcCredentials(file, options, Clock.systemUTC())))
        .contains("Odd.***, request id-***")
        .doesNotContain("token-0123");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void tokensOfALogin_areMasked(int secret) {
    String echo = "opaque-token-" + secret + "-0123456789";
    SecretMask mask =
        SecretMask.ofTokens(
            "opaque-token-1-0123456789", "opaque-token-2-0123456789", "opaque-token-3-0123456789");
    assertThat(mask.identifier("Odd." + echo)).isEqualTo("Odd.***");
    assertThat(mask.text("saw " + echo.substring(3) + "!")).isEqualTo("saw ***!");
  }

  /** A token may hold a word of a reply: the error is the same as with another token. */
  @ParameterizedTest
  @ValueSource(strings = {"InvalidAuthorization", "FlowLimitExceeded.PerSecond", "invalid_grant"})
  void codeInAToken_isClassifiedAsSent(String code) {
    ErrorCode sent = ErrorCode.classify(code, null, 418);
    for (String token : List.of(code, "opaque-" + code + "-token", code.substring(0, 1))) {
      ErrorCode masked =
          SecretMask.ofTokens(Set.of("invalid_grant"), token).errorCode(code, null, 418);

      assertThat(masked.category()).isEqualTo(sent.category());
      if (!code.startsWith("Flow")) {
        assertThat(masked).isEqualTo(sent);
      }
    }
  }

  @Test
  void codeOfStsInTheToken_isKept() {
    String code = "InvalidAuthorization";
    String body = "{\"ResponseMetadata\":{\"Error\":{\"Code\":\"" + code + "\"}}}";

    assertThatThrownBy(
            () ->
                StsMessages.read(
                    new Response(400, Map.of(), body.getBytes(UTF_8)),
                    "AssumeRole",
                    AssumeRoleOptions.builder(FakeSts.TRN).build(),
                    SecretMask.ofTokens("opaque-" + code + "-token"),
                    Instant.EPOCH))
        .isInstanceOfSatisfying(
            EcsException.class,
            failure ->
                assertThat(failure.errorCode()).isEqualTo(ErrorCode.classify(code, null, 400)));
  }

  @Test
  void roleThatIsTheMetadataToken_isNotShown() {
    HttpExchange metadata =
        (request, maySend) ->
            Mono.just(
                new Response(
                    200,
                    Map.of(),
                    (request.method().equals("PUT") ? TOKEN : "[\"r-" + TOKEN + "\",\"r\"]")
                        .getBytes(UTF_8)));
    EcsRoleCredentials source =
        new EcsRoleCredentials(
            name -> null, EcsRoleOptions.builder().transport(metadata).build(), Clock.systemUTC());
    assertThat(Reasons.reason(source))
        .contains("the list of roles cannot be read")
        .doesNotContain(TOKEN);
  }
}

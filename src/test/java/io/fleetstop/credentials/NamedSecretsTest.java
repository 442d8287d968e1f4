package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NamedSecretsTest {

  private static final String SECRET = "s3cr+t/va=lue";

  private static final List<String> FIELDS =
      List.of(
          "access_token",
          "refresh_token",
          "id_token",
          "client_secret",
          "OIDCToken",
          "oidc-token",
          "SessionToken",
          "session_token",
          "X-Security-Token",
          "SecretAccessKey",
          "secret-key",
          "accessToken",
          "refreshToken",
          "clientSecret",
          "Signature",
          "X-Signature",
          "password",
          "X-volc-ecs-metadata-token",
          "x-bd-cloudidentity-bearer-token",
          "code_verifier");

  private static final List<String> HEADERS =
      List.of(
          "Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie", "proxy-authorization");

  static Stream<String> fields() {
    return FIELDS.stream()
        .flatMap(
            name ->
                Stream.of(
                        "%s: %s",
                        "%s=%s&a=b",
                        "GET /p?%s=%s HTTP/1.1",
                        "{\"%s\":\"%s\",\"a\":1}",
                        "{\"%s\" : [\"x]y\", \"%s\"]}",
                        "\"{\\\"%s\\\":\\\"%s\\\"}\"",
                        "{'%s': '%s'}",
                        "{%s=[%s], a=b}",
                        "{%s=%s, a=b}",
                        "q=%s%%3D%s%%26b",
                        "{\"%s\":\"a \\\" b %s\"}")
                    .map(form -> String.format(form, name, SECRET)));
  }

  static Stream<String> headers() {
    return HEADERS.stream()
        .flatMap(
            name ->
                Stream.of(
                        "%s: Basic %s",
                        "%s: Digest username=\"a\", response=\"%s\"",
                        "%s=a=1; b=%s",
                        "{%s=[Bearer %s, Basic b]}",
                        "{\"%s\":\"Bearer a %s\"}",
                        "{\"%s\":[\"a=[1]; b=2\",\"%s; Path=/\"]}",
                        "\"{\\\"%s\\\":\\\"a=1, b=%s; c\\\"}\"",
                        "curl -H '%s: HMAC-SHA256 Credential=a, Signature=%s'")
                    .map(form -> String.format(form, name, SECRET)));
  }

  @ParameterizedTest
  @MethodSource({"fields", "headers"})
  @Tag("guarantee:masking")
  void secret_isHiddenWhole(String text) {
    String masked = SecretMask.named(text);

    assertThat(masked).contains("***");
    for (int at = 0; at + 4 <= SECRET.length(); at++) {
      assertThat(masked).doesNotContain(SECRET.substring(at, at + 4));
    }
    // A reply's message is masked by the same rules.
    assertThat(SecretMask.of(null, null).text(text)).isEqualTo(masked);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "Authorization: HMAC-SHA256 | Authorization: ***",
        "x Signature=0a1b, y | x Signature=***, y",
        "{\"SecretAccessKey\":\"c2Vj\",\"a\":1} | {\"SecretAccessKey\":\"***\",\"a\":1}",
        "{\"id_token\":\"\",\"a\":1} | {\"id_token\":\"\",\"a\":1}",
        "X-Security-Token: STS.abc | X-Security-Token: ***",
        "refresh_token=a&next_token=b | refresh_token=***&next_token=b",
        "via http://me:pw@proxy:3128 | via http://***@proxy:3128",
        "{cookie=[a, b], a=[c]} | {cookie=[***], a=[c]}",
        "ClientToken=abc NextToken=def | ClientToken=abc NextToken=def",
        "Authorization is missing | Authorization is missing",
        "attempt 1 succeeded: HTTP 200 | attempt 1 succeeded: HTTP 200"
      })
  void restOfALine_isKept(String line, String masked) {
    assertThat(SecretMask.named(line)).isEqualTo(masked);
  }

  @Test
  void nextLine_isKept() {
    assertThat(SecretMask.named("Authorization: a\r\nHost: b\nCookie: c\n"))
        .isEqualTo("Authorization: ***\r\nHost: b\nCookie: ***\n");
  }

  @Test
  @Timeout(20)
  void longText_isMaskedInLinearTime() {
    for (String part : List.of("id_token=", "token\"", "\\", "cookie:[", "//a@", "password \t")) {
      String text = part.repeat(1_000_000 / part.length());
      long begun = System.nanoTime();
      SecretMask.named(text);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(5));
    }
  }
}

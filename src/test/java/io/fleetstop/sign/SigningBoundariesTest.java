package io.fleetstop.sign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.transport.HttpExchange.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The last valid value and the first invalid one. */
class SigningBoundariesTest {

  private static final Instant NOW = Instant.parse("2025-03-29T18:09:37Z");
  private static final Credentials CREDENTIALS = Credentials.of("AKLTexample", "very-secret-key");
  private static final URI STOP = URI.create("https://host.example/?Action=StopInstance");

  private final RequestSigner signer = RequestSigner.of("cn-beijing", "ecs");

  @ParameterizedTest
  @ValueSource(strings = {"\ud800", "\udfff"})
  void unpairedSurrogate_isRejected(String half) {
    assertThatThrownBy(() -> PercentEncoding.encode(half))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @CsvSource({"\u007f,%7F", "\u0080,%C2%80", "\ud7ff,%ED%9F%BF", "\ue000,%EE%80%80"})
  void firstAndLastOfEachLength_areEncoded(String text, String encoded) {
    assertThat(PercentEncoding.encode(text)).isEqualTo(encoded);
  }

  @Test
  void methodLetters_areAToZ() {
    for (String method : List.of("A", "Z")) {
      assertThatCode(() -> sign(method)).doesNotThrowAnyException();
    }
    for (String method : List.of("@", "[")) {
      assertThatThrownBy(() -> sign(method)).isInstanceOf(IllegalArgumentException.class);
    }
  }

  private Request sign(String method) {
    return signer.sign(new Request(method, STOP, Map.of(), new byte[0]), CREDENTIALS, NOW);
  }

  @Test
  void regionCharacters_areBounded() {
    assertThat(RequestSigner.of("az09-_", "ecs")).hasToString("RequestSigner[az09-_/ecs]");
    for (String region : List.of("`", "{", "/", ":", "A")) {
      assertThatThrownBy(() -> RequestSigner.of(region, "ecs"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void years_areZeroTo9999() {
    SigningBuffer scratch = new SigningBuffer();
    for (int year : new int[] {0, 9999}) {
      long day = LocalDate.of(year, 1, 1).toEpochDay();
      assertThat(SigningKey.of(scratch, day, CREDENTIALS, "cn-beijing", "ecs"))
          .hasToString(String.format("SigningKey[%04d0101/cn-beijing/ecs/request]", year));
    }
    for (int year : new int[] {-1, 10_000}) {
      long day = LocalDate.of(year, 1, 1).toEpochDay();
      assertThatThrownBy(() -> SigningKey.of(scratch, day, CREDENTIALS, "cn-beijing", "ecs"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void validity_isWholeSecondsFromOne() {
    Request request = Request.get(STOP);
    assertThat(signer.presign(request, CREDENTIALS, NOW, Duration.ofSeconds(1)).getRawQuery())
        .contains("X-Expires=1&");
    for (Duration validity : List.of(Duration.ZERO, Duration.ofMillis(1_500))) {
      assertThatThrownBy(() -> signer.presign(request, CREDENTIALS, NOW, validity))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(validity.toString());
    }
  }

  @Test
  void missingNameOrPath_isHandled() {
    assertThat(CanonicalQuery.isCanonical("=a=b")).isFalse();
    assertThat(CanonicalQuery.isCanonical("a=1&a=2")).isTrue();
    assertThat(CanonicalRequest.queryIndex("?a=b")).isEqualTo(1);
    assertThat(CanonicalRequest.pathEnd("?a=b")).isZero();
    assertThat(CanonicalRequest.path("?a=b")).isEqualTo("/");
    assertThat(CanonicalRequest.path("a")).isEqualTo("/");
    assertThat(CanonicalRequest.path("/a")).isEqualTo("/a");
  }

  @Test
  void canonicalAddress_isKept() {
    URI canonical = URI.create("https://host.example/a?b=1&c=2");

    assertThat(RequestSigner.canonical(canonical)).isSameAs(canonical);
    assertThat(RequestSigner.canonical(URI.create("https://host.example/a?c=2&b=1")))
        .isEqualTo(canonical);
    Request request = Request.get(canonical);
    assertThat(signer.sign(request, CREDENTIALS, NOW).target()).isSameAs(request.target());
  }

  @Test
  void queryBeyondTheExpectedSize_grows() {
    Map<String, String> parameters = new LinkedHashMap<>();
    StringBuilder expected = new StringBuilder();
    for (char name = 'z'; name >= 'a'; name--) {
      parameters.put(String.valueOf(name), "1");
      expected.insert(0, "&" + name + "=1");
    }

    assertThat(CanonicalQuery.builder(0).addAll(parameters).build("?"))
        .isEqualTo("?" + expected.substring(1));
  }

  /** The buffer starts with 1,024 bytes and may be full at any call. */
  @ParameterizedTest
  @ValueSource(ints = {1_021, 1_022, 1_023, 1_024})
  void buffer_growsOnEveryAdd(int size) {
    String full = "x".repeat(size);

    assertThat(new SigningBuffer().add(full).add('y').text()).isEqualTo(full + "y");
    assertThat(new SigningBuffer().add(full).add("yz").text()).isEqualTo(full + "yz");
    assertThat(new SigningBuffer().add(full).add("wxyz", 1, 3).text()).isEqualTo(full + "xy");
    assertThat(new SigningBuffer().add(full).addHex(new byte[] {(byte) 0xa5, 0x0f}).text())
        .isEqualTo(full + "a50f");
    assertThat(new SigningBuffer().add(full).add(full).add(full).text())
        .isEqualTo(full + full + full);
  }

  @Test
  void longText_isHashedWhole() throws Exception {
    byte[] text = "x".repeat(5_000).getBytes(StandardCharsets.US_ASCII);

    assertThat(new SigningBuffer().add("x".repeat(5_000)).hash())
        .isEqualTo(NaiveSignature.sha(text));
  }

  @Test
  void update_replacesTheOffset() {
    ClockSkew clock = new ClockSkew(InstantSource.fixed(NOW));
    assertThat(clock.now()).isEqualTo(NOW);

    clock.update(URI.create("https://open.volcengineapi.com"), NOW.plusSeconds(90).toEpochMilli());
    assertThat(clock.now()).isEqualTo(NOW.plusSeconds(90));

    clock.update(URI.create("https://open.volcengineapi.com"), NOW.minusSeconds(5).toEpochMilli());
    assertThat(clock.now()).isEqualTo(NOW.minusSeconds(5));
  }
}

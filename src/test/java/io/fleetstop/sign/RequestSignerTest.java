package io.fleetstop.sign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.transport.HttpExchange.Request;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.AbstractMap.SimpleEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class RequestSignerTest {

  private static final long SEED = 20261123;
  private static final Instant NOW = Instant.parse("2025-03-29T18:09:37.999Z");
  private static final Credentials CREDENTIALS = Credentials.of("AKLTexample", "very-secret-key");
  private static final URI STOP =
      URI.create("https://open.volcengineapi.com/?Action=StopInstance&Version=2020-04-01");
  private static final DateTimeFormatter X_DATE =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private final RequestSigner signer = RequestSigner.of("cn-beijing", "ecs");

  @Test
  void randomRequests_matchTheReferenceSignature() throws Exception {
    Random random = new Random(SEED);
    for (int i = 0; i < 2_000; i++) {
      List<Map.Entry<String, String>> parameters = new ArrayList<>();
      int size = 1 + random.nextInt(6);
      for (int p = 0; p < size; p++) {
        String name = random.nextInt(3) == 0 ? "repeated" : CanonicalQueryTest.text(random);
        parameters.add(new SimpleEntry<>(name, CanonicalQueryTest.text(random)));
      }
      String query = NaiveSignature.query(parameters);
      String asGiven =
          parameters.stream()
              .map(
                  p ->
                      NaiveSignature.encode(p.getKey()) + "=" + NaiveSignature.encode(p.getValue()))
              .collect(Collectors.joining("&"));
      URI uri = URI.create("https://host.example/?" + (random.nextBoolean() ? query : asGiven));
      byte[] body = CanonicalQueryTest.text(random).getBytes(StandardCharsets.UTF_8);
      Credentials credentials =
          random.nextBoolean()
              ? CREDENTIALS
              : Credentials.of("AK" + random.nextInt(4), "SK" + random.nextInt(4), "token==");
      Instant now = Instant.ofEpochSecond(random.nextLong(4_000_000_000L));

      Request signed = signer.sign(new Request("POST", uri, Map.of(), body), credentials, now);

      assertThat(signed.uri().getRawQuery()).as("seed %d, case %d", SEED, i).isEqualTo(query);
      assertThat(signed.headers().get("Authorization"))
          .as("seed %d, case %d", SEED, i)
          .isEqualTo(
              NaiveSignature.authorization(
                  "POST",
                  "host.example",
                  "/",
                  query,
                  body,
                  credentials,
                  X_DATE.format(now),
                  "cn-beijing",
                  "ecs"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://h.example/, h.example",
    "https://h.example:443/, h.example",
    "https://h.example:80/, h.example:80",
    "http://h.example:80/, h.example",
    "HTTP://h.example:80/, h.example",
    "http://h.example:443/, h.example:443",
    "http://127.0.0.1:8080/, 127.0.0.1:8080",
    "http://[::1]:8080/, [::1]:8080",
    "https://[::1]/, [::1]",
    "https://user:word@h.example/, h.example",
  })
  void signedHost_isTheOneSent(URI uri, String host) {
    assertThat(Request.get(uri).host()).isEqualTo(host);
  }

  @ParameterizedTest
  @CsvSource({
    "https://h.example, /",
    "https://h.example/, /",
    "https://h.example/a/b%2fc/, /a/b%2Fc/",
    "https://h.example/a+b/%7Eme, /a%2Bb/~me",
  })
  void path_isSentAsSigned(URI uri, String path) {
    assertThat(CanonicalRequest.path(Request.get(uri).target())).isEqualTo(path);
    assertThat(signer.sign(Request.get(uri), CREDENTIALS, NOW).uri().getRawPath()).isEqualTo(path);
  }

  @Test
  void foreignQuery_isSentAsSigned() {
    URI foreign = URI.create("https://h.example/?b=x+y&a");

    assertThat(signer.sign(Request.get(foreign), CREDENTIALS, NOW).uri())
        .hasToString("https://h.example/?a=&b=x%2By");
  }

  @Test
  void existingHeaders_areReplacedIgnoringCase() {
    Request given =
        Request.get(STOP)
            .withHeaders(
                Map.of("x-date", "old", "authorization", "old", "User-Agent", "fleetstop"));

    assertThat(signer.sign(given, CREDENTIALS, NOW).headers())
        .containsOnlyKeys("User-Agent", "X-Date", "Authorization")
        .containsEntry("X-Date", "20250329T180937Z");
  }

  @Test
  void permanentCredentials_removeAnOldToken() {
    Request given = Request.get(STOP).withHeaders(Map.of("X-Security-Token", "old"));

    assertThat(signer.sign(given, CREDENTIALS, NOW).headers())
        .doesNotContainKey("X-Security-Token");
  }

  @ParameterizedTest
  @ValueSource(strings = {"get", "GET\r\nX-Evil: 1", "GET /x", "G\u00c9T"})
  void invalidMethod_isRejected(String method) {
    assertThatThrownBy(
            () -> signer.sign(new Request(method, STOP, Map.of(), new byte[0]), CREDENTIALS, NOW))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("method must consist of upper-case letters");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "cn beijing", "cn-beijing\r\nX-Evil: 1", "cn/beijing", "CN", "\u00e9"})
  void invalidRegionOrService_isRejected(String region) {
    assertThatThrownBy(() -> RequestSigner.of(region, "ecs"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "region must be lower-case letters, digits, '-' and '_', was \"" + region + '"');
    assertThatThrownBy(() -> RequestSigner.of("cn-beijing", region))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("service must be ");
  }

  @Test
  void lineEndInTheQuery_reachesNoHeader() {
    URI hostile = URI.create("https://h.example/?a=%0D%0AX-Evil:%201");

    Request signed = signer.sign(Request.get(hostile), Credentials.of("ak", "sk", "token"), NOW);

    assertThat(signed.headers().values()).noneMatch(value -> value.matches("(?s).*[\\r\\n].*"));
    assertThat(signed.uri().getRawQuery()).isEqualTo("a=%0D%0AX-Evil%3A%201");
  }

  @ParameterizedTest
  @ValueSource(strings = {"+10000-01-01T00:00:00Z", "-0001-12-31T23:59:59Z"})
  void yearBeyondFourDigits_isRejected(Instant now) {
    assertThatThrownBy(() -> signer.sign(Request.get(STOP), CREDENTIALS, now))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("now must be in a year of four digits");
  }

  @Test
  void timeBeforeTheEpoch_isSigned() {
    assertThat(
            signer
                .sign(Request.get(STOP), CREDENTIALS, Instant.parse("1969-12-31T23:59:58Z"))
                .headers())
        .containsEntry("X-Date", "19691231T235958Z");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PT0S", "PT-1S", "PT0.5S", "PT1.5S"})
  void fractionalValidity_isRejected(Duration validity) {
    assertThatThrownBy(() -> signer.presign(Request.get(STOP), CREDENTIALS, NOW, validity))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("validity must be whole seconds, at least one, was ");
  }

  @Test
  void cachedKey_followsDayAndSecret() {
    Instant nextDay = NOW.plus(Duration.ofDays(1));
    Credentials other = Credentials.of("AKLTexample", "another-secret-key");
    String first = authorization(signer, CREDENTIALS, NOW);

    assertThat(authorization(signer, CREDENTIALS, nextDay))
        .isEqualTo(authorization(RequestSigner.of("cn-beijing", "ecs"), CREDENTIALS, nextDay));
    assertThat(authorization(signer, other, NOW))
        .isNotEqualTo(first)
        .isEqualTo(authorization(RequestSigner.of("cn-beijing", "ecs"), other, NOW));
    assertThat(authorization(signer, CREDENTIALS, NOW)).isEqualTo(first);
  }

  @Test
  void cachedKey_doesNotIncludeTheKeyId() {
    authorization(signer, CREDENTIALS, NOW);

    assertThat(authorization(signer, Credentials.of("AKLTother", "very-secret-key"), NOW))
        .contains("Credential=AKLTother/");
  }

  @Test
  void signersOnOneThread_keepTheirOwnKeys() {
    RequestSigner shanghai = RequestSigner.of("cn-shanghai", "ecs");
    String beijing = authorization(signer, CREDENTIALS, NOW);
    String other = authorization(shanghai, CREDENTIALS, NOW);

    for (int i = 0; i < 3; i++) {
      assertThat(authorization(signer, CREDENTIALS, NOW)).isEqualTo(beijing);
      assertThat(authorization(shanghai, CREDENTIALS, NOW)).isEqualTo(other).isNotEqualTo(beijing);
    }
  }

  @Test
  void sixteenThreads_giveTheSameSignatures() throws Exception {
    List<Credentials> callers =
        List.of(CREDENTIALS, Credentials.of("AK2", "SK2"), Credentials.of("AK3", "SK3", "token"));
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 600; i++) {
      expected.add(authorization(signer, callers.get(i % 3), NOW.plusSeconds(i * 3_600L)));
    }
    ExecutorService threads = Executors.newFixedThreadPool(16);
    try {
      List<Future<List<String>>> results = new ArrayList<>();
      for (int t = 0; t < 16; t++) {
        results.add(
            threads.submit(
                () -> {
                  List<String> signed = new ArrayList<>();
                  for (int i = 0; i < 600; i++) {
                    signed.add(
                        authorization(signer, callers.get(i % 3), NOW.plusSeconds(i * 3_600L)));
                  }
                  return signed;
                }));
      }
      for (Future<List<String>> result : results) {
        assertThat(result.get()).isEqualTo(expected);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void sign_doesNotBlock() {
    // BlockHound watches parallel threads; a thread's first signature makes its digests
    String signed =
        Mono.fromCallable(() -> authorization(signer, CREDENTIALS, NOW))
            .subscribeOn(Schedulers.parallel())
            .block();

    assertThat(signed).isEqualTo(authorization(signer, CREDENTIALS, NOW));
  }

  @Test
  void toString_showsNoSecret() {
    Credentials temporary = Credentials.of("AKLTexample", "very-secret-key", "secret-token");
    SigningKey key = SigningKey.of(new SigningBuffer(), 20_000, temporary, "cn-beijing", "ecs");
    Request signed = signer.sign(Request.get(STOP), temporary, NOW);

    assertThat(List.of(signer, key, new SigningBuffer().add("secret-token"), signed))
        .allSatisfy(
            object ->
                assertThat(object.toString())
                    .doesNotContain("secret")
                    .doesNotContain("AKLTexample")
                    .doesNotContain("Signature="));
    assertThat(signer).hasToString("RequestSigner[cn-beijing/ecs]");
    assertThat(key).hasToString("SigningKey[20241004/cn-beijing/ecs/request]");
  }

  private static String authorization(RequestSigner signer, Credentials credentials, Instant now) {
    return String.valueOf(
        signer.sign(Request.get(STOP), credentials, now).headers().get("Authorization"));
  }
}

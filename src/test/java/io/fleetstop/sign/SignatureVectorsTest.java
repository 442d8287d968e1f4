package io.fleetstop.sign;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.sign.CanonicalRequest.Header;
import io.fleetstop.transport.HttpExchange.Request;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** The published signatures and those of the official SDKs, step by step. */
class SignatureVectorsTest {

  private static final DateTimeFormatter X_DATE =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'");

  record Vector(
      String id,
      String source,
      String method,
      URI url,
      String body,
      String accessKeyId,
      String secretAccessKey,
      @Nullable String sessionToken,
      String region,
      String service,
      String date,
      Map<String, String> headers,
      String canonicalRequestHash,
      @Nullable String signingKey,
      String signature) {

    String day() {
      return date.substring(0, 8);
    }

    String scope() {
      return day() + "/" + region + "/" + service + "/request";
    }

    Instant now() {
      return LocalDateTime.parse(date, X_DATE).toInstant(ZoneOffset.UTC);
    }

    Credentials credentials() {
      return new Credentials(accessKeyId, secretAccessKey, sessionToken, null);
    }

    Request request() {
      return new Request(method, url, Map.of(), body.getBytes(StandardCharsets.UTF_8));
    }

    List<Header> signedHeaders() {
      return headers.entrySet().stream().map(e -> new Header(e.getKey(), e.getValue())).toList();
    }

    @Override
    public String toString() {
      return id;
    }
  }

  static Stream<Vector> all() throws IOException {
    try (InputStream file =
        SignatureVectorsTest.class.getResourceAsStream("/vectors/signatures.json")) {
      return Stream.of(JsonMapper.shared().readValue(file, Vector[].class));
    }
  }

  static Stream<Vector> published() throws IOException {
    return all().filter(vector -> vector.signingKey != null);
  }

  /** Those that sign the same headers as this signer. */
  static Stream<Vector> ours() throws IOException {
    List<String> names = List.of("V2", "V3", "V4", "stop-host-date", "stop-host-date-token");
    return all().filter(vector -> names.contains(vector.id));
  }

  @ParameterizedTest
  @MethodSource("all")
  void canonicalRequest_hasThePublishedHash(Vector vector) {
    assertThat(hex(canonicalRequest(vector).hash())).isEqualTo(vector.canonicalRequestHash);
  }

  @ParameterizedTest
  @MethodSource("published")
  void signingKey_isThePublishedOne(Vector vector) {
    assertThat(hex(signingKey(vector))).isEqualTo(vector.signingKey);
  }

  @ParameterizedTest
  @MethodSource("all")
  void stringToSign_givesThePublishedSignature(Vector vector) {
    SigningBuffer text =
        CanonicalRequest.stringToSign(
            new SigningBuffer(),
            vector.date,
            vector.scope(),
            HexFormat.of().parseHex(vector.canonicalRequestHash));

    assertThat(text.text())
        .isEqualTo(
            "HMAC-SHA256\n%s\n%s\n%s"
                .formatted(vector.date, vector.scope(), vector.canonicalRequestHash));
    assertThat(hex(text.authenticate(new SecretKeySpec(signingKey(vector), "HmacSHA256"))))
        .isEqualTo(vector.signature);
  }

  @ParameterizedTest
  @MethodSource("ours")
  void sign_givesThePublishedSignature(Vector vector) {
    RequestSigner signer = RequestSigner.of(vector.region, vector.service);

    Request signed = signer.sign(vector.request(), vector.credentials(), vector.now());

    String names = String.join(";", vector.headers.keySet());
    assertThat(signed.uri()).isEqualTo(vector.url);
    assertThat(signed.headers())
        .containsEntry("X-Date", vector.date)
        .containsEntry(
            "Authorization",
            "HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s"
                .formatted(vector.accessKeyId, vector.scope(), names, vector.signature));
    if (vector.sessionToken == null) {
      assertThat(signed.headers()).hasSize(2);
    } else {
      assertThat(signed.headers())
          .hasSize(3)
          .containsEntry("X-Security-Token", vector.sessionToken);
    }
  }

  @Test
  void canonicalRequest_matchesTheDocumentation() throws IOException {
    assertThat(canonicalRequest(vector("V4")).text())
        .isEqualTo(
            """
            POST
            /
            Action=ListBill&Version=2022-01-01
            host:billing.volcengineapi.com
            x-date:20250329T180937Z

            host;x-date
            %s"""
                .formatted(bodyHash(vector("V4"))));
  }

  @Test
  void presign_givesTheSignatureOfThePythonSdk() throws IOException {
    Vector vector = vector("stop-host-date-token");

    URI signed =
        RequestSigner.of("cn-beijing", "ecs")
            .presign(vector.request(), vector.credentials(), vector.now());

    assertThat(signed.getRawQuery())
        .startsWith(vector.url.getRawQuery())
        .contains("&X-Security-Token=STS.TOKEN%2FEXAMPLE%2B1%3D%3D&")
        .contains("&X-NotSignBody=&")
        .contains("&X-Signature=f60561fb7828f092bd526302e346b93fd358200c52980bad5852d8899f127615&")
        .contains(
            "&X-SignedQueries=Action%3BClientToken%3BForceStop%3BInstanceId%3BStoppedMode%3BVersion"
                + "%3BX-Algorithm%3BX-Credential%3BX-Date%3BX-NotSignBody%3BX-SignedHeaders"
                + "%3BX-SignedQueries");
  }

  @Test
  void presignTwice_replacesTheFirstSignature() throws IOException {
    Vector vector = vector("stop-host-date");
    RequestSigner signer = RequestSigner.of("cn-beijing", "ecs");
    URI once = signer.presign(vector.request(), vector.credentials(), vector.now());

    assertThat(signer.presign(Request.get(once), vector.credentials(), vector.now()))
        .isEqualTo(once);
  }

  @Test
  void presignedValidity_isSigned() throws IOException {
    Vector vector = vector("stop-host-date");
    RequestSigner signer = RequestSigner.of("cn-beijing", "ecs");

    URI signed =
        signer.presign(vector.request(), vector.credentials(), vector.now(), Duration.ofMinutes(5));

    assertThat(signed.getRawQuery())
        .contains("&X-Expires=300&")
        .contains("%3BX-Expires%3B")
        .doesNotContain("f60561fb7828f092bd526302e346b93fd358200c52980bad5852d8899f127615");
  }

  private static Vector vector(String id) throws IOException {
    return all().filter(vector -> vector.id.equals(id)).findFirst().orElseThrow();
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static String bodyHash(Vector vector) {
    return new SigningBuffer().addHashOf(vector.request().body()).text();
  }

  private static byte[] signingKey(Vector vector) {
    return SigningKey.derive(
        new SigningBuffer(), vector.secretAccessKey, vector.day(), vector.region, vector.service);
  }

  private static SigningBuffer canonicalRequest(Vector vector) {
    return CanonicalRequest.canonicalRequest(
        new SigningBuffer(),
        vector.method,
        vector.request().target(),
        vector.signedHeaders(),
        vector.request().body());
  }
}

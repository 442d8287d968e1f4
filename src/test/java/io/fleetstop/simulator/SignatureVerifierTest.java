package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.SignatureVerifier.SignedRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Published and derived vectors; the keys are the documentation's own samples, without rights. */
class SignatureVerifierTest {

  private static final String AK = "AKLTYWViMTVmZGYzM2E0NDI5Mzk2MDZjNjFmMjc2MjRjMzg";
  private static final String SK = "WkRZeE1EQmxPVGhsWWpWak5HVmtNbUUxTXpZeU9UVXlOMlE1TmpZeVlqTQ==";
  private static final String OLD_AK = "AKLTMjI2ODVlYzI3ZGY1NGU4ZjhjYWRjMTlmNTM5OTZkYzE";
  private static final String OLD_SK =
      "TnpCak5XWXpZV1U0WkRaaE5ERmxaR0ZpTmpjeVkyUXlZek0wTWpJMU1qWQ==";
  private static final String TOKEN = "STS.TOKEN/EXAMPLE+1==";
  private static final String DATE = "20250329T180937Z";
  private static final Instant SIGNED = Instant.parse("2025-03-29T18:09:37Z");
  private static final String HOST = "open.volcengineapi.com";
  private static final String FORM = "application/x-www-form-urlencoded; charset=utf-8";
  private static final String STOP =
      "/?Action=StopInstance&ClientToken=a%20b%2Fc%2Bd%3De~f%2A%28g%29%21%27&ForceStop=false"
          + "&InstanceId=i-3tiefmkskq3vj0example&StoppedMode=KeepCharging&Version=2020-04-01";

  private static SignatureVerifier verifier(Instant now, Map<String, SignatureVerifier.Key> keys) {
    return new SignatureVerifier(keys, InstantSource.fixed(now), Duration.ofMinutes(15));
  }

  private static SignatureVerifier verifier() {
    return verifier(SIGNED, Map.of(AK, new SignatureVerifier.Key(SK, null)));
  }

  private static HttpHeaders headers(String host, String date, String authorization) {
    return new DefaultHttpHeaders()
        .set("Host", host)
        .set("X-Date", date)
        .set("Authorization", authorization);
  }

  private static SignedRequest get(String target, HttpHeaders headers) {
    return SignedRequest.of("GET", target, headers, new byte[0]);
  }

  private static HttpHeaders stopHeaders(String signedHeaders, String signature) {
    return headers(
        HOST,
        DATE,
        TestSigner.authorization(AK, DATE, "cn-beijing", "ecs", signedHeaders, signature));
  }

  private static void assertRefused(
      SignatureVerifier verifier, SignedRequest request, ErrorCode code) {
    assertThatExceptionOfType(ApiError.class)
        .isThrownBy(() -> verifier.verify(request))
        .satisfies(refusal -> assertThat(refusal.code()).isEqualTo(code));
  }

  @Test
  void olderPublishedVector_accepted() {
    String date = "20201230T081805Z";
    HttpHeaders headers =
        headers(
                "iam.volcengineapi.com",
                date,
                TestSigner.authorization(
                    OLD_AK,
                    date,
                    "cn-north-1",
                    "iam",
                    "content-type;host;x-content-sha256;x-date",
                    "28eeabbbd726b87002e0fe58ad8c1c768e619b06e2646f35b6ad7ed029a6d8a7"))
            .set("Content-Type", FORM)
            .set("X-Content-Sha256", TestSigner.EMPTY_HASH);
    SignatureVerifier verifier =
        verifier(
            Instant.parse("2020-12-30T08:18:05Z"),
            Map.of(OLD_AK, new SignatureVerifier.Key(OLD_SK, null)));
    SignatureParameters caller =
        verifier.verify(get("/?Action=ListUsers&Limit=10&Offset=0&Version=2018-01-01", headers));
    assertThat(caller.region()).isEqualTo("cn-north-1");
    assertThat(caller.service()).isEqualTo("iam");
  }

  @ParameterizedTest
  @CsvSource({
    "GET,iam,20240619T071306Z,2024-06-19T07:13:06Z,"
        + "Action=ListUsers&Limit=10&Offset=0&Version=2018-01-01,'',"
        + "e31c4558bcfe08a286001f59cedbf0791ffd0b2362f10e55ee2627467bcdde93",
    "GET,billing,20250329T180937Z,2025-03-29T18:09:37Z,"
        + "Action=QueryBalanceAcct&Version=2022-01-01,'',"
        + "1eda9e7e6b1728151a8e8791fdaf67cfbd28bd5c80d0fce2eb208746cf483105",
    "POST,billing,20250329T180937Z,2025-03-29T18:09:37Z,"
        + "Action=ListBill&Version=2022-01-01,'{\"Limit\":10,\"BillPeriod\":\"2023-08\"}',"
        + "5e8480ceea12d0000a23c054151c50dd02c1a7dec835004057d19f13d53a7658"
  })
  void publishedVectors_accepted(
      String method,
      String service,
      String date,
      Instant now,
      String query,
      String body,
      String signature) {
    HttpHeaders headers =
        headers(
            service + ".volcengineapi.com",
            date,
            TestSigner.authorization(AK, date, "cn-beijing", service, "host;x-date", signature));
    SignedRequest request =
        SignedRequest.of(method, "/?" + query, headers, body.getBytes(StandardCharsets.UTF_8));
    SignatureVerifier verifier = verifier(now, Map.of(AK, new SignatureVerifier.Key(SK, null)));
    assertThat(verifier.verify(request).accessKeyId()).isEqualTo(AK);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x-date||c0ebc8b25cba0f5bd0a74f789221a04661af53f07e7078c21bc9e8870d717205|",
        "x-date||c0ebc8b25cba0f5bd0a74f789221a04661af53f07e7078c21bc9e8870d717205|token",
        "host;x-date||ca85f7b51a4e44656e692f6d1dfbec69654ef90dff77d884eafc5cef68dd95b4|",
        "host;x-date;x-security-token||"
            + "05581d5575b4119b2dcecf010bbb333537560989497dc9da111f2a504a236164|token",
        "content-type;host;x-content-sha256;x-date|text/plain|"
            + "b2ef439d8c16c822e1be770a4a9dca19ca49e9e9deb966ce0e1a4652bea3983d|",
        "content-type;host;x-content-sha256;x-date;x-security-token|text/plain|"
            + "a3d15871f74ba7731a8dc6f0c86dfde9108f8a78d60645049eb75a8bd51a6a8c|token",
        "content-type;host;x-content-sha256;x-date|"
            + FORM
            + "|8813c10aca00976cebd79bdca4f6322c89967c15ec1bc49e9f19406fa4c8158f|",
        "content-type;host;x-content-sha256;x-date;x-security-token|"
            + FORM
            + "|7fff3d48f684bec4bb120fbedc104ce5ca7e1c8714f3f05339f6c24a3e51d5da|token"
      })
  void officialSdkSignatures_accepted(
      String signedHeaders,
      @Nullable String contentType,
      String signature,
      @Nullable String token) {
    HttpHeaders headers = stopHeaders(signedHeaders, signature);
    if (contentType != null) {
      headers.set("Content-Type", contentType).set("X-Content-Sha256", TestSigner.EMPTY_HASH);
    }
    if (token != null) {
      headers.set("X-Security-Token", TOKEN);
    }
    SignatureVerifier verifier =
        verifier(SIGNED, Map.of(AK, new SignatureVerifier.Key(SK, token == null ? null : TOKEN)));
    assertThat(verifier.verify(get(STOP, headers)).accessKeyId()).isEqualTo(AK);
  }

  @Test
  void anyHeaderOrder_accepted() {
    String query = STOP.substring(2);
    String list = "host;x-date;x-content-sha256;content-type";
    String canonical =
        String.join(
            "\n",
            "GET",
            "/",
            query,
            "host:" + HOST,
            "x-date:" + DATE,
            "x-content-sha256:" + TestSigner.EMPTY_HASH,
            "content-type:text/plain",
            "",
            list,
            TestSigner.EMPTY_HASH);
    HttpHeaders headers =
        stopHeaders(list, TestSigner.signature(SK, DATE, "cn-beijing", "ecs", canonical))
            .set("Content-Type", "text/plain")
            .set("X-Content-Sha256", TestSigner.EMPTY_HASH);
    assertThat(verifier().verify(get(STOP, headers)).region()).isEqualTo("cn-beijing");
  }

  @Test
  void anyQueryOrderAndEncoding_accepted() {
    String shuffled =
        "/?Version=2020-04-01&StoppedMode=KeepCharging&InstanceId=i-3tiefmkskq3vj0example"
            + "&ForceStop=false&ClientToken=a+b%2fc%2bd%3de%7ef*(g)!'&Action=Stop%49nstance";
    HttpHeaders headers =
        stopHeaders(
            "host;x-date", "ca85f7b51a4e44656e692f6d1dfbec69654ef90dff77d884eafc5cef68dd95b4");
    assertThat(verifier().verify(get(shuffled, headers)).accessKeyId()).isEqualTo(AK);
  }

  @Test
  void hostSignedWithoutDefaultPort_accepted() {
    HttpHeaders headers =
        stopHeaders(
                "host;x-date", "ca85f7b51a4e44656e692f6d1dfbec69654ef90dff77d884eafc5cef68dd95b4")
            .set("Host", HOST + ":443");
    assertThat(verifier().verify(get(STOP, headers)).accessKeyId()).isEqualTo(AK);
    headers.set("Host", HOST + ":8443");
    assertRefused(verifier(), get(STOP, headers), GatewayErrors.SIGNATURE_DOES_NOT_MATCH);
  }

  private static Map<String, String> presigned() {
    Map<String, String> query = new LinkedHashMap<>();
    query.put("Action", "StopInstance");
    query.put("ClientToken", "a b/c+d=e~f*(g)!'");
    query.put("ForceStop", "false");
    query.put("InstanceId", "i-3tiefmkskq3vj0example");
    query.put("StoppedMode", "KeepCharging");
    query.put("Version", "2020-04-01");
    query.put("X-Algorithm", "HMAC-SHA256");
    query.put("X-Credential", AK + "/20250329/cn-beijing/ecs/request");
    query.put("X-Date", DATE);
    query.put("X-NotSignBody", "");
    query.put("X-SignedHeaders", "host");
    query.put("X-SignedQueries", "");
    query.put("X-SignedQueries", String.join(";", new TreeMap<>(query).keySet()));
    query.put("X-Signature", "f60561fb7828f092bd526302e346b93fd358200c52980bad5852d8899f127615");
    return query;
  }

  private static SignedRequest presigned(Map<String, String> query) {
    HttpHeaders headers = new DefaultHttpHeaders().set("Host", HOST);
    return get("/?" + TestSigner.query(query), headers);
  }

  @Test
  void presignedVector_accepted() {
    assertThat(verifier().verify(presigned(presigned())).service()).isEqualTo("ecs");
  }

  @Test
  void presignedQueryWithUnsignedToken_accepted() {
    Map<String, String> query = presigned();
    query.put("X-Security-Token", TOKEN);
    SignatureVerifier verifier = verifier(SIGNED, Map.of(AK, new SignatureVerifier.Key(SK, TOKEN)));
    assertThat(verifier.verify(presigned(query)).securityToken()).isEqualTo(TOKEN);
  }

  @Test
  void presignedQueryWithExtraParameter_rejected() {
    Map<String, String> query = presigned();
    query.put("DryRun", "false");
    assertRefused(verifier(), presigned(query), GatewayErrors.SIGNATURE_DOES_NOT_MATCH);
  }

  @Test
  void presignedQuery_expires() {
    Map<String, String> query = presigned();
    query.remove("X-Signature");
    query.put("X-Expires", "60");
    query.put("X-SignedHeaders", "");
    query.put("X-SignedQueries", String.join(";", new TreeMap<>(query).keySet()));
    String canonical = "GET\n/\n" + TestSigner.query(query) + "\n\n\n\n" + TestSigner.EMPTY_HASH;
    query.put("X-Signature", TestSigner.signature(SK, DATE, "cn-beijing", "ecs", canonical));
    Map<String, SignatureVerifier.Key> keys = Map.of(AK, new SignatureVerifier.Key(SK, null));
    SignatureVerifier inTime = verifier(SIGNED.plusSeconds(60), keys);
    assertThat(inTime.verify(presigned(query)).accessKeyId()).isEqualTo(AK);
    assertRefused(
        verifier(SIGNED.plusSeconds(61), keys), presigned(query), GatewayErrors.INVALID_TIMESTAMP);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/?Action=StopInstance&InstanceId=i-3tiefmkskq3vj0example&Version=2020-04-01",
        "/?Action=StopInstance&ClientToken=a%20b%2Fc%2Bd%3De~f%2A%28g%29%21%27&ForceStop=true"
            + "&InstanceId=i-3tiefmkskq3vj0example&StoppedMode=KeepCharging&Version=2020-04-01",
        "/other?Action=StopInstance&ClientToken=a%20b%2Fc%2Bd%3De~f%2A%28g%29%21%27"
            + "&ForceStop=false&InstanceId=i-3tiefmkskq3vj0example&StoppedMode=KeepCharging"
            + "&Version=2020-04-01"
      })
  void tamperedTarget_rejected(String target) {
    HttpHeaders headers =
        stopHeaders(
            "host;x-date", "ca85f7b51a4e44656e692f6d1dfbec69654ef90dff77d884eafc5cef68dd95b4");
    assertRefused(verifier(), get(target, headers), GatewayErrors.SIGNATURE_DOES_NOT_MATCH);
  }

  @Test
  void tamperedMethodBodyHashDateOrHeader_rejected() {
    String good = "ca85f7b51a4e44656e692f6d1dfbec69654ef90dff77d884eafc5cef68dd95b4";
    ErrorCode mismatch = GatewayErrors.SIGNATURE_DOES_NOT_MATCH;
    HttpHeaders headers = stopHeaders("host;x-date", good);
    assertRefused(verifier(), SignedRequest.of("POST", STOP, headers, new byte[0]), mismatch);
    assertRefused(verifier(), SignedRequest.of("GET", STOP, headers, new byte[1]), mismatch);
    assertRefused(
        verifier(),
        get(STOP, stopHeaders("host;x-date", good).set("X-Content-Sha256", "0")),
        mismatch);
    assertRefused(
        verifier(),
        get(STOP, stopHeaders("host;x-date", good).set("X-Date", "20250329T180938Z")),
        mismatch);
    assertRefused(
        verifier(), get(STOP, stopHeaders("host;x-date", good).set("Host", "evil")), mismatch);
    assertRefused(verifier(), get(STOP, stopHeaders("host;x-date;absent", good)), mismatch);
    assertRefused(verifier(), get(STOP, stopHeaders("host;x-date", "00")), mismatch);
  }

  @ParameterizedTest
  @CsvSource({"-900,true", "900,true", "-901,false", "901,false"})
  void clockOutsideWindow_rejected(long offset, boolean accepted) {
    SignatureVerifier verifier =
        verifier(SIGNED.plusSeconds(offset), Map.of(AK, new SignatureVerifier.Key(SK, null)));
    SignedRequest request =
        get(
            STOP,
            stopHeaders(
                "host;x-date", "ca85f7b51a4e44656e692f6d1dfbec69654ef90dff77d884eafc5cef68dd95b4"));
    if (accepted) {
      assertThat(verifier.verify(request).date()).isEqualTo(DATE);
    } else {
      assertRefused(verifier, request, GatewayErrors.INVALID_TIMESTAMP);
    }
  }

  @Test
  void invalidAuthorization_namedInCode() {
    String scope = "/20250329/cn-beijing/ecs/request";
    assertHeaderRefused("Bearer x", GatewayErrors.INVALID_AUTHORIZATION);
    assertHeaderRefused("HMAC-SHA256 nonsense", GatewayErrors.INVALID_AUTHORIZATION);
    assertHeaderRefused(
        "HMAC-SHA256 Credential=" + AK + scope + ", Signature=00",
        GatewayErrors.INVALID_AUTHORIZATION);
    assertHeaderRefused(
        "HMAC-SHA256 Credential=" + AK + scope + ", SignedHeaders=host",
        GatewayErrors.MISSING_SIGNATURE);
    for (String wrong :
        new String[] {
          AK,
          AK + "/20250329/cn-beijing/ecs",
          AK + "/20250330/cn-beijing/ecs/request",
          AK + "/20250329//ecs/request",
          AK + "/20250329/cn-beijing/ecs/aws4_request"
        }) {
      assertHeaderRefused(
          "HMAC-SHA256 Credential=" + wrong + ", SignedHeaders=host, Signature=00",
          GatewayErrors.INVALID_CREDENTIAL);
    }
    assertHeaderRefused(
        "HMAC-SHA256 Credential=unknown" + scope + ", SignedHeaders=host, Signature=00",
        GatewayErrors.INVALID_ACCESS_KEY);
    assertRefused(
        verifier(),
        get(STOP, stopHeaders("x-date", "00").remove("X-Date")),
        GatewayErrors.MISSING_REQUEST_INFO);
    assertRefused(
        verifier(),
        get(STOP, new DefaultHttpHeaders()),
        GatewayErrors.MISSING_AUTHENTICATION_TOKEN);
  }

  private static void assertHeaderRefused(String authorization, ErrorCode code) {
    assertRefused(verifier(), get(STOP, headers(HOST, DATE, authorization)), code);
  }

  @Test
  void tokenOfAnotherKey_rejected() {
    String good = "ca85f7b51a4e44656e692f6d1dfbec69654ef90dff77d884eafc5cef68dd95b4";
    SignatureVerifier temporary =
        verifier(SIGNED, Map.of(AK, new SignatureVerifier.Key(SK, TOKEN)));
    ErrorCode wrong = GatewayErrors.INVALID_SECRET_TOKEN;
    assertRefused(temporary, get(STOP, stopHeaders("host;x-date", good)), wrong);
    assertRefused(
        temporary,
        get(STOP, stopHeaders("host;x-date", good).set("X-Security-Token", "other")),
        wrong);
    assertRefused(
        verifier(),
        get(STOP, stopHeaders("host;x-date", good).set("X-Security-Token", TOKEN)),
        wrong);
  }
}

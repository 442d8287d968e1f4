package io.fleetstop.simulator;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A signer that shares no code with the one under test: what it signs is given as text. */
final class TestSigner {

  static final String EMPTY_HASH =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  private TestSigner() {}

  static String query(Map<String, String> parameters) {
    return new TreeMap<>(parameters)
        .entrySet().stream()
            .map(entry -> encode(entry.getKey()) + "=" + encode(entry.getValue()))
            .collect(Collectors.joining("&"));
  }

  static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8)
        .replace("+", "%20")
        .replace("*", "%2A")
        .replace("%7E", "~");
  }

  static String signature(
      String secret, String date, String region, String service, String canonicalRequest) {
    String day = date.substring(0, 8);
    byte[] key = secret.getBytes(StandardCharsets.UTF_8);
    for (String word : new String[] {day, region, service, "request"}) {
      key = hmac(key, word);
    }
    String scope = day + "/" + region + "/" + service + "/request";
    String toSign = "HMAC-SHA256\n" + date + "\n" + scope + "\n" + hash(canonicalRequest);
    return HexFormat.of().formatHex(hmac(key, toSign));
  }

  static String authorization(
      String accessKeyId,
      String date,
      String region,
      String service,
      String signedHeaders,
      String signature) {
    return "HMAC-SHA256 Credential="
        + String.join("/", accessKeyId, date.substring(0, 8), region, service, "request")
        + ", SignedHeaders="
        + signedHeaders
        + ", Signature="
        + signature;
  }

  static String hash(String text) {
    try {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] hmac(byte[] key, String text) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key, "HmacSHA256"));
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}

package io.fleetstop.sign;

import io.fleetstop.credentials.Credentials;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A second, deliberately simple implementation of the signature that shares no code with the
 * signer.
 */
final class NaiveSignature {

  private NaiveSignature() {}

  static String encode(String text) {
    return rfc3986(URLEncoder.encode(text, StandardCharsets.UTF_8));
  }

  private static String rfc3986(String formEncoded) {
    return formEncoded.replace("+", "%20").replace("*", "%2A").replace("%7E", "~");
  }

  /** A part of an address, with escapes of any kind in it, byte by byte in the form of encode. */
  private static String canonical(String raw) {
    String ascii =
        raw.codePoints()
            .mapToObj(c -> c < 0x80 ? Character.toString(c) : encode(Character.toString(c)))
            .collect(Collectors.joining());
    // A character of this charset is a byte.
    String bytes = URLDecoder.decode(ascii.replace("+", "%2B"), StandardCharsets.ISO_8859_1);
    return rfc3986(URLEncoder.encode(bytes, StandardCharsets.ISO_8859_1));
  }

  static String canonicalPath(String raw) {
    return raw.isEmpty()
        ? "/"
        : Arrays.stream(raw.split("/", -1))
            .map(NaiveSignature::canonical)
            .collect(Collectors.joining("/"));
  }

  static String canonicalQuery(String raw) {
    return Arrays.stream(raw.split("&", -1))
        .filter(pair -> !pair.isEmpty())
        .map(pair -> (pair.contains("=") ? pair : pair + "=").split("=", 2))
        .map(pair -> new String[] {canonical(pair[0]), canonical(pair[1])})
        .sorted(Comparator.comparing(pair -> pair[0]))
        .map(pair -> pair[0] + "=" + pair[1])
        .collect(Collectors.joining("&"));
  }

  static String query(List<Map.Entry<String, String>> parameters) {
    List<String[]> pairs = new ArrayList<>();
    for (Map.Entry<String, String> parameter : parameters) {
      pairs.add(new String[] {encode(parameter.getKey()), encode(parameter.getValue())});
    }
    pairs.sort(Comparator.comparing(pair -> pair[0]));
    return pairs.stream().map(pair -> pair[0] + "=" + pair[1]).collect(Collectors.joining("&"));
  }

  static String authorization(
      String method,
      String host,
      String path,
      String query,
      byte[] body,
      Credentials credentials,
      String date,
      String region,
      String service)
      throws GeneralSecurityException {
    String token = credentials.sessionToken();
    String names = token == null ? "host;x-date" : "host;x-date;x-security-token";
    String headers = "host:" + host + "\nx-date:" + date + "\n";
    headers += token == null ? "" : "x-security-token:" + token + "\n";
    String request =
        String.join("\n", method, path, query, headers, names, HexFormat.of().formatHex(sha(body)));
    String day = date.substring(0, 8);
    String scope = day + "/" + region + "/" + service + "/request";
    String hash = HexFormat.of().formatHex(sha(request.getBytes(StandardCharsets.UTF_8)));
    byte[] key = credentials.secretAccessKey().getBytes(StandardCharsets.UTF_8);
    for (String step : List.of(day, region, service, "request")) {
      key = hmac(key, step);
    }
    String text = String.join("\n", "HMAC-SHA256", date, scope, hash);
    return String.format(
        "HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s",
        credentials.accessKeyId(), scope, names, HexFormat.of().formatHex(hmac(key, text)));
  }

  static byte[] sha(byte[] data) throws GeneralSecurityException {
    return MessageDigest.getInstance("SHA-256").digest(data);
  }

  private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
  }
}

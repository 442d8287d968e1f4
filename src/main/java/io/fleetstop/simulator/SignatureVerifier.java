package io.fleetstop.simulator;

import io.fleetstop.error.GatewayErrors;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Verifies signatures like the gateway, for any set of signed headers (docs/6369/67269). It shares
 * no code with the client's signer, so that it can detect the signer's mistakes.
 */
final class SignatureVerifier {

  /**
   * An accepted access key.
   *
   * @param secretKey the secret key
   * @param sessionToken the required session token, or {@code null} for a permanent key
   */
  record Key(String secretKey, @Nullable String sessionToken) {

    /** Contains no part of the key. */
    @Override
    public String toString() {
      return "Key[]";
    }
  }

  /**
   * A request as received.
   *
   * @param method the HTTP method
   * @param target path and query, encoded
   * @param query the query, decoded
   * @param headers the headers
   * @param body the body, empty for none
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record SignedRequest(
      String method, String target, RequestQuery query, HttpHeaders headers, byte[] body) {

    static SignedRequest of(String method, String target, HttpHeaders headers, byte[] body) {
      return new SignedRequest(method, target, RequestQuery.ofTarget(target), headers, body);
    }

    /** The value of a header in canonical form, or {@code null} if it is absent. */
    @Nullable String canonicalHeader(String name) {
      List<String> values = headers.getAll(name);
      return switch (values.size()) {
        case 0 -> null;
        case 1 -> values.get(0).trim();
        default -> String.join(",", values.stream().map(String::trim).toList());
      };
    }
  }

  private static final DateTimeFormatter X_DATE =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss'Z'", Locale.ROOT);

  // The signature does not cover these parameters, or not every SDK lists them.
  private static final Set<String> UNSIGNED =
      Set.of("X-Signature", "X-SignedQueries", "X-Security-Token");

  private static final String EMPTY_HASH = hash(new byte[0]);
  private static final String MAC = "HmacSHA256";
  private static final int MAX_DERIVED_KEYS = 1_000;

  private final Map<String, Key> keys;
  private final InstantSource clock;
  private final Duration maxClockSkew;
  private final Map<String, SecretKeySpec> derivedKeys = new ConcurrentHashMap<>();

  SignatureVerifier(Map<String, Key> keys, InstantSource clock, Duration maxClockSkew) {
    this.keys = Map.copyOf(keys);
    this.clock = clock;
    this.maxClockSkew = maxClockSkew;
  }

  /** Returns the caller; rejects the request unless the signature is valid. */
  SignatureParameters verify(SignedRequest request) {
    SignatureParameters claim = SignatureParameters.of(request);
    Key key = keys.get(claim.accessKeyId());
    if (key == null) {
      throw ApiError.of(GatewayErrors.INVALID_ACCESS_KEY, claim.accessKeyId());
    }
    checkTime(request, claim);
    checkToken(key, claim);
    if (!matches(request, claim, key)) {
      throw ApiError.of(GatewayErrors.SIGNATURE_DOES_NOT_MATCH);
    }
    return claim;
  }

  private void checkTime(SignedRequest request, SignatureParameters claim) {
    Instant signed;
    Duration validity = maxClockSkew;
    try {
      signed = LocalDateTime.parse(claim.date(), X_DATE).toInstant(ZoneOffset.UTC);
      String expires = request.query().nonEmpty("X-Expires");
      if (expires != null) {
        validity = Duration.ofSeconds(Integer.parseInt(expires));
      }
    } catch (DateTimeParseException | NumberFormatException e) {
      throw ApiError.of(GatewayErrors.INVALID_TIMESTAMP);
    }
    Instant now = clock.instant();
    if (now.isAfter(signed.plus(validity)) || now.isBefore(signed.minus(maxClockSkew))) {
      throw ApiError.of(GatewayErrors.INVALID_TIMESTAMP);
    }
  }

  private static void checkToken(Key key, SignatureParameters claim) {
    String expected = key.sessionToken();
    String actual = claim.securityToken();
    if (expected == null && actual == null) {
      return;
    }
    if (expected == null || actual == null || !sameText(expected, actual)) {
      String reason =
          actual == null
              ? "the token is missing"
              : expected == null ? "the key takes no token" : "the token is wrong or has expired";
      throw ApiError.of(GatewayErrors.INVALID_SECRET_TOKEN, reason);
    }
  }

  private boolean matches(SignedRequest request, SignatureParameters claim, Key key) {
    String bodyHash = EMPTY_HASH;
    if (claim.signedQueries() == null) {
      bodyHash = request.body().length == 0 ? EMPTY_HASH : hash(request.body());
      String claimedHash = request.canonicalHeader("X-Content-Sha256");
      if (claimedHash != null && !sameText(bodyHash, claimedHash)) {
        return false;
      }
    }
    String host = request.canonicalHeader("Host");
    String query = canonicalQuery(request.query(), claim);
    if (query == null) {
      return false;
    }
    if (matches(request, claim, key, query, host, bodyHash)) {
      return true;
    }
    // The Go and Python SDKs sign the host without a default port, but may send it.
    if (host != null && (host.endsWith(":80") || host.endsWith(":443"))) {
      String withoutPort = host.substring(0, host.lastIndexOf(':'));
      return matches(request, claim, key, query, withoutPort, bodyHash);
    }
    // Some SDKs sign a session token in the query without listing it, others do not sign it.
    Set<String> listed = claim.signedQueries();
    if (listed != null && claim.securityToken() != null && listed.add("X-Security-Token")) {
      String withToken = request.query().canonical(listed::contains);
      return matches(request, claim, key, withToken, host, bodyHash);
    }
    return false;
  }

  private boolean matches(
      SignedRequest request,
      SignatureParameters claim,
      Key key,
      String query,
      @Nullable String host,
      String bodyHash) {
    StringBuilder canonical =
        new StringBuilder(request.method())
            .append('\n')
            .append(RequestQuery.canonicalPath(request.target()))
            .append('\n')
            .append(query)
            .append('\n');
    String separator = "";
    for (String name : claim.signedHeaders()) {
      String value = name.equals("host") ? host : request.canonicalHeader(name);
      if (value == null) {
        return false;
      }
      canonical.append(separator).append(name).append(':').append(value);
      separator = "\n";
    }
    canonical
        .append("\n\n")
        .append(String.join(";", claim.signedHeaders()))
        .append('\n')
        .append(bodyHash);
    String toSign =
        String.join(
            "\n",
            SignatureParameters.ALGORITHM,
            claim.date(),
            claim.scope(),
            hash(canonical.toString().getBytes(StandardCharsets.UTF_8)));
    String expected = HexFormat.of().formatHex(hmac(derivedKey(claim, key), toSign));
    return sameText(expected, claim.signature());
  }

  /** The signed part of the query, or {@code null} if another parameter is not signed. */
  private static @Nullable String canonicalQuery(RequestQuery query, SignatureParameters claim) {
    Set<String> listed = claim.signedQueries();
    if (listed == null) {
      return query.canonical(name -> true);
    }
    Predicate<String> covered = name -> listed.contains(name) || UNSIGNED.contains(name);
    for (String name : query.names()) {
      if (!covered.test(name)) {
        return null;
      }
    }
    return query.canonical(listed::contains);
  }

  private SecretKeySpec derivedKey(SignatureParameters claim, Key key) {
    String id = claim.accessKeyId() + "/" + claim.scope();
    SecretKeySpec known = derivedKeys.get(id);
    if (known != null) {
      return known;
    }
    byte[] secret = key.secretKey().getBytes(StandardCharsets.UTF_8);
    SecretKeySpec derived = new SecretKeySpec(secret, MAC);
    for (String word : new String[] {claim.day(), claim.region(), claim.service(), "request"}) {
      derived = new SecretKeySpec(hmac(derived, word), MAC);
    }
    if (derivedKeys.size() >= MAX_DERIVED_KEYS) {
      derivedKeys.clear();
    }
    derivedKeys.put(id, derived);
    return derived;
  }

  private static byte[] hmac(SecretKeySpec key, String text) {
    try {
      Mac mac = Mac.getInstance(MAC);
      mac.init(key);
      return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has HmacSHA256", e);
    }
  }

  private static String hash(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }

  // Constant time: the duration must not reveal how much of a secret matched.
  private static boolean sameText(String expected, String actual) {
    return MessageDigest.isEqual(
        expected.getBytes(StandardCharsets.UTF_8), actual.getBytes(StandardCharsets.UTF_8));
  }
}

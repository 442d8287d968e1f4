package io.fleetstop.simulator;

import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.SignatureVerifier.SignedRequest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The signature of a request, from the {@code Authorization} header or the query.
 *
 * @param accessKeyId the access key
 * @param day the day of the credential scope
 * @param region the region of the credential scope
 * @param service the service of the credential scope
 * @param date the time of the signature, as sent
 * @param signedHeaders the signed headers, in the order of the list
 * @param signedQueries the signed parameters, or {@code null} if all are signed
 * @param signature the signature of the client
 * @param securityToken the session token, or {@code null}
 */
record SignatureParameters(
    String accessKeyId,
    String day,
    String region,
    String service,
    String date,
    List<String> signedHeaders,
    @Nullable Set<String> signedQueries,
    String signature,
    @Nullable String securityToken) {

  static final String ALGORITHM = "HMAC-SHA256";

  // Kept with the derived key before the signature is checked. Real ones are far shorter.
  private static final int MAX_SCOPE = 128;

  /** Reads the {@code Authorization} header, or the pre-signed form if there is none. */
  static SignatureParameters of(SignedRequest request) {
    String header = request.canonicalHeader("Authorization");
    return header == null ? ofQuery(request.query()) : ofHeader(request, header);
  }

  /** The credential scope, as used in the string to sign. */
  String scope() {
    return day + "/" + region + "/" + service + "/request";
  }

  private static SignatureParameters ofHeader(SignedRequest request, String header) {
    if (!header.startsWith(ALGORITHM + " ")) {
      throw ApiError.of(GatewayErrors.INVALID_AUTHORIZATION);
    }
    String credential = null;
    String signedHeaders = null;
    String signature = null;
    for (String part : header.substring(ALGORITHM.length()).split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals < 0) {
        throw ApiError.of(GatewayErrors.INVALID_AUTHORIZATION);
      }
      String value = part.substring(equals + 1).trim();
      switch (part.substring(0, equals).trim()) {
        case "Credential" -> credential = value;
        case "SignedHeaders" -> signedHeaders = value;
        case "Signature" -> signature = value;
        default -> throw ApiError.of(GatewayErrors.INVALID_AUTHORIZATION);
      }
    }
    if (credential == null || signedHeaders == null) {
      throw ApiError.of(GatewayErrors.INVALID_AUTHORIZATION);
    }
    String date = request.canonicalHeader("X-Date");
    if (date == null) {
      throw ApiError.of(GatewayErrors.MISSING_REQUEST_INFO, "X-Date");
    }
    return of(
        credential,
        date,
        signedHeaders,
        null,
        signature,
        request.canonicalHeader("X-Security-Token"));
  }

  private static SignatureParameters ofQuery(RequestQuery query) {
    String credential = query.nonEmpty("X-Credential");
    if (credential == null) {
      throw ApiError.of(GatewayErrors.MISSING_AUTHENTICATION_TOKEN);
    }
    if (!ALGORITHM.equals(query.get("X-Algorithm"))) {
      throw ApiError.of(GatewayErrors.INVALID_AUTHORIZATION);
    }
    String date = query.nonEmpty("X-Date");
    String queries = query.nonEmpty("X-SignedQueries");
    if (date == null || queries == null) {
      throw ApiError.of(
          GatewayErrors.MISSING_REQUEST_INFO, date == null ? "X-Date" : "X-SignedQueries");
    }
    String headers = query.get("X-SignedHeaders");
    return of(
        credential,
        date,
        headers == null ? "" : headers,
        new HashSet<>(Arrays.asList(queries.split(";", -1))),
        query.get("X-Signature"),
        query.nonEmpty("X-Security-Token"));
  }

  private static SignatureParameters of(
      String credential,
      String date,
      String signedHeaders,
      @Nullable Set<String> signedQueries,
      @Nullable String signature,
      @Nullable String securityToken) {
    String[] parts = credential.split("/", -1);
    if (parts.length != 5
        || Arrays.stream(parts).anyMatch(String::isEmpty)
        || Arrays.stream(parts).anyMatch(part -> part.length() > MAX_SCOPE)
        || !parts[4].equals("request")
        || !date.startsWith(parts[1])
        || parts[1].length() != 8) {
      throw ApiError.of(GatewayErrors.INVALID_CREDENTIAL);
    }
    if (signature == null || signature.isEmpty()) {
      throw ApiError.of(GatewayErrors.MISSING_SIGNATURE);
    }
    List<String> headers =
        signedHeaders.isEmpty() ? List.of() : List.of(signedHeaders.split(";", -1));
    // A header that is signed twice costs its length each time, before anybody is known.
    long distinct = headers.stream().map(name -> name.toLowerCase(Locale.ROOT)).distinct().count();
    if (distinct < headers.size()) {
      throw ApiError.of(GatewayErrors.INVALID_AUTHORIZATION);
    }
    return new SignatureParameters(
        parts[0],
        parts[1],
        parts[2],
        parts[3],
        date,
        headers,
        signedQueries,
        signature,
        securityToken);
  }
}

package io.fleetstop.sign;

import io.fleetstop.sign.CanonicalQuery.Parameter;
import io.fleetstop.sign.CanonicalRequest.Header;
import io.fleetstop.transport.HttpExchange;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Signs requests for one region and service with {@code HMAC-SHA256}, Volcengine's signature.
 *
 * <p>Signing is a function of request, credentials and time: no I/O, no clock of its own, no lock,
 * nothing that blocks. Safe for concurrent use, and meant to be kept: a signer remembers the key it
 * derived last, and each thread that signs keeps a buffer and its digests. Nothing is logged, and
 * no text of this class or its exceptions holds a secret.
 */
public final class RequestSigner {

  private static final String X_DATE = "X-Date";
  private static final String X_SECURITY_TOKEN = "X-Security-Token";
  private static final String AUTHORIZATION = "Authorization";
  private static final Set<String> PRESIGNED =
      Set.of(
          "X-Algorithm",
          "X-Credential",
          X_DATE,
          "X-Expires",
          "X-NotSignBody",
          X_SECURITY_TOKEN,
          "X-Signature",
          "X-SignedHeaders",
          "X-SignedQueries");
  private static final byte[] NO_BODY = {};

  private final String region;
  private final String service;

  // Digests and a buffer are kept per thread: making them for each signature takes it from 0.75 to
  // 1.2 microseconds and from 0.7 to 2.9 kilobytes. A field, not a constant, so that the keys
  // inside
  // go when the signer goes.
  private final ThreadLocal<SigningBuffer> scratches = ThreadLocal.withInitial(SigningBuffer::new);

  // The last key alone: a client has one set of credentials, and deriving one anew costs a few
  // microseconds. Threads that race here derive the same key.
  private volatile @Nullable SigningKey lastKey;

  private RequestSigner(String region, String service) {
    this.region = requireScopeWord("region", region);
    this.service = requireScopeWord("service", service);
    // The first use of a digest loads its provider from disk: here, not on an event loop.
    SigningBuffer unused = scratches.get();
  }

  /**
   * A signer for requests to {@code service} in {@code region}, {@code ecs} in {@code cn-beijing}
   * for instance.
   *
   * @throws IllegalArgumentException if one of them holds anything but lower-case letters, digits,
   *     {@code -} and {@code _}
   */
  public static RequestSigner of(String region, String service) {
    return new RequestSigner(region, service);
  }

  /**
   * The request with the headers {@code X-Date}, {@code Authorization} and, for temporary
   * credentials, {@code X-Security-Token}, in place of any it has of those names. Method, path,
   * query, host, these headers and the body are covered; other headers are not.
   *
   * <p>A query of {@link CanonicalQuery#of} stays as it is. Any other query, and a path that needs
   * it, is brought to canonical form in the returned request, so that what is sent is what was
   * signed. A plus sign in a query means a plus sign, not a space.
   *
   * @param request what to send; its {@code Host} follows from the address
   * @param credentials who is calling
   * @param now the time of the signature, to the second; the service accepts it for 15 minutes
   * @throws IllegalArgumentException if the method is not made of upper-case letters, if the
   *     address holds half a surrogate pair, or if {@code now} is outside the years 0 to 9999
   */
  public HttpExchange.Request sign(
      HttpExchange.Request request, AccessKey credentials, Instant now) {
    SigningBuffer scratch = scratches.get();
    String method = requireMethod(request.method());
    HttpExchange.Request sent = request.withTarget(canonical(request.target()));
    long second = now.getEpochSecond();
    SigningKey key = key(scratch, CanonicalRequest.epochDay(second), credentials);
    String date = CanonicalRequest.date(scratch, key.day(), second).text();
    Header host = new Header("host", sent.host());
    Header xDate = new Header("x-date", date);
    String token = credentials.sessionToken();
    List<Header> headers =
        token == null
            ? List.of(host, xDate)
            : List.of(host, xDate, new Header("x-security-token", token));
    byte[] hash =
        CanonicalRequest.canonicalRequest(scratch, method, sent.target(), headers, sent.body())
            .hash();
    byte[] signature =
        CanonicalRequest.stringToSign(scratch, date, key.scope(), hash).authenticate(key.key());
    scratch
        .clear()
        .add(CanonicalRequest.ALGORITHM)
        .add(" Credential=")
        .add(credentials.accessKeyId());
    scratch.add('/').add(key.scope()).add(", SignedHeaders=");
    CanonicalRequest.signedHeaders(scratch, headers).add(", Signature=").addHex(signature);
    return sent.replacingHeaders(headers(request.headers(), date, token, scratch.text()));
  }

  /**
   * An address that carries its own signature: whoever opens it with the request's method acts as
   * the owner of the credentials until it expires, 15 minutes after {@code now}. The body is not
   * covered. Treat the address as a secret.
   *
   * @param request the method and address; headers and body play no part
   * @param credentials who is calling
   * @param now the time of the signature, to the second
   * @throws IllegalArgumentException as {@link #sign}
   */
  public URI presign(HttpExchange.Request request, AccessKey credentials, Instant now) {
    return presigned(request, credentials, now, null);
  }

  /**
   * As {@link #presign(HttpExchange.Request, AccessKey, Instant)}, with an end of its own.
   *
   * @param validity how long after {@code now} the address may be used, in whole seconds, at least
   *     one; whether the service honours more than 15 minutes is not documented
   * @throws IllegalArgumentException as {@link #sign}, or if {@code validity} is not as said
   */
  public URI presign(
      HttpExchange.Request request, AccessKey credentials, Instant now, Duration validity) {
    if (validity.getSeconds() < 1 || validity.getNano() != 0) {
      throw new IllegalArgumentException(
          "validity must be whole seconds, at least one, was " + validity);
    }
    return presigned(request, credentials, now, validity);
  }

  private URI presigned(
      HttpExchange.Request request,
      AccessKey credentials,
      Instant now,
      @Nullable Duration validity) {
    SigningBuffer scratch = scratches.get();
    String method = requireMethod(request.method());
    long second = now.getEpochSecond();
    SigningKey key = key(scratch, CanonicalRequest.epochDay(second), credentials);
    String date = CanonicalRequest.date(scratch, key.day(), second).text();
    String path = CanonicalRequest.path(request.target());
    List<Parameter> parameters = new ArrayList<>(CanonicalQuery.parse(query(request.target())));
    parameters.removeIf(parameter -> PRESIGNED.contains(parameter.name()));
    parameters.add(Parameter.of("X-Algorithm", CanonicalRequest.ALGORITHM));
    parameters.add(Parameter.of("X-Credential", credentials.accessKeyId() + '/' + key.scope()));
    parameters.add(Parameter.of(X_DATE, date));
    parameters.add(Parameter.of("X-NotSignBody", ""));
    parameters.add(Parameter.of("X-SignedHeaders", "host"));
    if (validity != null) {
      parameters.add(Parameter.of("X-Expires", Long.toString(validity.toSeconds())));
    }
    parameters.add(Parameter.of("X-SignedQueries", signedQueries(parameters)));
    List<Header> headers = List.of(new Header("host", request.host()));
    String target = path + '?' + CanonicalQuery.join(parameters);
    byte[] hash =
        CanonicalRequest.canonicalRequest(scratch, method, target, headers, NO_BODY).hash();
    byte[] signature =
        CanonicalRequest.stringToSign(scratch, date, key.scope(), hash).authenticate(key.key());
    parameters.add(Parameter.of("X-Signature", scratch.clear().addHex(signature).text()));
    if (credentials.sessionToken() != null) {
      parameters.add(Parameter.of(X_SECURITY_TOKEN, credentials.sessionToken()));
    }
    return request.withTarget(path + '?' + CanonicalQuery.join(parameters)).uri();
  }

  /** The names of the parameters and of this list itself, sorted; names come in encoded form. */
  private static String signedQueries(List<Parameter> parameters) {
    Set<String> names =
        parameters.stream().map(Parameter::name).collect(Collectors.toCollection(TreeSet::new));
    names.add("X-SignedQueries");
    return String.join(";", names);
  }

  private SigningKey key(SigningBuffer scratch, long epochDay, AccessKey credentials) {
    SigningKey key = lastKey;
    if (key == null || !key.fits(epochDay, credentials)) {
      key = SigningKey.of(scratch, epochDay, credentials, region, service);
      lastKey = key;
    }
    return key;
  }

  private static Map<String, String> headers(
      Map<String, String> given, String date, @Nullable String token, String authorization) {
    Map<String, String> headers = new LinkedHashMap<>(given.size() + 4);
    given.forEach(
        (name, value) -> {
          if (!isOurs(name)) {
            headers.put(name, value);
          }
        });
    headers.put(X_DATE, date);
    if (token != null) {
      headers.put(X_SECURITY_TOKEN, token);
    }
    headers.put(AUTHORIZATION, authorization);
    return headers;
  }

  private static boolean isOurs(String name) {
    return name.equalsIgnoreCase(X_DATE)
        || name.equalsIgnoreCase(X_SECURITY_TOKEN)
        || name.equalsIgnoreCase(AUTHORIZATION);
  }

  /**
   * The address as {@link #sign} sends it: the same if it is in canonical form already.
   *
   * @throws IllegalArgumentException if the address holds half a surrogate pair
   */
  public static URI canonical(URI uri) {
    HttpExchange.Request request = HttpExchange.Request.get(uri);
    HttpExchange.Request canonical = request.withTarget(canonical(request.target()));
    return canonical == request ? uri : canonical.uri();
  }

  private static String canonical(String target) {
    String path = CanonicalRequest.path(target);
    boolean isCanonicalPath =
        CanonicalRequest.pathEnd(target) == path.length() && target.startsWith(path);
    if (isCanonicalPath
        && CanonicalQuery.isCanonical(target, CanonicalRequest.queryIndex(target))) {
      return target;
    }
    String canonicalQuery = CanonicalQuery.join(CanonicalQuery.parse(query(target)));
    return canonicalQuery.isEmpty() ? path : path + '?' + canonicalQuery;
  }

  private static String query(String target) {
    return target.substring(CanonicalRequest.queryIndex(target));
  }

  private static String requireMethod(String method) {
    for (int i = 0; i < method.length(); i++) {
      if (method.charAt(i) < 'A' || method.charAt(i) > 'Z') {
        throw new IllegalArgumentException("method must be made of upper-case letters");
      }
    }
    return method;
  }

  private static String requireScopeWord(String field, String value) {
    boolean valid =
        !value.isEmpty()
            && value
                .chars()
                .allMatch(
                    c -> (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_');
    if (!valid) {
      throw new IllegalArgumentException(
          field + " must be lower-case letters, digits, '-' and '_', was \"" + value + '"');
    }
    return value;
  }

  /** The region and the service. */
  @Override
  public String toString() {
    return "RequestSigner[" + region + '/' + service + ']';
  }
}

package io.fleetstop.transport;

import io.fleetstop.error.EcsException;
import java.net.URI;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Sends one HTTP request and collects the whole reply. {@link NettyTransport} is the implementation
 * that fleetstop ships; users may implement another.
 *
 * <p>An implementation must be safe for concurrent use, must not retry a request, must not follow
 * redirects, and must limit the size of a reply.
 */
public interface HttpExchange {

  /**
   * Sends the request and emits its reply.
   *
   * <p><strong>Start:</strong> nothing happens before subscription; each subscription sends the
   * request once. <strong>Cancellation:</strong> ends the exchange; a request that was not sent yet
   * is never sent, and the connection of one that was sent is closed or reset, never reused.
   * <strong>Errors:</strong> every failure is an {@link EcsException} whose {@link
   * EcsException#delivery()} is {@code NOT_SENT} only if no byte of the request can have left, and
   * {@code UNKNOWN} otherwise. A reply with an HTTP error status is a value, not an error.
   *
   * @param request the request with all its headers except {@code Host}, which is derived from the
   *     address
   * @param maySend called once, right before the first byte of the request may be sent: if it
   *     returns {@code false}, nothing is sent and the exchange fails as {@code NOT_SENT}. An
   *     implementation that cannot determine that moment calls it at subscription.
   */
  Mono<Response> exchange(Request request, BooleanSupplier maySend);

  /**
   * Returns the current connection counts; {@link ConnectionCounts#NONE} if they are not counted.
   */
  default ConnectionCounts connections() {
    return ConnectionCounts.NONE;
  }

  /**
   * Releases the resources of this exchange once the running exchanges have ended. Nothing happens
   * before subscription. The default does nothing, for implementations without resources.
   */
  default Mono<Void> disposeLater() {
    return Mono.empty();
  }

  /**
   * A complete, signed request. It keeps a server and a target rather than one address: a client
   * has few servers and many requests, and parsing and joining an address for each allocates 1.2
   * kilobytes.
   */
  final class Request {

    private static final byte[] NO_BODY = {};

    private final String method;
    private final URI server;
    private final String target;
    private final Map<String, String> headers;
    private final byte[] body;

    private Request(
        String method, URI server, String target, Map<String, String> headers, byte[] body) {
      this.method = Objects.requireNonNull(method, "method");
      this.server = server;
      this.target = target;
      this.headers = headers;
      this.body = body;
    }

    /**
     * Creates a request to an address.
     *
     * @param method the HTTP method
     * @param uri the absolute address; path and query are sent exactly as given
     * @param headers names and values, in the order of the map
     * @param body the body, empty for none; not copied, never changed
     */
    public Request(String method, URI uri, Map<String, String> headers, byte[] body) {
      this(method, requireAbsolute(uri), targetOf(uri), headers, body);
    }

    /** A {@code GET} without headers. */
    public static Request get(URI uri) {
      return new Request("GET", uri, Map.of(), NO_BODY);
    }

    /**
     * A {@code GET} without headers.
     *
     * @param server the absolute address of the server, of which only scheme, host and port are
     *     used
     * @param target path and query, sent exactly as given
     * @throws IllegalArgumentException if {@code target} does not begin with a slash, contains
     *     anything other than visible ASCII, or has a fragment
     */
    public static Request get(URI server, String target) {
      return new Request("GET", requireAbsolute(server), requireTarget(target), Map.of(), NO_BODY);
    }

    /** The HTTP method. */
    public String method() {
      return method;
    }

    /** An address of the server, of which only scheme, host and port are used. */
    public URI server() {
      return server;
    }

    /** Path and query, as they are sent. */
    public String target() {
      return target;
    }

    /** The whole address, created on each call. */
    public URI uri() {
      return URI.create(server.getScheme() + "://" + server.getRawAuthority() + target);
    }

    /** The {@code Host} header: with the port unless it is the scheme's own. */
    public String host() {
      return Authority.hostHeader(server, authority());
    }

    /** Names and values, in their order. */
    public Map<String, String> headers() {
      return headers;
    }

    /** The body, empty for none; not copied. */
    public byte[] body() {
      return body;
    }

    /** Returns a copy with additional headers, which replace those of the same name. */
    public Request withHeaders(Map<String, String> additional) {
      Map<String, String> all = new LinkedHashMap<>(headers);
      all.putAll(additional);
      return replacingHeaders(all);
    }

    /** Returns a copy with these headers instead of all its own; the map is not copied. */
    public Request replacingHeaders(Map<String, String> headers) {
      return new Request(method, server, target, headers, body);
    }

    /** Returns a copy with another path and query, under the rules of {@link #get(URI, String)}. */
    public Request withTarget(String target) {
      return target.equals(this.target)
          ? this
          : new Request(method, server, requireTarget(target), headers, body);
    }

    /** Host and port of the server. */
    Authority authority() {
      return Objects.requireNonNull(Authority.of(server), "checked");
    }

    private static URI requireAbsolute(URI uri) {
      if (Authority.of(uri) == null || uri.getScheme() == null) {
        // Without the rest: its user information and its query may contain secrets.
        throw new IllegalArgumentException(
            "uri must be absolute, with a host, was one of scheme " + uri.getScheme());
      }
      return uri;
    }

    private static String targetOf(URI uri) {
      String path = uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
      String query = uri.getRawQuery();
      return query == null ? path : path + '?' + query;
    }

    private static String requireTarget(String target) {
      boolean valid = target.startsWith("/");
      for (int i = 0; valid && i < target.length(); i++) {
        char c = target.charAt(i);
        valid = c > ' ' && c < 0x7f && c != '#';
      }
      if (!valid) {
        // The value is not shown: a query may contain secrets.
        throw new IllegalArgumentException(
            "target must be a path and a query of visible ASCII, without a fragment");
      }
      return target;
    }

    /** Shows only the method and the server: queries and headers may contain secrets. */
    @Override
    public String toString() {
      return "Request["
          + method
          + " "
          + server.getScheme()
          + "://"
          + server.getRawAuthority()
          + "]";
    }
  }

  /**
   * A complete reply.
   *
   * @param status the HTTP status
   * @param headers header names in lower case, with their values
   * @param body the body after content decoding, empty if there was none; not copied
   */
  @SuppressWarnings("ArrayRecordComponent") // replies are never compared
  record Response(int status, Map<String, List<String>> headers, byte[] body) {

    /** Returns the first value of a header, in any case, or {@code null}. */
    public @Nullable String header(String name) {
      List<String> values = headers.get(name.toLowerCase(Locale.ROOT));
      return values == null || values.isEmpty() ? null : values.get(0);
    }

    /** Returns the time in a header such as {@code Date}, or {@code null} if it has none. */
    public @Nullable Instant time(String name) {
      String value = header(name);
      try {
        return value == null
            ? null
            : ZonedDateTime.parse(value.trim(), DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      } catch (DateTimeException e) {
        return null;
      }
    }

    /** Shows only the status and the size. */
    @Override
    public String toString() {
      return "Response[" + status + ", " + body.length + " bytes]";
    }
  }
}

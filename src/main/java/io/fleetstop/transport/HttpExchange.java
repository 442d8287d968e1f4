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
 * Sends one HTTP request and gathers the whole reply. {@link NettyTransport} is the implementation
 * that fleetstop ships; users may bring another.
 *
 * <p>An implementation must be safe for concurrent use, must not repeat a request on its own, must
 * not follow redirects, and must bound the size of a reply.
 */
public interface HttpExchange {

  /**
   * One exchange.
   *
   * <p><strong>Start:</strong> nothing happens before subscription; each subscription sends the
   * request once. <strong>Cancellation:</strong> ends the exchange; a request that was not sent yet
   * is not sent any more, and the connection of one that was is closed or reset, never reused.
   * <strong>Errors:</strong> every failure is an {@link EcsException} whose {@link
   * EcsException#delivery()} is {@code NOT_SENT} only if no byte of the request can have left, and
   * {@code UNKNOWN} otherwise. A reply with an HTTP error status is a value, not an error.
   *
   * @param request what to send, with every header it needs but {@code Host}, which follows from
   *     the address
   * @param maySend asked once, right before the first byte of the request may leave: if it answers
   *     {@code false}, nothing is sent and the exchange fails as {@code NOT_SENT}. An
   *     implementation that cannot tell when that is asks at subscription.
   */
  Mono<Response> exchange(Request request, BooleanSupplier maySend);

  /** The connections at present; {@link ConnectionGauges#NONE} where they are not counted. */
  default ConnectionGauges connections() {
    return ConnectionGauges.NONE;
  }

  /**
   * Ends the exchange's own resources after the running calls; cold. Nothing by default, for
   * implementations that own none.
   */
  default Mono<Void> disposeLater() {
    return Mono.empty();
  }

  /**
   * A request, complete and signed.
   *
   * @param method the HTTP method
   * @param uri the absolute address; path and query are sent exactly as they stand here
   * @param headers names and values, in the order of the map
   * @param body the body, empty for none; not copied, never changed
   */
  @SuppressWarnings("ArrayRecordComponent") // exchanges are passed on, never compared
  record Request(String method, URI uri, Map<String, String> headers, byte[] body) {

    /** Checks that the address is absolute. */
    public Request {
      Objects.requireNonNull(method, "method");
      if (uri.getHost() == null || uri.getScheme() == null) {
        throw new IllegalArgumentException("uri must be absolute, was " + uri);
      }
    }

    /** A {@code GET} without headers. */
    public static Request get(URI uri) {
      return new Request("GET", uri, Map.of(), new byte[0]);
    }

    /** This request with further headers, which replace those of the same name. */
    public Request withHeaders(Map<String, String> further) {
      Map<String, String> all = new LinkedHashMap<>(headers);
      all.putAll(further);
      return new Request(method, uri, all, body);
    }

    /** The method and the host alone: queries and headers may hold secrets. */
    @Override
    public String toString() {
      return "Request[" + method + " " + uri.getScheme() + "://" + uri.getRawAuthority() + "]";
    }
  }

  /**
   * A whole reply.
   *
   * @param status the HTTP status
   * @param headers header names in lower case, with their values
   * @param body the body after content decoding, empty if there was none; not copied
   */
  @SuppressWarnings("ArrayRecordComponent") // exchanges are passed on, never compared
  record Response(int status, Map<String, List<String>> headers, byte[] body) {

    /** The first value of a header, whatever its case, or {@code null}. */
    public @Nullable String header(String name) {
      List<String> values = headers.get(name.toLowerCase(Locale.ROOT));
      return values == null || values.isEmpty() ? null : values.get(0);
    }

    /** The time that a header says, as {@code Date} does, or {@code null} if it says none. */
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

    /** The status and the size alone. */
    @Override
    public String toString() {
      return "Response[" + status + ", " + body.length + " bytes]";
    }
  }
}

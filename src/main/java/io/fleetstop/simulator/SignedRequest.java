package io.fleetstop.simulator;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request as it came over the wire.
 *
 * @param method the HTTP method
 * @param target path and query, undecoded
 * @param query the query, decoded
 * @param headers the headers
 * @param body the body, empty for none
 */
@SuppressWarnings("ArrayRecordComponent") // passed on, never compared
record SignedRequest(
    String method, String target, RequestQuery query, HttpHeaders headers, byte[] body) {

  static SignedRequest of(String method, String target, HttpHeaders headers, byte[] body) {
    return new SignedRequest(method, target, RequestQuery.ofTarget(target), headers, body);
  }

  /** The value of a header as it goes into the canonical request, or {@code null}. */
  @Nullable String header(String name) {
    List<String> values = headers.getAll(name);
    return switch (values.size()) {
      case 0 -> null;
      case 1 -> values.get(0).trim();
      default -> String.join(",", values.stream().map(String::trim).toList());
    };
  }
}

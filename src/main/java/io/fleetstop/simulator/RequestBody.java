package io.fleetstop.simulator;

import io.netty.handler.codec.http.TooLongHttpContentException;
import java.io.ByteArrayOutputStream;

/**
 * A request's body, up to a bound.
 *
 * <p>What exceeds the bound is read and discarded up to a second one before the body is rejected: a
 * connection that is closed while bytes of the request are unread is reset, and a reset takes the
 * status from a client that is still sending.
 */
final class RequestBody {

  static final int MAX_BYTES = 1 << 20;
  static final int MAX_DISCARDED_BYTES = 1 << 24;

  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private long received;

  void add(byte[] chunk) {
    received += chunk.length;
    if (received <= MAX_BYTES) {
      kept.writeBytes(chunk);
    } else if (received > MAX_DISCARDED_BYTES) {
      throw tooLong();
    }
  }

  byte[] bytes() {
    if (received > MAX_BYTES) {
      throw tooLong();
    }
    return kept.toByteArray();
  }

  private static TooLongHttpContentException tooLong() {
    return new TooLongHttpContentException("body exceeds " + MAX_BYTES + " bytes");
  }
}

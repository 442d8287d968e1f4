package io.fleetstop.transport;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/** Collects a reply's body up to a size limit. Not thread-safe; one per subscription. */
final class BoundedBody {

  private static final byte[] EMPTY = new byte[0];

  private final int maxBytes;
  private byte[] bytes = EMPTY;
  private int size;

  BoundedBody(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Copies the chunk's bytes and does not release the chunk. */
  void append(ByteBuf chunk) {
    int length = chunk.readableBytes();
    if (length > maxBytes - size) {
      throw new TooLargeException(maxBytes);
    }
    if (size + length > bytes.length) {
      // Most replies are one chunk: the first growth is exact, later ones double.
      int capacity = size == 0 ? length : Math.max(size + length, Math.min(maxBytes, 2 * size));
      bytes = Arrays.copyOf(bytes, capacity);
    }
    chunk.getBytes(chunk.readerIndex(), bytes, size, length);
    size += length;
  }

  byte[] toByteArray() {
    return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
  }

  /** The body exceeds the limit. Used for control flow only, so it has no stack trace. */
  static final class TooLargeException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    TooLargeException(long maxBytes) {
      super("the reply has more than " + maxBytes + " bytes", null, false, false);
    }
  }
}

package io.fleetstop;

import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Client tokens that no other client makes: a random part, drawn when the client is built because a
 * secure random source may block, and a count.
 */
final class ClientTokens {

  private final String prefix = UUID.randomUUID().toString() + "-";
  private final AtomicLong count = new AtomicLong();

  String next() {
    return prefix + Long.toHexString(count.incrementAndGet());
  }
}

package io.fleetstop.simulator;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The client tokens in use, with the fingerprint of their request. The scope of a token is its
 * action, because all keys belong to one account. Only calls that took effect are stored: a
 * rejected call may be retried with the same token.
 */
final class IdempotencyStore {

  /** The state of the token of a call. */
  enum Claim {
    /** Not in use: the caller must {@link #complete} or {@link #release} it. */
    FRESH,
    /** The first call with the token has not been answered yet. */
    IN_PROCESS,
    /** Used by an identical request: the first reply is repeated. */
    REPEATED,
    /** Used by a different request. */
    MISMATCH
  }

  private static final int MAX_TOKENS = 500_000;

  private static final class Use {

    final String fingerprint;
    volatile boolean done;
    volatile long answeredAt;

    Use(String fingerprint) {
      this.fingerprint = fingerprint;
    }
  }

  private final Map<String, Use> uses = new ConcurrentHashMap<>();
  private final Queue<String> oldest = new ConcurrentLinkedQueue<>();
  private final AtomicInteger kept = new AtomicInteger();

  Claim claim(String action, String token, String fingerprint, long now) {
    Use first = uses.putIfAbsent(key(action, token), new Use(fingerprint));
    if (first == null) {
      return Claim.FRESH;
    }
    if (!first.fingerprint.equals(fingerprint)) {
      return Claim.MISMATCH;
    }
    return first.done && now - first.answeredAt >= 0 ? Claim.REPEATED : Claim.IN_PROCESS;
  }

  /** Stores the token of a call that took effect. Repeats are answered from {@code answeredAt}. */
  void complete(String action, String token, long answeredAt) {
    String key = key(action, token);
    Use use = uses.get(key);
    if (use != null) {
      use.answeredAt = answeredAt;
      use.done = true;
      oldest.add(key);
      if (kept.incrementAndGet() > MAX_TOKENS) {
        kept.decrementAndGet();
        String evicted = oldest.poll();
        if (evicted != null) {
          uses.remove(evicted);
        }
      }
    }
  }

  /** Frees the token of a call that had no effect. */
  void release(String action, String token) {
    uses.remove(key(action, token));
  }

  private static String key(String action, String token) {
    return action + '\n' + token;
  }
}

package io.fleetstop.simulator;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Which client tokens were used, and for what. All keys belong to one account, so that a token's
 * scope is its action. Only calls that had their effect are remembered: repeating one that was
 * refused is a new try, or a lock that has passed would be reported for ever.
 */
final class IdempotencyStore {

  /** What a token means for the call that carries it. */
  enum Claim {
    /** Nobody used it: the caller must {@link #complete} or {@link #release} it. */
    FRESH,
    /** The call that brought it is not answered yet. */
    IN_PROCESS,
    /** It was used for the same call: the first answer holds. */
    REPEATED,
    /** It was used for another call. */
    MISMATCH
  }

  private static final int MAX_TOKENS = 500_000;

  private static final class Use {

    final String parameters;
    volatile boolean done;
    volatile long answeredAt;

    Use(String parameters) {
      this.parameters = parameters;
    }
  }

  private final Map<String, Use> uses = new ConcurrentHashMap<>();
  private final Queue<String> oldest = new ConcurrentLinkedQueue<>();
  private final AtomicInteger kept = new AtomicInteger();

  Claim claim(String action, String token, String parameters, long now) {
    Use first = uses.putIfAbsent(key(action, token), new Use(parameters));
    if (first == null) {
      return Claim.FRESH;
    }
    if (!first.parameters.equals(parameters)) {
      return Claim.MISMATCH;
    }
    return first.done && now - first.answeredAt >= 0 ? Claim.REPEATED : Claim.IN_PROCESS;
  }

  /** The call had its effect and will be answered at a time, from which on it can be repeated. */
  void complete(String action, String token, long answeredAt) {
    String key = key(action, token);
    Use use = uses.get(key);
    if (use != null) {
      use.answeredAt = answeredAt;
      use.done = true;
      oldest.add(key);
      if (kept.incrementAndGet() > MAX_TOKENS) {
        kept.decrementAndGet();
        String forgotten = oldest.poll();
        if (forgotten != null) {
          uses.remove(forgotten);
        }
      }
    }
  }

  /** The call had no effect: the token is as good as new. */
  void release(String action, String token) {
    uses.remove(key(action, token));
  }

  private static String key(String action, String token) {
    return action + '\n' + token;
  }
}

package io.fleetstop.simulator;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.simulator.Gateway.OperationRequest;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

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
    volatile @Nullable ObjectNode reply;

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

  /**
   * Claims the token of a call; {@code false} if it repeats one that was answered.
   *
   * @throws ApiError if the first call is in process, or had other parameters
   */
  boolean claimFresh(OperationRequest request, String token, String fingerprint) {
    return switch (claim(request.action(), token, fingerprint, request.now())) {
      case FRESH -> true;
      case REPEATED -> false;
      case IN_PROCESS -> throw ApiError.of(EcsErrors.IDEMPOTENT_PROCESSING);
      case MISMATCH -> throw ApiError.of(EcsErrors.IDEMPOTENT_PARAMETER_MISMATCH);
    };
  }

  /** The reply that was stored with a token, or {@code null} for none. */
  @Nullable ObjectNode reply(String action, String token) {
    Use use = uses.get(key(action, token));
    return use == null ? null : use.reply;
  }

  /**
   * Stores the token of a call that was carried out. Repeats are answered from {@code answeredAt}.
   *
   * @param reply the reply for {@link #reply}, or {@code null} if it is always the same
   */
  void complete(String action, String token, long answeredAt, @Nullable ObjectNode reply) {
    String key = key(action, token);
    Use use = uses.get(key);
    if (use != null) {
      use.reply = reply;
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

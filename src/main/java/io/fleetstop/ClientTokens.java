package io.fleetstop;

import io.fleetstop.model.EcsAction;
import io.fleetstop.model.EcsAction.Idempotency;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes client tokens that are unique across clients: a random part and a count. The random part is
 * drawn when the client is built, because a secure random source may block.
 */
final class ClientTokens {

  private final String prefix = UUID.randomUUID().toString() + "-";
  private final AtomicLong count = new AtomicLong();

  /** Adds a token to an action that takes one and has none. */
  <T> EcsAction<T> addTo(EcsAction<T> action) {
    return action.idempotency() == Idempotency.TOKEN && action.clientToken() == null
        ? action.withClientToken(prefix + Long.toHexString(count.incrementAndGet()))
        : action;
  }
}

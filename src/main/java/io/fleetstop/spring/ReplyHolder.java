package io.fleetstop.spring;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * Owns the reply of one attempt until the caller has it. A cancel or timeout may drop a reply
 * between two operators, and a dropped reply keeps its connection: the terminator of the attempt
 * releases it here, even if the reply arrives later.
 */
final class ReplyHolder {

  private final AtomicReference<@Nullable ClientResponse> reply = new AtomicReference<>();
  private volatile boolean released;

  void hold(ClientResponse response) {
    reply.set(response);
    if (released) {
      release();
    }
  }

  /** Passes the reply to the caller, who must consume it; {@code null} if there is none. */
  @Nullable ClientResponse claim() {
    return reply.getAndSet(null);
  }

  void release() {
    released = true;
    ClientResponse unclaimed = claim();
    if (unclaimed != null) {
      BufferedReply.discard(unclaimed);
    }
  }
}

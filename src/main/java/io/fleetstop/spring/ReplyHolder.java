package io.fleetstop.spring;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.ClientResponse;

/**
 * The reply to one try, on its way to its caller. A cancel or a timeout may meet it between any two
 * operators, and what is dropped there keeps its connection: whoever ends the try lets go of it
 * here, also if it comes later.
 */
final class ReplyHolder {

  private final AtomicReference<@Nullable ClientResponse> reply = new AtomicReference<>();
  private volatile boolean isOver;

  void hold(ClientResponse response) {
    reply.set(response);
    if (isOver) {
      release();
    }
  }

  /** The reply, which is its caller's from now on; {@code null} if there is none any more. */
  @Nullable ClientResponse claim() {
    return reply.getAndSet(null);
  }

  void release() {
    isOver = true;
    ClientResponse unclaimed = claim();
    if (unclaimed != null) {
      BufferedReply.discard(unclaimed);
    }
  }
}

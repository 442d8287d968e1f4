package io.fleetstop.blockhound;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Records the calls that blocked a non-blocking thread. The error is also thrown there, but may end
 * in a log or in the status of a response, where a test would not see it.
 */
public final class BlockingCalls implements BlockHoundIntegration {

  private static final Queue<BlockingOperationError> BLOCKED = new ConcurrentLinkedQueue<>();

  @Override
  public void applyTo(BlockHound.Builder builder) {
    // Test threads share the virtual scheduler with event loops; its queue has a short lock.
    builder.allowBlockingCallsInside(
        "reactor.test.scheduler.VirtualTimeScheduler$VirtualTimeWorker", "doScheduleAtTime");
    // The driver of Redis creates the context of each secure connection on an event loop of its
    // own,
    // which reads the seed of a random number.
    builder.allowBlockingCallsInside(
        "io.lettuce.core.SslConnectionBuilder$SslChannelInitializer", "initializeSSLEngine");
    builder.blockingMethodCallback(
        method -> {
          BlockingOperationError error = new BlockingOperationError(method);
          BLOCKED.add(error);
          throw error;
        });
  }

  /** Returns and removes the recorded errors. */
  public static List<BlockingOperationError> take() {
    List<BlockingOperationError> taken = new ArrayList<>();
    for (BlockingOperationError next = BLOCKED.poll(); next != null; next = BLOCKED.poll()) {
      taken.add(next);
    }
    return taken;
  }
}

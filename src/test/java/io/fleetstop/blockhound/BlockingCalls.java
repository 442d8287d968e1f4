package io.fleetstop.blockhound;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import reactor.blockhound.BlockHound;
import reactor.blockhound.BlockingOperationError;
import reactor.blockhound.integration.BlockHoundIntegration;

/**
 * Remembers what blocked a thread that must not be blocked. The error is thrown there all the same,
 * but may end as a line in a log or the status of a response, where a test would not see it.
 */
public final class BlockingCalls implements BlockHoundIntegration {

  private static final Queue<BlockingOperationError> SEEN = new ConcurrentLinkedQueue<>();

  @Override
  public void applyTo(BlockHound.Builder builder) {
    // Test threads share the virtual scheduler with event loops; its queue has a short lock.
    builder.allowBlockingCallsInside(
        "reactor.test.scheduler.VirtualTimeScheduler$VirtualTimeWorker", "doScheduleAtTime");
    builder.blockingMethodCallback(
        method -> {
          BlockingOperationError error = new BlockingOperationError(method);
          SEEN.add(error);
          throw error;
        });
  }

  /** Those that have not been taken yet. */
  public static List<BlockingOperationError> take() {
    List<BlockingOperationError> taken = new ArrayList<>();
    for (BlockingOperationError next = SEEN.poll(); next != null; next = SEEN.poll()) {
      taken.add(next);
    }
    return taken;
  }
}

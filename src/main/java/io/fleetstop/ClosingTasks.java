package io.fleetstop;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsExceptions;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** What a client does before it closes. Safe for concurrent use. */
final class ClosingTasks {

  private static final Logger LOG = LoggerFactory.getLogger(ClosingTasks.class);

  private final Duration timeout;
  private final Set<Mono<Void>> tasks = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  /**
   * Creates an empty set.
   *
   * @param timeout the maximum duration of all tasks
   */
  ClosingTasks(Duration timeout) {
    this.timeout = timeout;
  }

  /**
   * Adds a task until the result is disposed.
   *
   * @throws EcsException if the client is closing
   */
  Disposable add(Mono<Void> task) {
    tasks.add(task);
    // Read after the addition: otherwise a close between both would miss the task.
    if (closing) {
      tasks.remove(task);
      throw EcsExceptions.clientClosed();
    }
    return () -> tasks.remove(task);
  }

  /** Starts all tasks and completes when they have, or at the timeout. Never fails. */
  Mono<Void> run() {
    return Mono.defer(
            () -> {
              closing = true;
              return Mono.whenDelayError(List.copyOf(tasks));
            })
        .timeout(timeout, Mono.fromRunnable(this::logUnfinished))
        .doOnError(ClosingTasks::logFailure)
        .onErrorComplete();
  }

  private void logUnfinished() {
    LOG.warn(
        "{} runs have not ended {} after their client began to close; raise closeTimeout to let"
            + " them finish",
        tasks.size(),
        timeout);
  }

  private static void logFailure(Throwable failure) {
    LOG.warn("A task before the close of a client failed", failure);
  }
}

package io.fleetstop.fleet;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/**
 * Runs tasks one at a time and in their order, on the threads that add them, so that they may share
 * state without locks. Never locks itself; a task that is added by a task runs after it.
 */
final class SerialTasks {

  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicInteger wip = new AtomicInteger();
  private final Runnable afterEach;

  /**
   * Creates an empty queue.
   *
   * @param afterEach runs after each round of tasks, also as one of them
   */
  SerialTasks(Runnable afterEach) {
    this.afterEach = afterEach;
  }

  /** Runs a task now, or after those that run. */
  void execute(Runnable task) {
    tasks.add(task);
    run();
  }

  /** Runs what comes after a round of tasks. */
  void run() {
    if (wip.getAndIncrement() != 0) {
      return;
    }
    @Nullable Throwable first = null;
    int missed = 1;
    do {
      first = firstOf(first, drain());
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
    if (first != null) {
      throw Exceptions.propagate(first);
    }
  }

  private static @Nullable Throwable firstOf(@Nullable Throwable first, @Nullable Throwable next) {
    return first == null ? next : first;
  }

  /** A task that throws must not keep the others from running. */
  private @Nullable Throwable drain() {
    @Nullable Throwable first = null;
    for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
      first = firstOf(first, attempt(task));
    }
    return firstOf(first, attempt(afterEach));
  }

  private static @Nullable Throwable attempt(Runnable task) {
    try {
      task.run();
      return null;
    } catch (Throwable thrown) {
      return thrown;
    }
  }
}

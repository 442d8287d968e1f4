package io.fleetstop.fleet;

import java.util.Iterator;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/** A scheduler whose clock is moved by hand, and whose timers fire on the thread that moves it. */
final class HandScheduler implements Scheduler {

  private record Timer(long dueNanos, Runnable task, Disposable handle) {}

  private final AtomicLong nanos = new AtomicLong();
  private final Queue<Timer> timers = new ConcurrentLinkedQueue<>();

  /** Moves the clock and fires what is due by then; what is armed meanwhile waits. */
  void moveBySeconds(int seconds) {
    long now = nanos.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
    for (Iterator<Timer> each = timers.iterator(); each.hasNext(); ) {
      Timer timer = each.next();
      if (timer.dueNanos <= now) {
        each.remove();
        if (!timer.handle.isDisposed()) {
          timer.task.run();
        }
      }
    }
  }

  @Override
  public long now(TimeUnit unit) {
    return unit.convert(nanos.get(), TimeUnit.NANOSECONDS);
  }

  @Override
  public Disposable schedule(Runnable task) {
    return schedule(task, 0, TimeUnit.NANOSECONDS);
  }

  @Override
  public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
    Disposable handle = Disposables.single();
    timers.add(new Timer(nanos.get() + unit.toNanos(delay), task, handle));
    return handle;
  }

  @Override
  public Worker createWorker() {
    throw new UnsupportedOperationException("a waiter has no worker");
  }
}

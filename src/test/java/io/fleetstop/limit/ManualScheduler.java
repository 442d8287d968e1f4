package io.fleetstop.limit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.scheduler.Scheduler;

/** A single-threaded scheduler whose clock can jump and which counts pending timers. */
final class ManualScheduler implements Scheduler {

  private final AtomicLong nanos;
  private final List<Timer> timers = new ArrayList<>();

  ManualScheduler(AtomicLong nanos) {
    this.nanos = nanos;
  }

  int armed() {
    return timers.size();
  }

  void advance(Duration by) {
    nanos.addAndGet(by.toNanos());
    runDue();
  }

  void runDue() {
    for (Timer due = nextDue(); due != null; due = nextDue()) {
      timers.remove(due);
      due.task.run();
    }
  }

  private @Nullable Timer nextDue() {
    return timers.stream()
        .filter(timer -> timer.dueNanos <= nanos.get())
        .min(Comparator.comparingLong(timer -> timer.dueNanos))
        .orElse(null);
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
    Timer timer = new Timer(nanos.get() + unit.toNanos(delay), task);
    timers.add(timer);
    return () -> timers.remove(timer);
  }

  @Override
  public Worker createWorker() {
    throw new UnsupportedOperationException("one timer at a time is all that a limiter needs");
  }

  private static final class Timer {
    private final long dueNanos;
    private final Runnable task;

    Timer(long dueNanos, Runnable task) {
      this.dueNanos = dueNanos;
      this.task = task;
    }
  }
}

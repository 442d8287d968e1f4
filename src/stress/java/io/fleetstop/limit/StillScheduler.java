package io.fleetstop.limit;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;

/** A scheduler with a manual clock, whose timers never fire. */
final class StillScheduler implements Scheduler {

  private final AtomicLong nanos = new AtomicLong();

  void moveBySeconds(int seconds) {
    nanos.addAndGet(TimeUnit.SECONDS.toNanos(seconds));
  }

  @Override
  public long now(TimeUnit unit) {
    return unit.convert(nanos.get(), TimeUnit.NANOSECONDS);
  }

  @Override
  public Disposable schedule(Runnable task) {
    return Disposables.single();
  }

  @Override
  public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
    return Disposables.single();
  }

  @Override
  public Worker createWorker() {
    throw new UnsupportedOperationException("a limiter has no worker");
  }
}

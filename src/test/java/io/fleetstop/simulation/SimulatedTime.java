package io.fleetstop.simulation;

import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * The only scheduler of a simulation. Tasks run one at a time, in the order of their time and then
 * of their submission, when {@link #step()} is called. Single-threaded.
 */
final class SimulatedTime implements Scheduler {

  /** A scheduled task. Tasks of the environment do not count as timers of the code under test. */
  private static final class Task implements Disposable {

    private final long at;
    private final long order;
    private final boolean external;
    private final SimulatedTime owner;
    private @Nullable Runnable action;

    Task(SimulatedTime owner, long at, long order, boolean external, Runnable action) {
      this.owner = owner;
      this.at = at;
      this.order = order;
      this.external = external;
      this.action = action;
    }

    @Override
    public void dispose() {
      if (action != null) {
        action = null;
        owner.timers -= external ? 0 : 1;
      }
    }

    @Override
    public boolean isDisposed() {
      return action == null;
    }
  }

  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(
          Comparator.comparingLong((Task task) -> task.at).thenComparingLong(task -> task.order));
  private long now;
  private long submitted;
  private int timers;

  /** Replaces all schedulers of Reactor; {@code Schedulers.resetFactory()} undoes it. */
  void install() {
    Scheduler time = this;
    Schedulers.setFactory(
        new Schedulers.Factory() {
          @Override
          public Scheduler newParallel(int parallelism, ThreadFactory threads) {
            return time;
          }

          @Override
          public Scheduler newBoundedElastic(int cap, int queue, ThreadFactory threads, int ttl) {
            return time;
          }

          @Override
          public Scheduler newSingle(ThreadFactory threads) {
            return time;
          }
        });
  }

  /** Runs the next task; {@code false} if there is none. */
  boolean step() {
    while (true) {
      Task next = tasks.poll();
      if (next == null) {
        return false;
      }
      Runnable action = next.action;
      if (action != null) {
        next.dispose();
        now = Math.max(now, next.at);
        action.run();
        return true;
      }
    }
  }

  /** Runs the tasks that are due now, of the code under test and of the environment. */
  void runDue() {
    for (Task next = tasks.peek(); next != null && next.at <= now; next = tasks.peek()) {
      if (next.action == null) {
        tasks.poll();
      } else {
        step();
      }
    }
  }

  /** The number of pending tasks of the code under test. */
  int timers() {
    return timers;
  }

  long nanos() {
    return now;
  }

  /** Schedules a task of the environment: the network, the service, the user. */
  void external(Duration delay, Runnable action) {
    add(delay.toNanos(), true, action);
  }

  private Task add(long delayNanos, boolean external, Runnable action) {
    Task task = new Task(this, now + Math.max(0, delayNanos), submitted++, external, action);
    timers += external ? 0 : 1;
    tasks.add(task);
    return task;
  }

  @Override
  public Disposable schedule(Runnable action) {
    return add(0, false, action);
  }

  @Override
  public Disposable schedule(Runnable action, long delay, TimeUnit unit) {
    return add(unit.toNanos(delay), false, action);
  }

  @Override
  public Disposable schedulePeriodically(
      Runnable action, long initialDelay, long period, TimeUnit unit) {
    Disposable.Swap current = Disposables.swap();
    Runnable repeating =
        new Runnable() {
          @Override
          public void run() {
            action.run();
            if (!current.isDisposed()) {
              current.update(add(unit.toNanos(period), false, this));
            }
          }
        };
    current.update(add(unit.toNanos(initialDelay), false, repeating));
    return current;
  }

  @Override
  public long now(TimeUnit unit) {
    return unit.convert(now, TimeUnit.NANOSECONDS);
  }

  @Override
  public Worker createWorker() {
    Disposable.Composite pending = Disposables.composite();
    return new Worker() {
      @Override
      public Disposable schedule(Runnable action) {
        return schedule(action, 0, TimeUnit.NANOSECONDS);
      }

      @Override
      public Disposable schedule(Runnable action, long delay, TimeUnit unit) {
        if (pending.isDisposed()) {
          return Disposables.disposed();
        }
        Disposable.Swap self = Disposables.swap();
        pending.add(self);
        self.update(
            SimulatedTime.this.schedule(
                () -> {
                  pending.remove(self);
                  action.run();
                },
                delay,
                unit));
        return self;
      }

      @Override
      public Disposable schedulePeriodically(
          Runnable action, long initialDelay, long period, TimeUnit unit) {
        Disposable task =
            SimulatedTime.this.schedulePeriodically(action, initialDelay, period, unit);
        pending.add(task);
        return task;
      }

      @Override
      public void dispose() {
        pending.dispose();
      }

      @Override
      public boolean isDisposed() {
        return pending.isDisposed();
      }
    };
  }

  /** Without effect: a change of Reactor's factory must not end the simulation. */
  @Override
  public void dispose() {}
}

package io.fleetstop.limit;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.limit.RateLimiter.Permit;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A queue of subscribers that are granted the permits of a {@link PermitSupply}.
 *
 * <p>Serialised by a drain loop: each event (a new subscriber, a timer, a changed rate) increments
 * {@code wip}, and the thread that found it at zero drains until no event is left. Supply, queue
 * and timer belong to that thread, so nothing locks, and a subscriber that requests again during
 * its grant is handled by the loop, not by recursion.
 */
final class PermitQueue implements Waiter.WaitQueue {

  /** Where permits come from. Each method is called by the draining thread only. */
  interface PermitSupply {

    /** A drain begins, with this number of subscribers in the queue. */
    void refresh(long now, int queued);

    /** Whether a permit is available. */
    boolean isAvailable(long now);

    /** Returns a permit that is available. */
    Permit take(long now);

    /** Returns the nanoseconds until there may be a permit, with this number still queued. */
    long nanosUntilAvailable(long now, int queued);
  }

  /** A timer that is early by less than this is not rescheduled. */
  private static final long WAKE_UP_TOLERANCE_NANOS = 1_000;

  /** Fewer cancelled subscribers than this are removed only when they reach the head. */
  private static final int MIN_CANCELLED_TO_REMOVE = 64;

  private final int maxWaiting;
  private final Supplier<Scheduler> schedulers;
  private final PermitSupply supply;
  private final Queue<Waiter> arrivals = new ConcurrentLinkedQueue<>();
  private final AtomicInteger wip = new AtomicInteger();
  private final DeferredFatal fatal = new DeferredFatal();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger cancelledInQueue = new AtomicInteger();

  // Written by the draining thread.
  private final FairQueue<Waiter> queue = new FairQueue<>(CallFlow.NONE);
  private @Nullable WakeUp wakeUp;

  PermitQueue(int maxWaiting, Supplier<Scheduler> schedulers, PermitSupply supply) {
    this.maxWaiting = maxWaiting;
    this.schedulers = schedulers;
    this.supply = supply;
  }

  Mono<Permit> acquire() {
    return Waiter.in(this);
  }

  int waiting() {
    return waiting.get();
  }

  @Override
  public void enqueue(Waiter waiter) {
    arrivals.offer(waiter);
    drain();
  }

  /** The entry itself is removed later. */
  @Override
  public void onCancelled() {
    int stale = cancelledInQueue.incrementAndGet();
    int still = waiting.decrementAndGet();
    if (still == 0 || (stale >= MIN_CANCELLED_TO_REMOVE && stale > still)) {
      drain();
    }
  }

  /** Returns the length of the queue, including cancelled entries; for tests. */
  int queueLength() {
    return queue.size();
  }

  void drain() {
    if (wip.getAndIncrement() != 0) {
      return;
    }
    int missed = 1;
    do {
      drainOnce();
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
    fatal.rethrow();
  }

  @Override
  public void onFatal(Throwable thrown) {
    fatal.capture(thrown);
  }

  private void drainOnce() {
    Scheduler scheduler = schedulers.get();
    long now = scheduler.now(NANOSECONDS);
    supply.refresh(now, queue.size());
    removeCancelled();
    grantQueued(now);
    admitArrivals(now);
    scheduleWakeUp(scheduler, now);
  }

  private void removeCancelled() {
    if (cancelledInQueue.get() >= MIN_CANCELLED_TO_REMOVE
        && cancelledInQueue.get() > queue.size() / 2) {
      int before = queue.size();
      queue.removeIf(Waiter::isCancelled);
      cancelledInQueue.addAndGet(queue.size() - before);
    }
  }

  private void grantQueued(long now) {
    for (Waiter head = queue.peek(); head != null; head = queue.peek()) {
      if (head.isCancelled()) {
        queue.poll(false);
        cancelledInQueue.decrementAndGet();
      } else if (supply.isAvailable(now)) {
        if (head.tryTerminate(Waiter.State.QUEUED)) {
          queue.poll(true);
          waiting.decrementAndGet();
          head.grant(supply.take(now));
        }
      } else {
        return;
      }
    }
  }

  private void admitArrivals(long now) {
    for (Waiter next = arrivals.poll(); next != null; next = arrivals.poll()) {
      if (queue.isEmpty() && supply.isAvailable(now)) {
        if (next.tryTerminate(Waiter.State.ENQUEUING)) {
          next.grant(supply.take(now));
        }
      } else if (waiting.get() >= maxWaiting) {
        if (next.tryTerminate(Waiter.State.ENQUEUING)) {
          next.fail(queueFull());
        }
      } else {
        // Counted first, since a cancel after queueing decrements the count.
        waiting.incrementAndGet();
        if (next.tryEnqueue()) {
          queue.add(next.flow(), next);
        } else {
          waiting.decrementAndGet();
        }
      }
    }
  }

  private EcsException queueFull() {
    return EcsException.builder(ClientErrors.RATE_LIMITER_FULL, Delivery.NOT_SENT)
        .detail("maxWaiting = " + maxWaiting + " callers are queued for a permit already")
        .build();
  }

  // The timer: at most one, for the head of the queue.

  private void scheduleWakeUp(Scheduler scheduler, long now) {
    if (queue.isEmpty()) {
      cancelWakeUp();
      return;
    }
    long wait = supply.nanosUntilAvailable(now, queue.size());
    WakeUp armed = wakeUp;
    if (armed != null && !armed.fired && armed.dueNanos - now - wait <= WAKE_UP_TOLERANCE_NANOS) {
      return;
    }
    cancelWakeUp();
    WakeUp renewed = new WakeUp(now + wait);
    wakeUp = renewed;
    try {
      renewed.timer = scheduler.schedule(renewed, wait, NANOSECONDS);
    } catch (RejectedExecutionException rejected) {
      wakeUp = null;
      failQueued(rejected);
    }
  }

  private void cancelWakeUp() {
    WakeUp armed = wakeUp;
    if (armed != null) {
      wakeUp = null;
      armed.dispose();
    }
  }

  /** Without a timer the queue would never be granted a permit. */
  private void failQueued(RejectedExecutionException rejected) {
    for (Waiter head = queue.poll(true); head != null; head = queue.poll(true)) {
      if (head.tryTerminate(Waiter.State.QUEUED)) {
        waiting.decrementAndGet();
        head.fail(rejected);
      } else {
        cancelledInQueue.decrementAndGet();
      }
    }
  }

  private final class WakeUp implements Runnable {

    private final long dueNanos;
    private volatile boolean fired;
    private @Nullable Disposable timer;

    WakeUp(long dueNanos) {
      this.dueNanos = dueNanos;
    }

    @Override
    public void run() {
      fired = true;
      drain();
    }

    void dispose() {
      if (timer != null && !fired) {
        timer.dispose();
      }
    }
  }
}

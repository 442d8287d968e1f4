package io.fleetstop.limit;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.limit.RateLimiter.Permit;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Lets so many calls run at once, and keeps the others in a fair, bounded waiting line. Safe for
 * concurrent use; it owns nothing that must be closed and has no timer.
 */
public final class ConcurrencyLimiter {

  /** How many may wait at most, whatever their callers do. */
  private static final int MAX_WAITING = 1_000_000;

  private final int maxInFlight;
  private final Slots slots = new Slots();

  private ConcurrencyLimiter(int maxInFlight) {
    this.maxInFlight = maxInFlight;
  }

  /**
   * A limiter that lets {@code maxInFlight} calls run at once.
   *
   * @throws IllegalArgumentException if {@code maxInFlight} is not positive
   */
  public static ConcurrencyLimiter of(int maxInFlight) {
    if (maxInFlight < 1) {
      throw new IllegalArgumentException("maxInFlight must be at least 1, was " + maxInFlight);
    }
    return new ConcurrencyLimiter(maxInFlight);
  }

  /**
   * Waits for a place, then subscribes to {@code source} and frees the place when it ends, before
   * the subscriber hears of it.
   *
   * <p>Places are given in the order of arrival. Cancelling while waiting leaves the line, and
   * nothing is subscribed to; afterwards it cancels {@code source} and frees the place.
   *
   * <p>Errors: those of {@code source}, and an {@link EcsException} with {@link
   * ClientErrors#RATE_LIMITER_FULL}, delivery {@code NOT_SENT}, if a million wait already. The
   * context of the subscriber is that of {@code source}, which is subscribed to on the thread that
   * asks, or on the one that frees the place.
   */
  public <T> Mono<T> limit(Mono<T> source) {
    return new MonoUsingPermit<>(Waiter.in(slots), source);
  }

  /** How many may run at once. */
  public int maxInFlight() {
    return maxInFlight;
  }

  /** How many run at present. */
  public int inFlight() {
    return slots.taken.get();
  }

  /** How many wait for a place at present. */
  public int waiting() {
    return slots.waiting.get();
  }

  /**
   * The line and the places. As in {@link TokenBucketLimiter}, whoever has news adds to {@code
   * work}, and the one that found it at zero serves until nobody has added to it.
   */
  private final class Slots implements Waiter.WaitQueue {

    private final Queue<Waiter> arrivals = new ConcurrentLinkedQueue<>();
    private final ArrayDeque<Waiter> queue = new ArrayDeque<>();
    private final AtomicInteger wip = new AtomicInteger();
    private final AtomicInteger taken = new AtomicInteger();
    private final AtomicInteger waiting = new AtomicInteger();
    private final DeferredFatal fatal = new DeferredFatal();

    @Override
    public void enqueue(Waiter waiter) {
      arrivals.offer(waiter);
      drain();
    }

    @Override
    public void onCancelled() {
      waiting.decrementAndGet();
      drain();
    }

    private void release() {
      taken.decrementAndGet();
      drain();
    }

    private void drain() {
      if (wip.getAndIncrement() != 0) {
        return;
      }
      int missed = 1;
      do {
        enqueueArrivals();
        grant();
        missed = wip.addAndGet(-missed);
      } while (missed != 0);
      fatal.rethrow();
    }

    @Override
    public void onFatal(Throwable thrown) {
      fatal.capture(thrown);
    }

    private void enqueueArrivals() {
      for (Waiter next = arrivals.poll(); next != null; next = arrivals.poll()) {
        if (waiting.get() >= MAX_WAITING) {
          if (next.tryTerminate(Waiter.State.ENQUEUING)) {
            next.fail(queueFull());
          }
          continue;
        }
        // Counted first: once it is in the line it may leave, which counts it out.
        waiting.incrementAndGet();
        if (next.tryEnqueue()) {
          queue.add(next);
        } else {
          waiting.decrementAndGet();
        }
      }
    }

    private void grant() {
      while (!queue.isEmpty() && (taken.get() < maxInFlight || queue.peek().isCancelled())) {
        Waiter head = queue.poll();
        if (head.tryTerminate(Waiter.State.QUEUED)) {
          waiting.decrementAndGet();
          taken.incrementAndGet();
          head.grant(new Slot());
        }
      }
    }

    private EcsException queueFull() {
      return EcsException.builder(ClientErrors.RATE_LIMITER_FULL, Delivery.NOT_SENT)
          .detail(MAX_WAITING + " callers wait for one of " + maxInFlight + " places already")
          .build();
    }

    /** A place that is taken; however the call ends, it is free again. */
    private final class Slot implements Permit {

      @Override
      public void succeeded() {
        release();
      }

      @Override
      public void throttled(@Nullable Duration retryAfter) {
        release();
      }

      @Override
      public void ignored() {
        release();
      }
    }
  }
}

package io.fleetstop.limit;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.Preconditions;
import io.fleetstop.limit.RateLimiter.Permit;
import java.time.Duration;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Limits the number of concurrent calls by granting slots, with a fair, bounded queue for further
 * calls.
 *
 * <p>A slot is the permission to have one call in flight. It is held while the call runs, and
 * released when the call ends, after which the next queued call gets it. Unlike the permit of a
 * {@link RateLimiter}, a slot is returned and granted again.
 *
 * <p><strong>Thread safety:</strong> every method may be called from any thread. The limiter is
 * non-blocking, has no timer and nothing to close.
 */
public final class ConcurrencyLimiter {

  /** The bound of the queue. */
  private static final int MAX_WAITING = 1_000_000;

  /** A call that ends without a reply after this time has timed out, however that was noticed. */
  private static final long TIMED_OUT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final boolean adaptive;
  private final AtomicReference<AimdLimit> limit;
  private final Slots slots = new Slots();

  private ConcurrencyLimiter(int maxInFlight, boolean adaptive) {
    this.adaptive = adaptive;
    this.limit =
        new AtomicReference<>(
            AimdLimit.start(Preconditions.positive("maxInFlight", maxInFlight), now()));
  }

  /**
   * Returns a limiter for at most {@code maxInFlight} concurrent calls.
   *
   * @throws IllegalArgumentException if {@code maxInFlight} is not positive
   * @see #adaptive(int)
   */
  public static ConcurrencyLimiter of(int maxInFlight) {
    return new ConcurrencyLimiter(maxInFlight, false);
  }

  /**
   * Returns a limiter whose limit starts at {@code maxInFlight} and adapts to time-outs, so that
   * calls on a slow connection do not starve each other.
   *
   * <p>A call that ends without a reply after it held its slot for 1 s halves the limit, at most
   * once a second, down to 4. A reply raises the limit by one, up to {@code maxInFlight}, if at
   * least half of it is in use. How long a reply takes has no effect.
   *
   * @throws IllegalArgumentException if {@code maxInFlight} is not positive
   * @see #of(int)
   */
  public static ConcurrencyLimiter adaptive(int maxInFlight) {
    return new ConcurrencyLimiter(maxInFlight, true);
  }

  private static long now() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }

  /**
   * Waits for a slot that is held until the result is disposed. Queued as in {@link #limit}, with
   * the same errors, and emitted on the requesting thread, or on the thread that releases a slot.
   * Such a slot has no effect on an adaptive limit.
   */
  public Mono<Disposable> acquire() {
    return Waiter.in(slots).map(granted -> new HeldSlot());
  }

  /**
   * Takes a slot, held until the result is disposed, if one is free and no caller is queued.
   *
   * @return the slot, or {@code null}: wait for one by {@link #acquire()}
   */
  public @Nullable Disposable tryAcquire() {
    return slots.tryTake() ? new HeldSlot() : null;
  }

  /**
   * Waits for a slot, then subscribes to {@code source} and releases the slot when it terminates,
   * before the subscriber is notified.
   *
   * <p>Slots are granted to the {@link CallFlow}s round robin, within one first in, first out.
   * Cancelling while queued removes the subscriber, and {@code source} is not subscribed to;
   * afterwards it cancels {@code source} and releases the slot.
   *
   * <p>Errors: those of {@code source}, and an {@link EcsException} with {@link
   * ClientErrors#RATE_LIMITER_FULL}, delivery {@code NOT_SENT}, if a million callers are queued
   * already. The context of the subscriber is that of {@code source}, which is subscribed to on the
   * requesting thread, or on the thread that releases a slot.
   */
  public <T> Mono<T> limit(Mono<T> source) {
    return new MonoUsingPermit<>(Waiter.in(slots), source);
  }

  /** Returns the maximum number of concurrent calls. */
  public int maxInFlight() {
    return current().max();
  }

  /** Returns the current limit, which is {@link #maxInFlight()} unless the limiter adapts. */
  public int limit() {
    return current().limit();
  }

  private AimdLimit current() {
    return Objects.requireNonNull(limit.get(), "set in the constructor");
  }

  /** Returns the number of running calls. */
  public int inFlight() {
    return slots.taken.get();
  }

  /** Returns the number of queued calls. */
  public int waiting() {
    return slots.waiting.get();
  }

  /** A slot that its holder releases. */
  private final class HeldSlot extends AtomicBoolean implements Disposable {

    private static final long serialVersionUID = 1L;

    @Override
    public void dispose() {
      if (compareAndSet(false, true)) {
        slots.release();
      }
    }

    @Override
    public boolean isDisposed() {
      return get();
    }
  }

  /** The queue and the slots, serialised by a drain loop as in {@link TokenBucketLimiter}. */
  private final class Slots implements Waiter.WaitQueue {

    private final Queue<Waiter> arrivals = new ConcurrentLinkedQueue<>();
    private final FairQueue<Waiter> queue = new FairQueue<>(CallFlow.NONE);
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

    /** Takes a free slot, without overtaking anyone; returns false if that is not certain. */
    private boolean tryTake() {
      if (!wip.compareAndSet(0, 1)) {
        return false;
      }
      boolean free = arrivals.isEmpty() && queue.peek() == null && taken.get() < limit();
      if (free) {
        taken.incrementAndGet();
      }
      drainLoop();
      return free;
    }

    private void drain() {
      if (wip.getAndIncrement() == 0) {
        drainLoop();
      }
    }

    private void drainLoop() {
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
        // Counted first, since a cancel after queueing decrements the count.
        waiting.incrementAndGet();
        if (next.tryEnqueue()) {
          queue.add(next.flow(), next);
        } else {
          waiting.decrementAndGet();
        }
      }
    }

    private void grant() {
      for (Waiter head = queue.peek(); head != null; head = queue.peek()) {
        boolean cancelled = head.isCancelled() || head.flow().isCancelled();
        if (!cancelled && taken.get() >= limit()) {
          return;
        }
        queue.poll(!cancelled);
        if (!cancelled && head.tryTerminate(Waiter.State.QUEUED)) {
          waiting.decrementAndGet();
          taken.incrementAndGet();
          head.grant(new Slot());
        }
      }
    }

    private EcsException queueFull() {
      return EcsException.builder(ClientErrors.RATE_LIMITER_FULL, Delivery.NOT_SENT)
          .detail(MAX_WAITING + " callers are queued for one of " + limit() + " slots already")
          .build();
    }

    /** A slot in use. It is released however the call ends. */
    private final class Slot implements Permit {

      private final long grantedNanos = adaptive ? now() : 0;

      @Override
      public void succeeded() {
        replied();
      }

      @Override
      public void throttled(@Nullable Duration retryAfter) {
        replied();
      }

      @Override
      public void overloaded(@Nullable Duration retryAfter) {
        replied();
      }

      @Override
      public void ignored() {
        if (adaptive) {
          long now = now();
          if (now - grantedNanos >= TIMED_OUT_NANOS) {
            limit.updateAndGet(held -> held.timedOut(now));
          }
        }
        release();
      }

      private void replied() {
        if (adaptive && limit() < maxInFlight()) {
          int inFlight = taken.get();
          limit.updateAndGet(held -> held.replied(inFlight));
        }
        release();
      }
    }
  }
}

package io.fleetstop.limit;

import io.fleetstop.error.Preconditions;
import io.fleetstop.limit.LeasedSlots.LeasedSlot;
import io.fleetstop.limit.QuotaStore.Decision;
import io.fleetstop.limit.QuotaStore.Lease;
import io.fleetstop.limit.QuotaStore.LeaseRequest;
import io.fleetstop.limit.QuotaStore.SharedRate;
import io.fleetstop.limit.SharedDecision.Refusal;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * A limiter whose quota is shared with other processes through a {@link QuotaStore}: fixed, or
 * adaptive for all of them together.
 *
 * <p>While the store is away, this process uses its share of the last shared rate, and asks the
 * store again every half second. It never waits for the store longer than one operation of it.
 *
 * <p>Everything but the gauges belongs to the thread that drains the queue: replies of the store
 * and of calls are queued as events.
 */
public final class SharedRateLimiter implements RateLimiter {

  private static final Logger LOG = LoggerFactory.getLogger(SharedRateLimiter.class);

  private static final long RETRY_NANOS = 500_000_000;

  /** The reply of the store wakes the queue. */
  private static final long NO_PERMIT_NANOS = 3_600_000_000_000L;

  /** Slots of a known rate are the same, however far ahead. */
  private static final long MAX_DELAY_NANOS = 3_600_000_000_000L;

  /** A decision that lost against another one is made again on that one. */
  private static final int MAX_DECISIONS = 3;

  private final String name;
  private final QuotaStore store;
  private final Supplier<Scheduler> schedulers;
  private final boolean fixed;
  private final int burst;
  private final PermitQueue queue;
  private final GatewayOverload overload;
  private final Queue<LongConsumer> events = new ConcurrentLinkedQueue<>();
  private final Queue<ThrottledSlot> throttles = new ConcurrentLinkedQueue<>();
  private final AtomicInteger accepted = new AtomicInteger();
  private final AtomicLong throttled = new AtomicLong();
  private final AtomicBoolean subscribed = new AtomicBoolean();
  private volatile double testedRate;
  private volatile AdaptiveRate bounds;
  private volatile SharedRate current;
  private volatile int members = 1;
  private volatile @Nullable LocalShare local;

  // Of the draining thread.
  private final LeasedSlots slots = new LeasedSlots();
  private int unused;
  private boolean asking;
  private long retryAt = Long.MIN_VALUE;
  private long clockOffset;

  private SharedRateLimiter(
      String name,
      QuotaStore store,
      AdaptiveRate initial,
      boolean fixed,
      int burst,
      int maxWaiting,
      Supplier<Scheduler> schedulers) {
    this.name = name;
    this.store = Objects.requireNonNull(store, "store");
    this.fixed = fixed;
    this.burst = burst;
    this.schedulers = schedulers;
    this.bounds = initial;
    this.current = new SharedRate(0, 0, initial.rate(), fixed ? "" : AdaptiveText.of(initial));
    this.overload = new GatewayOverload(schedulers);
    this.queue = new PermitQueue(maxWaiting, schedulers, new Supply());
  }

  /**
   * Returns a limiter with a rate that is known. Processes should use the same options.
   *
   * @param name what the quota is for, for the log
   */
  public static SharedRateLimiter fixed(String name, QuotaStore store, TokenBucketOptions options) {
    double rate = options.permitsPerSecond();
    return new SharedRateLimiter(
        name,
        store,
        AdaptiveRate.start(rate, rate, rate, 0),
        true,
        options.burst(),
        options.maxWaiting(),
        options.scheduler());
  }

  /**
   * Returns a limiter that finds the quota with all other processes. The initial rate is that of
   * the first process.
   *
   * @param name what the quota is for, for the log
   */
  public static SharedRateLimiter adaptive(String name, QuotaStore store, AdaptiveOptions options) {
    return new SharedRateLimiter(
        name,
        store,
        AdaptiveRate.start(
            options.tuning(), options.floor(), options.ceiling(), options.initialRate(), 0),
        false,
        1,
        options.maxWaiting(),
        options.scheduler());
  }

  @Override
  public Mono<Permit> acquire() {
    return queue.acquire();
  }

  /** Returns the rate of all processes together, or the share of this one while not shared. */
  @Override
  public double rate() {
    LocalShare alone = local;
    return alone != null ? alone.rate() : current.permitsPerSecond();
  }

  /** Returns 0: permits are leased when they are requested. */
  @Override
  public int available() {
    return 0;
  }

  @Override
  public int waiting() {
    return queue.waiting();
  }

  @Override
  public long throttledCount() {
    return throttled.get();
  }

  /** Returns whether the store was there when it was last asked. */
  public boolean isShared() {
    return local == null;
  }

  /** Returns the number of processes that shared the quota when the store was last asked. */
  public int members() {
    return members;
  }

  /**
   * Changes the rate, or the upper bound of an adaptive one, of this process. Change it for all, or
   * the last one that decides decides.
   *
   * @param permitsPerSecond the rate of all processes together
   */
  public void changeLimit(double permitsPerSecond) {
    double rate = Preconditions.rate("permitsPerSecond", permitsPerSecond);
    bounds = bounds.bounded(fixed ? rate : Math.min(bounds.floor(), rate), rate);
    if (fixed) {
      current = new SharedRate(current.epoch(), current.revision(), rate, "");
    }
    queue.drain();
  }

  /** Runs {@code event} in the drain loop. */
  private void onEvent(LongConsumer event) {
    events.add(event);
    queue.drain();
  }

  private void ask(long askedAt, int wanted) {
    asking = true;
    List<ThrottledSlot> refused = ThrottledSlot.drained(throttles);
    double tested = testedRate;
    testedRate = 0;
    LeaseRequest request =
        new LeaseRequest(
            wanted,
            fixed,
            burst,
            seed(),
            accepted.getAndSet(0),
            refused.size(),
            unused,
            tested,
            fixed ? MAX_DELAY_NANOS : slots.horizonNanos(askedAt),
            bounds.floor(),
            bounds.ceiling());
    unused = 0;
    store
        .lease(request)
        .publishOn(schedulers.get())
        .subscribe(
            lease -> onEvent(now -> leased(now, askedAt, lease, refused)),
            failure -> onEvent(now -> lost(now, refused, failure)));
  }

  private SharedRate seed() {
    SharedRate known = current;
    return fixed ? new SharedRate(known.epoch(), known.revision(), bounds.rate(), "") : known;
  }

  private void leased(long now, long askedAt, Lease given, List<ThrottledSlot> refused) {
    asking = false;
    Lease lease = given.within(bounds.floor(), bounds.ceiling());
    if (local != null) {
      local = null;
      LOG.info("{}: the rate is shared again", name);
    }
    members = Math.max(1, lease.members());
    clockOffset = lease.nowNanos() - askedAt - (now - askedAt) / 2;
    adopt(lease.rate());
    if (lease.rate().epoch() >= current.epoch()) {
      slots.add(lease, askedAt, now);
    }
    decide(lease, refused.stream().map(one -> one.refusal(clockOffset)).toList(), MAX_DECISIONS);
  }

  private void decide(Lease lease, List<Refusal> refusals, int left) {
    Decision decision =
        fixed
            ? SharedDecision.pause(current, refusals)
            : SharedDecision.of(current, lease, bounds, refusals, queue.waiting() > 0);
    if (decision == null || left == 0) {
      return;
    }
    store
        .decide(decision)
        .publishOn(schedulers.get())
        .subscribe(
            after ->
                onEvent(
                    unused -> {
                      boolean mine =
                          after.revision() == decision.revision() + 1
                              && after.state().equals(decision.state());
                      adopt(after);
                      if (!mine && !refusals.isEmpty()) {
                        decide(lease, refusals, left - 1);
                      }
                    }),
            failure -> LOG.debug("{}: a decision was lost", name, failure));
  }

  /** Takes a rate that is newer than the known one; slots of earlier epochs are not used. */
  private void adopt(SharedRate given) {
    SharedRate known = current;
    SharedRate rate = given.within(bounds.floor(), bounds.ceiling());
    if (rate.epoch() > known.epoch()) {
      slots.dropBefore(rate.epoch());
    }
    if (rate.replaces(known)) {
      current = rate;
    }
  }

  private void lost(long now, List<ThrottledSlot> refused, Throwable failure) {
    asking = false;
    retryAt = now + RETRY_NANOS;
    LocalShare share = local;
    if (share == null) {
      AdaptiveRate last =
          fixed
              ? bounds
              : AdaptiveText.parse(current.state(), current.permitsPerSecond(), bounds, now);
      share = new LocalShare(last.resumedAt(now), members, fixed, now);
      local = share;
      // The message of a driver may have an address with a user in it.
      LOG.info(
          "{}: the shared rate is out of reach ({}); continuing at {} per second, a share of 1/{}",
          name,
          failure.getClass().getSimpleName(),
          Math.round(10 * share.rate()) / 10.0,
          members);
    }
    for (ThrottledSlot throttle : refused) {
      share.throttled(now, throttle.sentAtNanos(), throttle.slot().rate(), throttle.holdNanos());
    }
  }

  private final class Supply implements PermitQueue.PermitSupply {

    @Override
    public void refresh(long now, int queued) {
      for (LongConsumer event = events.poll(); event != null; event = events.poll()) {
        event.accept(now);
      }
      unused += slots.dropLate(now);
      LocalShare share = local;
      if (share != null) {
        share.fill(now);
      }
      if (!throttles.isEmpty() && !asking && now >= retryAt) {
        ask(now, queued);
      }
    }

    @Override
    public boolean isAvailable(long now) {
      LocalShare share = local;
      return slots.isDue(now) || (share != null && share.isAvailable(now));
    }

    @Override
    public Permit take(long now) {
      LeasedSlot slot = slots.isDue(now) ? slots.poll() : null;
      LocalShare share = local;
      if (slot == null && share != null) {
        share.take();
      }
      double rateOfAll = share != null ? share.rateOfAll() : current.permitsPerSecond();
      LeasedSlot used = slot != null ? slot : new LeasedSlot(now, current.epoch(), rateOfAll);
      Permit permit = new SharedPermit(used, now);
      return fixed ? permit : overload.observing(permit);
    }

    @Override
    public long nanosUntilAvailable(long now, int queued) {
      subscribeToDecisions();
      long askAt = Math.max(slots.askAtNanos(now), retryAt);
      if (!asking && askAt <= now) {
        ask(now, queued);
      }
      LocalShare share = local;
      long next = slots.nextNanos();
      if (!asking) {
        next = Math.min(next, askAt);
      }
      if (share != null) {
        next = Math.min(next, now + share.nanosUntilAvailable(now));
      }
      return next == Long.MAX_VALUE ? NO_PERMIT_NANOS : Math.max(0, next - now);
    }
  }

  private void subscribeToDecisions() {
    if (subscribed.compareAndSet(false, true)) {
      store
          .decisions()
          .publishOn(schedulers.get())
          .subscribe(
              rate -> onEvent(unused -> adopt(rate)),
              failure -> LOG.debug("{}: decisions are not received", name, failure));
    }
  }

  private final class SharedPermit implements Permit {

    private final LeasedSlot slot;
    private final long sentAtNanos;

    SharedPermit(LeasedSlot slot, long sentAtNanos) {
      this.slot = slot;
      this.sentAtNanos = sentAtNanos;
    }

    @Override
    public void succeeded() {
      LocalShare share = local;
      if (share == null) {
        accepted.incrementAndGet();
        testedRate = slot.rate();
      } else {
        events.add(now -> share.succeeded(now, queue.waiting() > 0));
      }
    }

    @Override
    public void throttled(@Nullable Duration retryAfter) {
      throttled.incrementAndGet();
      ThrottledSlot throttle =
          new ThrottledSlot(slot, sentAtNanos, TokenBucket.pauseNanos(retryAfter));
      LocalShare share = local;
      if (share == null) {
        throttles.add(throttle);
        queue.drain();
      } else {
        onEvent(now -> share.throttled(now, sentAtNanos, slot.rate(), throttle.holdNanos()));
      }
    }

    @Override
    public void ignored() {}
  }
}

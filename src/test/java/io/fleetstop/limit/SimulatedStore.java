package io.fleetstop.limit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * The scripts of a shared quota, in memory and in virtual time. A request and a reply take half of
 * the round trip each.
 */
final class SimulatedStore {

  private static final int RING = 21;
  private static final long SLOT_MICROS = 50_000;
  private static final long MEMBER_MICROS = 5_000_000;

  private final VirtualTimeScheduler time;
  private final Duration halfTrip;
  private final Map<Integer, Long> members = new HashMap<>();
  private final int[][] counts = new int[3][RING];
  private final Sinks.Many<QuotaStore.SharedRate> decisions =
      Sinks.many().multicast().directBestEffort();
  private QuotaStore.SharedRate rate = new QuotaStore.SharedRate(0, 0, 0, "");
  private int leases;
  private double next;
  private double tested;
  private boolean lost;
  private long slot;

  SimulatedStore(VirtualTimeScheduler time, Duration roundTrip) {
    this.time = time;
    this.halfTrip = roundTrip.dividedBy(2);
  }

  /** Returns the number of lease commands so far. */
  int leases() {
    return leases;
  }

  /** Fails every operation, and forgets everything. */
  void lose() {
    lost = true;
    rate = new QuotaStore.SharedRate(0, 0, 0, "");
    next = 0;
    tested = 0;
    members.clear();
    for (int[] ring : counts) {
      Arrays.fill(ring, 0);
    }
  }

  /** Is there again, empty. */
  void restart() {
    lost = false;
  }

  /** Returns the store as one process has it. */
  QuotaStore of(int member) {
    return new QuotaStore() {
      @Override
      public Mono<Lease> lease(LeaseRequest request) {
        return trip().map(there -> leased(member, request)).delayUntil(reply -> trip());
      }

      @Override
      public Mono<SharedRate> decide(Decision decision) {
        return trip().map(there -> decided(decision)).delayUntil(reply -> trip());
      }

      @Override
      public Flux<SharedRate> decisions() {
        return decisions.asFlux().delayUntil(decision -> trip());
      }
    };
  }

  private Mono<Long> trip() {
    if (lost) {
      return Mono.error(new IllegalStateException("the store is lost"));
    }
    return halfTrip.isZero() ? Mono.just(0L) : Mono.delay(halfTrip, time);
  }

  private long micros() {
    return time.now(TimeUnit.MICROSECONDS);
  }

  private QuotaStore.Lease leased(int member, QuotaStore.LeaseRequest request) {
    leases++;
    long now = micros();
    QuotaStore.SharedRate seed = request.seed();
    if (rate.epoch() == 0) {
      long epoch = Math.max(now, seed.epoch() + 1);
      rate = new QuotaStore.SharedRate(epoch, epoch, seed.permitsPerSecond(), seed.state());
      next = now;
    }
    double perSecond = request.fixed() ? seed.permitsPerSecond() : rate.permitsPerSecond();
    double interval = 1e6 / perSecond;
    long current = now / SLOT_MICROS;
    for (long number = Math.max(slot + 1, current - RING + 1); number <= current; number++) {
      for (int[] ring : counts) {
        ring[(int) (number % RING)] = 0;
      }
    }
    slot = current;
    int at = (int) (current % RING);
    counts[0][at] += request.accepted();
    counts[1][at] += request.rejected();
    counts[2][at] += request.unused();
    if (request.testedRate() > 0) {
      tested = request.testedRate();
    }
    double first = Math.max(next, now - (request.burst() - 1) * interval);
    int count = Math.min(request.wanted(), Math.max(1, (int) (perSecond / 20)));
    if (first - now > request.maxDelayNanos() / 1e3) {
      count = 0;
    }
    if (count > 0) {
      next = first + count * interval;
    }
    members.put(member, now);
    members.values().removeIf(seen -> seen < now - MEMBER_MICROS);
    return new QuotaStore.Lease(
        new QuotaStore.SharedRate(rate.epoch(), rate.revision(), perSecond, rate.state()),
        now * 1_000,
        count,
        (long) ((first - now) * 1_000),
        members.size(),
        tested,
        new QuotaStore.Counts(newestFirst(0), newestFirst(1), newestFirst(2)));
  }

  private List<Integer> newestFirst(int kind) {
    List<Integer> ordered = new ArrayList<>();
    for (int back = 0; back < RING; back++) {
      ordered.add(counts[kind][(int) Math.floorMod(slot - back, (long) RING)]);
    }
    return ordered;
  }

  private QuotaStore.SharedRate decided(QuotaStore.Decision decision) {
    if (decision.revision() != rate.revision()) {
      return rate;
    }
    long epoch = decision.fence() ? rate.epoch() + 1 : rate.epoch();
    rate =
        new QuotaStore.SharedRate(
            epoch, rate.revision() + 1, decision.permitsPerSecond(), decision.state());
    if (decision.fence()) {
      next = micros() + decision.holdNanos() / 1e3;
      decisions.tryEmitNext(rate);
    }
    return rate;
  }
}

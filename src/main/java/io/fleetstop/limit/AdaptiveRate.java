package io.fleetstop.limit;

import io.fleetstop.limit.AdaptiveRate.Phase;

/**
 * The estimate of a quota, and the rate derived from it. Immutable, without a clock: each reply
 * computes the next state from this one and an instant. The package documentation has the
 * rationale.
 *
 * @param floor the lower bound, per second
 * @param ceiling the upper bound, per second
 * @param rate the current rate, per second
 * @param phase the phase
 * @param origin the rate at which growth started
 * @param plateau the estimated quota towards which it grows; unused in slow start
 * @param age the seconds of growth since, counting only time with queued callers
 * @param lastSuccessAtNanos the instant of the last success
 * @param epochStartNanos the instant of the last decrease; unused in slow start
 * @param corrected whether that decrease was corrected by the counts after it
 * @param accepted the calls accepted over the last second
 * @param rejected the calls throttled over the last second
 * @param stalls the last stall
 */
record AdaptiveRate(
    double floor,
    double ceiling,
    double rate,
    Phase phase,
    double origin,
    double plateau,
    double age,
    long lastSuccessAtNanos,
    long epochStartNanos,
    boolean corrected,
    SlidingCount accepted,
    SlidingCount rejected,
    ReplyGap stalls) {

  enum Phase {
    /** No call was throttled yet. */
    SLOW_START,
    /** Calls were throttled while the rate grew too fast to attribute them to a rate. */
    SEARCH,
    /** The quota is estimated, and the rate stays close to it. */
    STEADY
  }

  private static final double NANOS_PER_SECOND = 1e9;

  /** Slow start: seconds to double, initially and after the rate has grown fourfold. */
  private static final double SLOW_START_DOUBLING = 0.5;

  private static final double FAST_DOUBLING = 0.36;
  private static final double SLOW_START_DOUBLINGS = 2;

  /** Seconds to double while probing from steady state: a quota rises by small factors. */
  private static final double RISE_DOUBLING = 0.4;

  /**
   * Seconds to double while searching: slow enough for the count of one second to show the quota.
   */
  private static final double SEARCH_DOUBLING = 1.2;

  /** Seconds from the origin to the plateau. */
  private static final double APPROACH = 2.2;

  /** Growth beyond the plateau, per second. */
  private static final double STEADY_GROWTH = 0.022;

  /** Seconds without a throttle after which a higher quota is probed for, by phase. */
  private static final double STEADY_PROBE_DELAY = 5.8;

  private static final double SEARCH_PROBE_DELAY = 2.5;

  /** The restart below the estimate, beside its likely error: this fraction of one call. */
  private static final double MARGIN_CALLS = 0.5;

  /** The largest assumed error of a rate found by fast growth, as a fraction. */
  private static final double MAX_OVERSHOOT = 0.5;

  /** Seconds for which throttles belong to the decrease that the first of them caused. */
  private static final double EPOCH = 0.9;

  /** The fraction of throttles, and their least number, that show a decrease as too small. */
  private static final double HEAVY_SHARE = 0.1;

  private static final double HEAVY_MIN_REJECTED = 3;

  /**
   * The quota estimate then, as a fraction of the accepted calls, since a burst may be included.
   */
  private static final double HEAVY_ESTIMATE = 0.95;

  /** A correction restarts at this fraction of the estimate at least. */
  private static final double HEAVY_START = 0.75;

  /** The accepted calls may exceed an unchanged quota by this factor. */
  private static final double UNCHANGED = 1.15;

  /** The hold after a throttle that a decrease did not prevent, in permits. */
  private static final double HOLD_PERMITS = 4;

  /** The hold after a stall, in permits: the bucket of the service needs to refill its burst. */
  private static final double STALL_HOLD_PERMITS = 10;

  /** The count of a second is valid only if the rate was steady for that many seconds. */
  private static final double COUNTED = 1;

  /**
   * The excess of a lowered rate that is throttled again over the accepted calls at which the count
   * is used at once: a fraction, and a few calls of noise.
   */
  private static final double FAR_OFF = 0.03;

  private static final double FAR_OFF_CALLS = 4.5;

  /** The longest step of growth, in seconds: rarer replies carry less information. */
  private static final double LONGEST_STEP = 1;

  static AdaptiveRate start(double floor, double ceiling, double initial, long nanos) {
    SlidingCount none = SlidingCount.none(nanos);
    double rate = clamp(initial, floor, ceiling);
    return new AdaptiveRate(
        floor,
        ceiling,
        rate,
        Phase.SLOW_START,
        rate,
        rate,
        0,
        nanos,
        nanos,
        false,
        none,
        none,
        ReplyGap.none(nanos));
  }

  /** Returns a state that has had no reply yet, with its growth starting at {@code nanos}. */
  AdaptiveRate startingAt(long nanos) {
    return start(floor, ceiling, rate, nanos);
  }

  /** A call was accepted; the rate grows only if {@code busy}, when callers are queued. */
  AdaptiveRate succeeded(long nanos, boolean busy) {
    double passed = Math.max(0, nanos - lastSuccessAtNanos) / NANOS_PER_SECOND;
    double older = busy ? age + Math.min(passed, LONGEST_STEP) : age;
    double grown = Math.max(rate, grown(older));
    // At the ceiling there is no growth, so that a raised ceiling is approached gradually.
    boolean capped = grown >= ceiling;
    return new AdaptiveRate(
        floor,
        ceiling,
        capped ? ceiling : grown,
        phase,
        origin,
        plateau,
        capped ? age : older,
        Math.max(lastSuccessAtNanos, nanos),
        epochStartNanos,
        corrected,
        accepted.plus(nanos),
        rejected,
        stalls.onReply(nanos, rate));
  }

  /** A call that was sent at {@code sentAtNanos}, at rate {@code sentRate}, was throttled. */
  AdaptiveRate throttled(long nanos, long sentAtNanos, double sentRate) {
    ReplyGap updated = stalls.onReply(nanos, rate);
    return updated.overlaps(sentAtNanos)
        ? with(rejected, updated)
        : with(rejected.plus(nanos), updated).onThrottle(nanos, sentAtNanos, sentRate);
  }

  private AdaptiveRate with(SlidingCount refusals, ReplyGap updated) {
    return new AdaptiveRate(
        floor,
        ceiling,
        rate,
        phase,
        origin,
        plateau,
        age,
        lastSuccessAtNanos,
        epochStartNanos,
        corrected,
        accepted,
        refusals,
        updated);
  }

  /** Returns the state after the throttle that was counted last. */
  private AdaptiveRate onThrottle(long nanos, long sentAtNanos, double sentRate) {
    double acceptedPerSecond = accepted.perSecond(nanos);
    if (startsNewEpoch(nanos, sentAtNanos)) {
      return decreased(nanos, Math.min(rate, sentRate), acceptedPerSecond);
    }
    double rejectedPerSecond = rejected.perSecond(nanos);
    double share = rejectedPerSecond / (acceptedPerSecond + rejectedPerSecond);
    boolean heavy =
        rejectedPerSecond >= HEAVY_MIN_REJECTED
            && share > HEAVY_SHARE
            && rate > acceptedPerSecond * (1 - share);
    return heavy && !corrected && !stalls.endedRecently(nanos)
        ? corrected(nanos, acceptedPerSecond, share)
        : this;
  }

  /** Throttles of calls in flight at a decrease, or right after it, belong to its cause. */
  private boolean startsNewEpoch(long nanos, long sentAtNanos) {
    boolean after = nanos - epochStartNanos >= EPOCH * NANOS_PER_SECOND;
    return phase == Phase.SLOW_START || (after && sentAtNanos > epochStartNanos);
  }

  /**
   * Returns the state after a throttle that starts an epoch. What the throttle shows depends on how
   * the rate grew before it: slowly near a known quota, fast while probing for a higher one, or
   * fast towards a quota that is still unknown.
   */
  private AdaptiveRate decreased(long nanos, double at, double acceptedPerSecond) {
    boolean grewSlowly = rate >= ceiling || (phase != Phase.SLOW_START && age <= probeDelay());
    if (grewSlowly) {
      return quotaConfirmed(nanos, at, acceptedPerSecond);
    }
    return phase == Phase.STEADY && acceptedPerSecond <= UNCHANGED * rateAtProbe()
        ? probeRejected(nanos, at)
        : quotaExceeded(nanos, at);
  }

  /** The rate was close to the quota: the quota is just below it, or at the counted calls. */
  private AdaptiveRate quotaConfirmed(long nanos, double at, double acceptedPerSecond) {
    double below = at * (1 - overshoot(STEADY_GROWTH, at));
    boolean farOff = rate > acceptedPerSecond * (1 + FAR_OFF + FAR_OFF_CALLS / rate);
    boolean countReliable = (age > COUNTED || farOff) && !stalls.endedRecently(nanos);
    double estimate = countReliable ? Math.min(below, acceptedPerSecond) : below;
    return restartedBelow(nanos, at, estimate, Phase.STEADY);
  }

  /** A probe from steady state met the unchanged quota: the quota is where the probe started. */
  private AdaptiveRate probeRejected(long nanos, double at) {
    double estimate = rateAtProbe() * (1 - overshoot(STEADY_GROWTH, at));
    return restartedBelow(nanos, at, estimate, Phase.STEADY);
  }

  /** Fast growth passed an unknown quota: the quota is below the rate by the likely overshoot. */
  private AdaptiveRate quotaExceeded(long nanos, double at) {
    double estimate = at * (1 - overshoot(Math.log(2) / doubling(), at));
    return restartedBelow(nanos, at, estimate, phase == Phase.SEARCH ? Phase.STEADY : Phase.SEARCH);
  }

  /** Restarts below the estimate, by its likely error and a margin. */
  private AdaptiveRate restartedBelow(long nanos, double at, double estimate, Phase next) {
    double from = estimate * (1 - overshoot(STEADY_GROWTH, at) - MARGIN_CALLS / at);
    return restarted(nanos, from, estimate, next, false);
  }

  /** Throttles continue after a decrease: the accepted calls show the quota. */
  private AdaptiveRate corrected(long nanos, double acceptedPerSecond, double share) {
    double estimate = Math.min(plateau, HEAVY_ESTIMATE * acceptedPerSecond);
    double from = Math.min(rate, estimate * Math.max(HEAVY_START, 1 - share));
    return restarted(nanos, from, estimate, Phase.SEARCH, true);
  }

  private AdaptiveRate restarted(
      long nanos, double from, double to, Phase next, boolean corrected) {
    double start = clamp(from, floor, ceiling);
    return new AdaptiveRate(
        floor,
        ceiling,
        start,
        next,
        start,
        Math.max(start, to),
        0,
        nanos,
        nanos,
        corrected,
        accepted,
        rejected,
        stalls);
  }

  /**
   * Returns how long to hold all callers after a throttle of a call sent at {@code sentAtNanos}
   * changed {@code before} to this state. Not every decrease holds: after slow start, or if a
   * decrease did not help, the rest of the window of the service is likely spent; after a stall,
   * its burst.
   */
  long holdNanos(AdaptiveRate before, long sentAtNanos) {
    if (stalls.overlaps(sentAtNanos)) {
      return (long) (STALL_HOLD_PERMITS * NANOS_PER_SECOND / rate);
    }
    boolean repeated =
        before.phase == Phase.SLOW_START
            || (epochStartNanos == before.epochStartNanos && sentAtNanos > epochStartNanos);
    boolean correctedNow = corrected && !before.corrected;
    return repeated || correctedNow ? (long) (HOLD_PERMITS * NANOS_PER_SECOND / rate) : 0;
  }

  /** Returns the state within other bounds. */
  AdaptiveRate bounded(double newFloor, double newCeiling) {
    return new AdaptiveRate(
        newFloor,
        newCeiling,
        clamp(rate, newFloor, newCeiling),
        phase,
        origin,
        plateau,
        age,
        lastSuccessAtNanos,
        epochStartNanos,
        corrected,
        accepted,
        rejected,
        stalls);
  }

  /** Returns the rate after {@code seconds} of growth, before clamping. */
  private double grown(double seconds) {
    if (phase == Phase.SLOW_START) {
      double slow = SLOW_START_DOUBLING * SLOW_START_DOUBLINGS;
      double doublings =
          seconds <= slow
              ? seconds / SLOW_START_DOUBLING
              : SLOW_START_DOUBLINGS + (seconds - slow) / FAST_DOUBLING;
      return origin * Math.pow(2, doublings);
    }
    if (seconds < APPROACH) {
      return plateau - (plateau - origin) * Math.pow(1 - seconds / APPROACH, 3);
    }
    if (seconds <= probeDelay()) {
      return plateau * (1 + STEADY_GROWTH * (seconds - APPROACH));
    }
    return rateAtProbe() * Math.pow(2, (seconds - probeDelay()) / doubling());
  }

  /** Returns the rate at which probing starts. */
  private double rateAtProbe() {
    return plateau * (1 + STEADY_GROWTH * (probeDelay() - APPROACH));
  }

  private double probeDelay() {
    return phase == Phase.SEARCH ? SEARCH_PROBE_DELAY : STEADY_PROBE_DELAY;
  }

  private double doubling() {
    return phase == Phase.SEARCH ? SEARCH_DOUBLING : RISE_DOUBLING;
  }

  /**
   * Returns the fraction by which a rate that grows by {@code growth} per second exceeds the quota
   * when the first excess call is sent: growth / 2 * time^2 * rate = 1.
   */
  private static double overshoot(double growth, double rate) {
    return Math.min(MAX_OVERSHOOT, Math.sqrt(2 * growth / rate));
  }

  private static double clamp(double value, double low, double high) {
    return Math.min(high, Math.max(low, value));
  }
}

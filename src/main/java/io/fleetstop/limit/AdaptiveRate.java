package io.fleetstop.limit;

import io.fleetstop.limit.AdaptiveRate.Phase;

/**
 * What is known about a quota, and the rate that follows from it. Immutable, without a clock: each
 * answer makes the next state out of this one and an instant. The package description has the
 * reasoning.
 *
 * @param floor the least rate, per second
 * @param ceiling the greatest rate, per second
 * @param rate the rate now, per second
 * @param phase how much is known
 * @param origin where the rate began to grow from
 * @param plateau the estimate of the quota that it grows towards; without meaning in the ramp
 * @param age for how many seconds it has grown since, counting only time in which callers waited
 * @param lastSuccessAtNanos the instant of the last success
 * @param epochStartNanos the instant of the last decision to slow down; without meaning in the ramp
 * @param corrected whether that decision has been corrected by what was counted after it
 * @param accepted how many calls were let in, over the last second
 * @param rejected how many calls were refused, over the last second
 * @param stalls when answers last failed to come
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
    StallDetector stalls) {

  enum Phase {
    /** No call was refused yet. */
    SLOW_START,
    /** Calls were refused while the rate grew too fast to tell at what rate. */
    SEARCH,
    /** The quota is known, and the rate stays close to it. */
    STEADY
  }

  private static final double NANOS_PER_SECOND = 1e9;

  /** Ramp: seconds to double, at first, and once the rate has grown fourfold. */
  private static final double SLOW_START_DOUBLING = 0.5;

  private static final double FAST_DOUBLING = 0.36;
  private static final double SLOW_START_DOUBLINGS = 2;

  /** Seconds to double once patience has ended: a quota rises by a few times, not by fifty. */
  private static final double RISE_DOUBLING = 0.4;

  /** Seconds to double while searching: slow enough for a second to tell where the quota was. */
  private static final double SEARCH_DOUBLING = 1.2;

  /** Seconds from the origin to the plateau. */
  private static final double APPROACH = 2.2;

  /** Growth beyond the plateau, per second. */
  private static final double STEADY_GROWTH = 0.022;

  /** Seconds without a refusal after which the quota must have risen, by phase. */
  private static final double STEADY_PROBE_DELAY = 5.8;

  private static final double SEARCH_PROBE_DELAY = 2.5;

  /** How far below the estimate to start again: its likely error, and this part of one call. */
  private static final double MARGIN_CALLS = 0.5;

  /** A rate found by fast growth is off by more than this share only if it is no estimate. */
  private static final double MAX_OVERSHOOT = 0.5;

  /** Seconds for which refusals belong to the decision that the first of them brought. */
  private static final double EPOCH = 0.9;

  /** A share of refusals that says that the decision was too small, and the least that count. */
  private static final double HEAVY_SHARE = 0.1;

  private static final double HEAVY_MIN_REJECTED = 3;

  /** Of what got through: what the quota is taken for then, as a burst may have helped. */
  private static final double HEAVY_ESTIMATE = 0.95;

  /** A correction starts again at this share of the estimate at least. */
  private static final double HEAVY_START = 0.75;

  /** What gets through may exceed a quota that has not changed by this much. */
  private static final double UNCHANGED = 1.15;

  /** How long a refusal that a decision did not prevent holds everybody, in permits. */
  private static final double HOLD_PERMITS = 4;

  /** How long a heap holds everybody, in permits: a bucket needs some of its burst back. */
  private static final double STALL_HOLD_PERMITS = 10;

  /** A second's count says what the rate was worth only if the rate was steady for that long. */
  private static final double COUNTED = 1;

  /**
   * By how much more than what gets through a rate that was lowered already, and is refused again,
   * can be before the count is believed at once: a share, and a few calls that are chance.
   */
  private static final double FAR_OFF = 0.03;

  private static final double FAR_OFF_CALLS = 4.5;

  /** The longest step of growth: answers that come less often than that say less. */
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
        StallDetector.none(nanos));
  }

  /** A call was let in; {@code busy} says whether others wait, without which nothing is probed. */
  AdaptiveRate succeeded(long nanos, boolean busy) {
    double passed = Math.max(0, nanos - lastSuccessAtNanos) / NANOS_PER_SECOND;
    double older = busy ? age + Math.min(passed, LONGEST_STEP) : age;
    double grown = Math.max(rate, grown(older));
    // At the ceiling nothing is learned, and a ceiling that is raised must not be leapt over.
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

  /** A call was refused that had been sent at {@code sentAtNanos}, when the rate was another. */
  AdaptiveRate throttled(long nanos, long sentAtNanos, double sentRate) {
    StallDetector updated = stalls.onReply(nanos, rate);
    return updated.overlaps(sentAtNanos)
        ? with(rejected, updated)
        : with(rejected.plus(nanos), updated).onThrottle(nanos, sentAtNanos, sentRate);
  }

  private AdaptiveRate with(SlidingCount refusals, StallDetector updated) {
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

  /** What follows from the refusal that was counted last. */
  private AdaptiveRate onThrottle(long nanos, long sentAtNanos, double sentRate) {
    double acceptedPerSecond = accepted.perSecond(nanos);
    if (startsNewEpoch(nanos, sentAtNanos)) {
      return decreased(nanos, Math.min(rate, sentRate), acceptedPerSecond);
    }
    double rejectedPerSecond = rejected.perSecond(nanos);
    double share = rejectedPerSecond / (acceptedPerSecond + rejectedPerSecond);
    boolean heavy = rejectedPerSecond >= HEAVY_MIN_REJECTED && share > HEAVY_SHARE && rate > acceptedPerSecond * (1 - share);
    return heavy && !corrected && !stalls.endedRecently(nanos) ? corrected(nanos, acceptedPerSecond, share) : this;
  }

  /** Calls in flight at a decision, and those refused right after it, are part of its reason. */
  private boolean startsNewEpoch(long nanos, long sentAtNanos) {
    boolean after = nanos - epochStartNanos >= EPOCH * NANOS_PER_SECOND;
    return phase == Phase.SLOW_START || (after && sentAtNanos > epochStartNanos);
  }

  private AdaptiveRate decreased(long nanos, double at, double acceptedPerSecond) {
    boolean steady = rate >= ceiling || (phase != Phase.SLOW_START && age <= probeDelay());
    double estimate;
    Phase next;
    if (steady) {
      double below = at * (1 - overshoot(STEADY_GROWTH, at));
      boolean farOff = rate > acceptedPerSecond * (1 + FAR_OFF + FAR_OFF_CALLS / rate);
      boolean countReliable = (age > COUNTED || farOff) && !stalls.endedRecently(nanos);
      estimate = countReliable ? Math.min(below, acceptedPerSecond) : below;
      next = Phase.STEADY;
    } else if (phase == Phase.STEADY && acceptedPerSecond <= UNCHANGED * rateAtProbe()) {
      estimate = rateAtProbe() * (1 - overshoot(STEADY_GROWTH, at));
      next = Phase.STEADY;
    } else {
      estimate = at * (1 - overshoot(Math.log(2) / doubling(), at));
      next = phase == Phase.SEARCH ? Phase.STEADY : Phase.SEARCH;
    }
    double from = estimate * (1 - overshoot(STEADY_GROWTH, at) - MARGIN_CALLS / at);
    return restarted(nanos, from, estimate, next, false);
  }

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
   * How long to hold everybody after {@code before} has become this state by the refusal of a call
   * sent at {@code sentAtNanos}. Not for every decision; but after the ramp, and where a decision
   * did not help, the rest of the server's window is likely spent, and after a heap so is the
   * burst.
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

  /** The state within other bounds. */
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

  /** The rate after {@code seconds} of growth, before the bounds. */
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

  /** The rate at the end of patience. */
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
   * By how much a rate that grows by {@code growth} per second has passed the quota when the first
   * whole call too many has gone out: half of growth, times the time squared, times the rate is 1.
   */
  private static double overshoot(double growth, double rate) {
    return Math.min(MAX_OVERSHOOT, Math.sqrt(2 * growth / rate));
  }

  private static double clamp(double value, double low, double high) {
    return Math.min(high, Math.max(low, value));
  }
}

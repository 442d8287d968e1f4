package io.fleetstop.limit;

import io.fleetstop.limit.AdaptiveRate.Phase;

/**
 * The estimate of a quota, and the rate derived from it. Immutable, without a clock: each reply
 * computes the next state from this one and an instant. The package documentation has the
 * rationale.
 *
 * @param tuning the constants
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
    AdaptiveTuning tuning,
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

  static AdaptiveRate start(double floor, double ceiling, double initial, long nanos) {
    return start(AdaptiveTuning.DEFAULT, floor, ceiling, initial, nanos);
  }

  static AdaptiveRate start(
      AdaptiveTuning tuning, double floor, double ceiling, double initial, long nanos) {
    SlidingCount none = SlidingCount.none(nanos);
    double rate = clamp(initial, floor, ceiling);
    return new AdaptiveRate(
        tuning,
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
    return restartingAt(rate, nanos);
  }

  /** Returns a state without an estimate, with its growth starting at {@code from}. */
  AdaptiveRate restartingAt(double from, long nanos) {
    return start(tuning, floor, ceiling, from, nanos);
  }

  /** A call was accepted; the rate grows only if {@code busy}, when callers are queued. */
  AdaptiveRate succeeded(long nanos, boolean busy) {
    return advanced(nanos, busy)
        .counted(
            accepted.plus(nanos), rejected, stalls.onReply(nanos, tuning.stallReplies() / rate));
  }

  /** Returns the state after growth up to the success at {@code nanos}, which is not counted. */
  AdaptiveRate advanced(long nanos, boolean busy) {
    double passed = Math.max(0, nanos - lastSuccessAtNanos) / NANOS_PER_SECOND;
    double older = busy ? age + Math.min(passed, tuning.longestStepSeconds()) : age;
    double grown = Math.max(rate, grown(older));
    // At the ceiling there is no growth, so that a raised ceiling is approached gradually.
    boolean capped = grown >= ceiling;
    return new AdaptiveRate(
        tuning,
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
        accepted,
        rejected,
        stalls);
  }

  /** Returns the state with counts and stalls that were found elsewhere. */
  AdaptiveRate counted(SlidingCount successes, SlidingCount refusals, ReplyGap gaps) {
    return new AdaptiveRate(
        tuning,
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
        successes,
        refusals,
        gaps);
  }

  /**
   * Returns the state as of {@code nanos} on this or another clock. Nothing is counted yet, which
   * is no sign of a lower quota, as after a stall. A known quota is not probed for a while, since
   * an idle service accepts a burst at any rate.
   */
  AdaptiveRate resumedAt(long nanos) {
    SlidingCount none = SlidingCount.none(nanos);
    double known = phase == Phase.SLOW_START ? age : Math.min(age, tuning.approachSeconds());
    return new AdaptiveRate(
        tuning,
        floor,
        ceiling,
        rate,
        phase,
        origin,
        plateau,
        known,
        nanos,
        nanos,
        corrected,
        none,
        none,
        new ReplyGap(nanos, nanos));
  }

  /** A call that was sent at {@code sentAtNanos}, at rate {@code sentRate}, was throttled. */
  AdaptiveRate throttled(long nanos, long sentAtNanos, double sentRate) {
    ReplyGap updated = stalls.onReply(nanos, tuning.stallReplies() / rate);
    return updated.overlaps(sentAtNanos)
        ? with(rejected, updated)
        : with(rejected.plus(nanos), updated).onThrottle(nanos, sentAtNanos, sentRate);
  }

  /** The same for a process that sees a part of the calls only, so that counts prove nothing. */
  AdaptiveRate throttledUncounted(long nanos, long sentAtNanos, double sentRate) {
    return with(rejected, new ReplyGap(nanos, sentAtNanos))
        .onThrottle(nanos, sentAtNanos, sentRate);
  }

  /** The same for a call that is counted already. */
  AdaptiveRate throttledAsCounted(long nanos, long sentAtNanos, double sentRate) {
    return stalls.overlaps(sentAtNanos) ? this : onThrottle(nanos, sentAtNanos, sentRate);
  }

  private AdaptiveRate with(SlidingCount refusals, ReplyGap updated) {
    return counted(accepted, refusals, updated);
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
        rejectedPerSecond >= tuning.heavyMinRejected()
            && share > tuning.heavyShare()
            && rate > acceptedPerSecond * (1 - share);
    return heavy && !corrected && !stalls.endedRecently(nanos)
        ? corrected(nanos, acceptedPerSecond, share)
        : this;
  }

  /** Throttles of calls in flight at a decrease, or right after it, belong to its cause. */
  private boolean startsNewEpoch(long nanos, long sentAtNanos) {
    boolean after = nanos - epochStartNanos >= tuning.epochSeconds() * NANOS_PER_SECOND;
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
    return phase == Phase.STEADY && acceptedPerSecond <= tuning.unchangedFactor() * rateAtProbe()
        ? probeRejected(nanos, at)
        : quotaExceeded(nanos, at);
  }

  /** The rate was close to the quota: the quota is just below it, or at the counted calls. */
  private AdaptiveRate quotaConfirmed(long nanos, double at, double acceptedPerSecond) {
    double below = at * (1 - overshoot(tuning.steadyGrowthPerSecond(), at));
    boolean farOff =
        rate > acceptedPerSecond * (1 + tuning.farOffShare() + tuning.farOffCalls() / rate);
    boolean countReliable =
        (age > tuning.countedSeconds() || farOff) && !stalls.endedRecently(nanos);
    double estimate = countReliable ? Math.min(below, acceptedPerSecond) : below;
    return restartedBelow(nanos, at, estimate, Phase.STEADY);
  }

  /** A probe from steady state met the unchanged quota: the quota is where the probe started. */
  private AdaptiveRate probeRejected(long nanos, double at) {
    double estimate = rateAtProbe() * (1 - overshoot(tuning.steadyGrowthPerSecond(), at));
    return restartedBelow(nanos, at, estimate, Phase.STEADY);
  }

  /** Fast growth passed an unknown quota: the quota is below the rate by the likely overshoot. */
  private AdaptiveRate quotaExceeded(long nanos, double at) {
    double estimate = at * (1 - overshoot(Math.log(2) / doubling(), at));
    return restartedBelow(nanos, at, estimate, phase == Phase.SEARCH ? Phase.STEADY : Phase.SEARCH);
  }

  /** Restarts below the estimate, by its likely error and a margin. */
  private AdaptiveRate restartedBelow(long nanos, double at, double estimate, Phase next) {
    double from =
        estimate * (1 - overshoot(tuning.steadyGrowthPerSecond(), at) - tuning.marginCalls() / at);
    return restarted(nanos, from, estimate, next, false);
  }

  /** Throttles continue after a decrease: the accepted calls show the quota. */
  private AdaptiveRate corrected(long nanos, double acceptedPerSecond, double share) {
    double estimate = Math.min(plateau, tuning.heavyEstimate() * acceptedPerSecond);
    double from = Math.min(rate, estimate * (1 - share));
    return restarted(nanos, from, estimate, Phase.SEARCH, true);
  }

  private AdaptiveRate restarted(
      long nanos, double from, double to, Phase next, boolean corrected) {
    double start = clamp(from, floor, ceiling);
    return new AdaptiveRate(
        tuning,
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
   * decrease did not help, the rest of the window of the service is likely spent.
   */
  long holdNanos(AdaptiveRate before, long sentAtNanos) {
    if (stalls.overlaps(sentAtNanos)) {
      return 0;
    }
    boolean repeated =
        before.phase == Phase.SLOW_START
            || (epochStartNanos == before.epochStartNanos && sentAtNanos > epochStartNanos);
    boolean correctedNow = corrected && !before.corrected;
    return repeated || correctedNow ? (long) (tuning.holdPermits() * NANOS_PER_SECOND / rate) : 0;
  }

  /** Returns the state within other bounds. */
  AdaptiveRate bounded(double newFloor, double newCeiling) {
    return new AdaptiveRate(
        tuning,
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
      double slow = tuning.slowStartDoublingSeconds() * tuning.slowDoublings();
      double doublings =
          seconds <= slow
              ? seconds / tuning.slowStartDoublingSeconds()
              : tuning.slowDoublings() + (seconds - slow) / tuning.fastDoublingSeconds();
      return origin * Math.pow(2, doublings);
    }
    if (seconds < tuning.approachSeconds()) {
      return plateau - (plateau - origin) * Math.pow(1 - seconds / tuning.approachSeconds(), 3);
    }
    if (seconds <= probeDelay()) {
      return plateau * (1 + tuning.steadyGrowthPerSecond() * (seconds - tuning.approachSeconds()));
    }
    return rateAtProbe() * Math.pow(2, (seconds - probeDelay()) / doubling());
  }

  /** Returns the rate at which probing starts. */
  private double rateAtProbe() {
    return plateau
        * (1 + tuning.steadyGrowthPerSecond() * (probeDelay() - tuning.approachSeconds()));
  }

  private double probeDelay() {
    return phase == Phase.SEARCH
        ? tuning.searchProbeDelaySeconds()
        : tuning.steadyProbeDelaySeconds();
  }

  private double doubling() {
    return phase == Phase.SEARCH ? tuning.searchDoublingSeconds() : tuning.probeDoublingSeconds();
  }

  /**
   * Returns the fraction by which a rate that grows by {@code growth} per second exceeds the quota
   * when the first excess call is sent: growth / 2 * time^2 * rate = 1.
   */
  private double overshoot(double growth, double rate) {
    return Math.min(1, Math.sqrt(2 * growth / rate));
  }

  private static double clamp(double value, double low, double high) {
    return Math.min(high, Math.max(low, value));
  }
}

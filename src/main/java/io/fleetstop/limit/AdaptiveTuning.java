package io.fleetstop.limit;

/**
 * The constants of {@link AdaptiveRate}. Each was fitted to a simulated service with bursts and
 * with fixed windows; {@code AdaptiveAblationTest} measures what each rule is worth.
 *
 * @param slowStartDoublingSeconds slow start: the seconds to double at first
 * @param slowDoublings slow start: the number of doublings at that speed, before the rate is too
 *     high to be wrong by much
 * @param fastDoublingSeconds slow start: the seconds to double from then on
 * @param searchDoublingSeconds the seconds to double while searching: slow enough for the count of
 *     one second to show the quota
 * @param probeDoublingSeconds the seconds to double while probing from steady state: a quota rises
 *     by small factors
 * @param approachSeconds the seconds from the restart after a decrease to the estimate
 * @param steadyGrowthPerSecond the growth beyond the estimate, as a fraction per second
 * @param steadyProbeDelaySeconds the seconds without a throttle after which a steady rate probes
 *     for a higher quota
 * @param searchProbeDelaySeconds the seconds without a throttle after which a search doubles again
 * @param longestStepSeconds the longest step of growth, in seconds: rarer replies carry less
 *     information
 * @param marginCalls the restart below the estimate beside its likely error, in calls per second
 * @param epochSeconds the seconds for which throttles belong to the decrease that the first of them
 *     caused
 * @param unchangedFactor the factor by which the accepted calls may exceed an unchanged quota
 *     during a probe
 * @param countedSeconds the seconds of steady rate after which the count of a second is valid
 * @param farOffShare the excess over the accepted calls, as a fraction, at which a lowered rate
 *     that is throttled again takes their count at once
 * @param farOffCalls the same excess, in calls per second of noise
 * @param heavyShare the fraction of throttles that shows a decrease as too small
 * @param heavyMinRejected the least number of throttles in a second that shows it
 * @param heavyEstimate the estimate then, as a fraction of the accepted calls, since a burst may be
 *     included
 * @param holdPermits the hold after a throttle that a decrease did not prevent, in permits
 * @param stallReplies the gap between replies that is a stall, in permits: a smaller burst fits the
 *     burst of the service
 */
record AdaptiveTuning(
    double slowStartDoublingSeconds,
    double slowDoublings,
    double fastDoublingSeconds,
    double searchDoublingSeconds,
    double probeDoublingSeconds,
    double approachSeconds,
    double steadyGrowthPerSecond,
    double steadyProbeDelaySeconds,
    double searchProbeDelaySeconds,
    double longestStepSeconds,
    double marginCalls,
    double epochSeconds,
    double unchangedFactor,
    double countedSeconds,
    double farOffShare,
    double farOffCalls,
    double heavyShare,
    double heavyMinRejected,
    double heavyEstimate,
    double holdPermits,
    double stallReplies) {

  static final AdaptiveTuning DEFAULT =
      new AdaptiveTuning(
          /* slowStartDoublingSeconds= */ 0.5,
          /* slowDoublings= */ 2,
          /* fastDoublingSeconds= */ 0.36,
          /* searchDoublingSeconds= */ 1.2,
          /* probeDoublingSeconds= */ 0.4,
          /* approachSeconds= */ 2.2,
          /* steadyGrowthPerSecond= */ 0.022,
          /* steadyProbeDelaySeconds= */ 5.8,
          /* searchProbeDelaySeconds= */ 2.5,
          /* longestStepSeconds= */ 1,
          /* marginCalls= */ 0.5,
          /* epochSeconds= */ 0.9,
          /* unchangedFactor= */ 1.15,
          /* countedSeconds= */ 1,
          /* farOffShare= */ 0.03,
          /* farOffCalls= */ 4.5,
          /* heavyShare= */ 0.1,
          /* heavyMinRejected= */ 3,
          /* heavyEstimate= */ 0.95,
          /* holdPermits= */ 4,
          /* stallReplies= */ 10);
}

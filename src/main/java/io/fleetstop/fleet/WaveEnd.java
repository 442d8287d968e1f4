package io.fleetstop.fleet;

/**
 * The end of a wave, all of whose outcomes are known. Only the accessors are stable: components may
 * be added.
 *
 * @param wave the number of the wave, starting at 1
 * @param outcomes the number of outcomes of the wave
 * @param failures the number of failed or unconfirmed outcomes among them
 */
public record WaveEnd(int wave, long outcomes, long failures) {}

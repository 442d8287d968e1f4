package io.fleetstop.fleet;

/** How the waves of a run over several targets are drawn. */
public enum WaveOrder {
  /** Each wave has instances of every target, in proportion to their numbers. */
  PROPORTIONAL,
  /** One target after another, each with waves of its own, or in one wave without {@link Waves}. */
  BY_TARGET
}

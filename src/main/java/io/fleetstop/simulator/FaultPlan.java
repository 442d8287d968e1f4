package io.fleetstop.simulator;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How often which {@link Fault} befalls a call.
 *
 * <p>One draw decides each call, in the order in which calls arrive, from the simulator's seed: the
 * same calls in the same order meet the same faults. Immutable.
 */
public final class FaultPlan {

  private static final FaultPlan NONE = builder().build();

  private final Map<Fault, Double> probabilities;
  private final Set<String> actions;
  private final Duration slowBy;

  private FaultPlan(Builder builder) {
    this.probabilities = Collections.unmodifiableMap(new EnumMap<>(builder.probabilities));
    this.actions = builder.actions;
    this.slowBy = builder.slowBy;
  }

  /** No faults. */
  public static FaultPlan none() {
    return NONE;
  }

  /** Starts a plan without faults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A plan with one kind of fault, for every action. */
  public static FaultPlan of(Fault fault, double probability) {
    return builder().fault(fault, probability).build();
  }

  /** How probable each fault is. */
  public Map<Fault, Double> probabilities() {
    return probabilities;
  }

  /** Which actions are concerned; all if empty. */
  public Set<String> actions() {
    return actions;
  }

  /** How late a {@link Fault#SLOW} reply comes. */
  public Duration slowBy() {
    return slowBy;
  }

  boolean concerns(String action) {
    return !probabilities.isEmpty() && (actions.isEmpty() || actions.contains(action));
  }

  /** The fault that a draw from [0, 1) stands for, or {@code null} for none. */
  @Nullable Fault pick(double draw) {
    double upTo = 0;
    for (Map.Entry<Fault, Double> entry : probabilities.entrySet()) {
      upTo += entry.getValue();
      if (draw < upTo) {
        return entry.getKey();
      }
    }
    return null;
  }

  @Override
  public String toString() {
    return "FaultPlan" + probabilities;
  }

  /** Collects the faults of a plan. Not thread-safe. */
  public static final class Builder {

    private final Map<Fault, Double> probabilities = new EnumMap<>(Fault.class);
    private Set<String> actions = Set.of();
    private Duration slowBy = Duration.ofSeconds(2);

    private Builder() {}

    /**
     * How probable a fault is, 0 to 1. Default 0.
     *
     * @throws IllegalArgumentException if it is out of range
     */
    public Builder fault(Fault fault, double probability) {
      if (!(probability >= 0 && probability <= 1)) {
        throw new IllegalArgumentException(
            "probability of " + fault + " must be 0 to 1, was " + probability);
      }
      if (probability == 0) {
        probabilities.remove(fault);
      } else {
        probabilities.put(fault, probability);
      }
      return this;
    }

    /** Which actions are concerned. Default all. */
    public Builder actions(String... actions) {
      this.actions = Set.of(actions);
      return this;
    }

    /** How late a {@link Fault#SLOW} reply comes. Default 2 s. */
    public Builder slowBy(Duration slowBy) {
      this.slowBy = Durations.positive("slowBy", slowBy);
      return this;
    }

    /**
     * The plan.
     *
     * @throws IllegalArgumentException if the probabilities add up to more than 1
     */
    public FaultPlan build() {
      double sum = probabilities.values().stream().mapToDouble(Double::doubleValue).sum();
      if (sum > 1.000_001) {
        throw new IllegalArgumentException(
            "probabilities must add up to at most 1, were " + probabilities);
      }
      return new FaultPlan(this);
    }
  }
}

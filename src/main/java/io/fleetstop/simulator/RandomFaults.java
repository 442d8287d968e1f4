package io.fleetstop.simulator;

import io.fleetstop.error.Preconditions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The probability of each {@link Fault}.
 *
 * <p>Each call draws one random number from the simulator's seed, in the order of arrival: the same
 * calls in the same order get the same faults. Immutable.
 */
public final class RandomFaults {

  private static final RandomFaults NONE = builder().build();

  private final Map<Fault, Double> probabilities;
  private final Set<String> actions;
  private final Duration slowBy;

  private RandomFaults(Builder builder) {
    this.probabilities = Collections.unmodifiableMap(new EnumMap<>(builder.probabilities));
    this.actions = builder.actions;
    this.slowBy = builder.slowBy;
  }

  /** No faults. */
  public static RandomFaults none() {
    return NONE;
  }

  /** A builder without faults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A plan with one fault, for every action. */
  public static RandomFaults of(Fault fault, double probability) {
    return builder().fault(fault, probability).build();
  }

  /**
   * Parses a plan such as {@code lost-reply=5%,html-502=3%,hang=1%}: names of {@link Fault} in
   * kebab case, each with a probability in per cent or as a fraction. {@code hang}, {@code
   * html-502}, {@code reset} and {@code internal-error} mean the fault after the effect.
   *
   * @throws IllegalArgumentException if a name is unknown or repeated, or a probability is invalid
   */
  public static RandomFaults parse(String text) {
    Builder builder = builder();
    for (String part : text.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals < 0) {
        throw new IllegalArgumentException(
            "fault must have a probability, for example lost-reply=5%, was \"" + part + "\"");
      }
      Fault fault = faultOf(part.substring(0, equals).trim());
      if (builder.probabilities.containsKey(fault)) {
        throw new IllegalArgumentException("fault must be given once, " + part + " repeats it");
      }
      builder.fault(fault, probabilityOf(part.substring(equals + 1).trim()));
    }
    return builder.build();
  }

  private static Fault faultOf(String name) {
    String constant = name.toUpperCase(Locale.ROOT).replace('-', '_');
    for (Fault fault : Fault.values()) {
      if (fault.name().equals(constant)
          || fault.name().equals(constant + "_AFTER")
          || (fault == Fault.HUNG && constant.equals("HANG"))) {
        return fault;
      }
    }
    String known =
        Arrays.stream(Fault.values())
            .map(fault -> fault.name().toLowerCase(Locale.ROOT).replace('_', '-'))
            .collect(Collectors.joining(", "));
    throw new IllegalArgumentException("fault must be one of " + known + ", was \"" + name + "\"");
  }

  private static double probabilityOf(String text) {
    boolean percent = text.endsWith("%");
    try {
      double number = Double.parseDouble(percent ? text.substring(0, text.length() - 1) : text);
      double probability = percent ? number / 100 : number;
      if (probability >= 0 && probability <= 1) {
        return probability;
      }
    } catch (NumberFormatException e) {
      // Falls through: text is rejected like a number out of range.
    }
    throw new IllegalArgumentException(
        "probability must be 0% to 100%, such as 5% or 0.05, was \"" + text + "\"");
  }

  /** The probability of each fault. */
  public Map<Fault, Double> probabilities() {
    return probabilities;
  }

  /** The affected actions; empty for all. */
  public Set<String> actions() {
    return actions;
  }

  /** The delay of a {@link Fault#SLOW} reply. */
  public Duration slowBy() {
    return slowBy;
  }

  boolean appliesTo(String action) {
    return !probabilities.isEmpty() && (actions.isEmpty() || actions.contains(action));
  }

  /** The fault for a random number from [0, 1), or {@code null} for none. */
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
    return "RandomFaults" + probabilities;
  }

  /** Builds a plan. Not thread-safe. */
  public static final class Builder {

    private final Map<Fault, Double> probabilities = new EnumMap<>(Fault.class);
    private Set<String> actions = Set.of();
    private Duration slowBy = Duration.ofSeconds(2);

    private Builder() {}

    /**
     * Sets the probability of a fault, from 0 to 1. Default: 0.
     *
     * @throws IllegalArgumentException if {@code probability} is out of range
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

    /** Sets the affected actions. Default: all. */
    public Builder actions(String... actions) {
      this.actions = Set.of(actions);
      return this;
    }

    /**
     * Sets the delay of a {@link Fault#SLOW} reply. Default: 2 s.
     *
     * @throws IllegalArgumentException if {@code slowBy} is not 1 ms to 365 days
     */
    public Builder slowBy(Duration slowBy) {
      this.slowBy = Preconditions.positive("slowBy", slowBy);
      return this;
    }

    /**
     * Returns the plan.
     *
     * @throws IllegalArgumentException if the probabilities add up to more than 1
     */
    public RandomFaults build() {
      double sum = probabilities.values().stream().mapToDouble(Double::doubleValue).sum();
      if (sum > 1.000_001) {
        throw new IllegalArgumentException(
            "probabilities must add up to at most 1, were " + probabilities);
      }
      return new RandomFaults(this);
    }
  }
}

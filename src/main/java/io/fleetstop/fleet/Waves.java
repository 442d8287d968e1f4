package io.fleetstop.fleet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * How a fleet is stopped little by little: a canary first, then more, then all. Sizes are
 * cumulative: with {@code 1%, 10%, 100%} the second wave is the tenth part less the canary. What
 * the last size leaves over is one more wave, so that nobody is left out. Immutable.
 */
public final class Waves {

  private static final Waves NONE = new Waves(List.of());

  /** Rounding of a per cent that comes out whole must not make it one more. */
  private static final double ROUNDING = 1e-9;

  /** How many instances there are up to the end of a wave. */
  public sealed interface Size {

    /** So many instances, at least 1. */
    static Size count(long instances) {
      return new Count(instances);
    }

    /** So many per cent of the fleet, above 0 and up to 100; rounded up. */
    static Size percent(double percent) {
      return new Percent(percent);
    }

    /** How many instances that are of a fleet. Pure. */
    long of(long fleet);
  }

  /** See {@link Size#count}. */
  public record Count(long instances) implements Size {

    /** Rejects less than one. */
    public Count {
      if (instances < 1) {
        throw new IllegalArgumentException(
            "a wave must reach 1 instance or more, was " + instances);
      }
    }

    @Override
    public long of(long fleet) {
      return instances;
    }

    @Override
    public String toString() {
      return Long.toString(instances);
    }
  }

  /** See {@link Size#percent}. */
  public record Percent(double percent) implements Size {

    /** Rejects what is no part of a fleet. */
    public Percent {
      if (!(percent > 0 && percent <= 100)) {
        throw new IllegalArgumentException(
            "a wave must reach more than 0% and up to 100%, was " + percent + "%");
      }
    }

    @Override
    public long of(long fleet) {
      return (long) Math.max(1, Math.ceil(percent * fleet / 100 - ROUNDING));
    }

    @Override
    public String toString() {
      return percent + "%";
    }
  }

  private final List<Size> sizes;

  private Waves(List<Size> sizes) {
    this.sizes = List.copyOf(sizes);
  }

  /** The whole fleet at once. */
  public static Waves none() {
    return NONE;
  }

  /**
   * Waves that reach so far.
   *
   * @throws IllegalArgumentException if one of two numbers or of two shares that follow each other
   *     is not greater than the one before
   */
  public static Waves of(Size... sizes) {
    for (int i = 1; i < sizes.length; i++) {
      boolean isSameKind = sizes[i].getClass() == sizes[i - 1].getClass();
      if (isSameKind && valueOf(sizes[i]) <= valueOf(sizes[i - 1])) {
        throw new IllegalArgumentException(
            "each wave must reach further than the one before, was "
                + Arrays.stream(sizes).map(Size::toString).collect(Collectors.joining(",")));
      }
    }
    return new Waves(Arrays.asList(sizes));
  }

  private static double valueOf(Size size) {
    return size instanceof Percent share ? share.percent() : ((Count) size).instances();
  }

  /**
   * The same waves in numbers. A wave that would add nobody to the one before, as 1% and 2% of ten
   * instances, is left out, and so are those past the end of the fleet. Pure.
   *
   * @param fleet how many instances there are, not negative
   */
  public Waves ofFleet(long fleet) {
    if (fleet < 0) {
      throw new IllegalArgumentException("fleet must not be negative, was " + fleet);
    }
    List<Size> numbers = new ArrayList<>();
    long reached = 0;
    for (Size size : sizes) {
      long end = Math.min(fleet, size.of(fleet));
      if (end > reached) {
        numbers.add(Size.count(end));
        reached = end;
      }
    }
    return new Waves(numbers);
  }

  /** The sizes, in order. */
  public List<Size> sizes() {
    return sizes;
  }

  /**
   * How many instances there are up to the end of each wave, without the one for what is left over.
   *
   * @throws IllegalArgumentException if a size is a share, which only {@link #ofFleet} makes a
   *     number
   */
  public List<Long> ends() {
    return sizes.stream().map(Waves::number).toList();
  }

  private static long number(Size size) {
    if (size instanceof Count count) {
      return count.instances();
    }
    throw new IllegalArgumentException(
        "waves in per cent need the size of the fleet, by ofFleet; was " + size);
  }

  /** The sizes, as {@code 1.0%,10.0%,500}. */
  @Override
  public String toString() {
    return sizes.stream().map(Size::toString).collect(Collectors.joining(","));
  }
}

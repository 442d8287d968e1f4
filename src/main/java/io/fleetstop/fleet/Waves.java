package io.fleetstop.fleet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The waves in which a fleet is stopped: a canary first, then more, then all. Sizes are cumulative:
 * with {@code 1%, 10%, 100%} the first wave is 1% of the fleet and the second the next 9%.
 * Instances beyond the last size form one more wave. Immutable.
 */
public final class Waves {

  private static final Waves NONE = new Waves(List.of(), null);

  /** Absorbs the floating-point error of a percentage that is a whole number of instances. */
  private static final double ROUNDING = 1e-9;

  /** The cumulative number of instances at the end of a wave. */
  public sealed interface Size {

    /** A number of instances, at least 1. */
    static Size count(long instances) {
      return new CountSize(instances);
    }

    /** A percentage of the fleet, above 0 and at most 100, rounded up to whole instances. */
    static Size percent(double percent) {
      return new PercentSize(percent);
    }

    /** Returns this size in instances of a fleet of {@code fleet} instances. Pure. */
    long of(long fleet);
  }

  /** See {@link Size#count}. */
  public record CountSize(long instances) implements Size {

    public CountSize {
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
  public record PercentSize(double percent) implements Size {

    public PercentSize {
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

  /** What a target has to reach, which may be nothing yet. */
  private record Share(long instances) implements Size {
    @Override
    public long of(long fleet) {
      return instances;
    }
  }

  private final List<Size> sizes;
  private final @Nullable WaveApproval approval;

  private Waves(List<Size> sizes, @Nullable WaveApproval approval) {
    this.sizes = List.copyOf(sizes);
    this.approval = approval;
  }

  /** Returns a single wave: the whole fleet at once. */
  public static Waves none() {
    return NONE;
  }

  /**
   * Returns waves that end at these cumulative sizes.
   *
   * @throws IllegalArgumentException if a count does not exceed the count directly before it, or a
   *     percentage the percentage directly before it
   */
  public static Waves of(Size... sizes) {
    Objects.requireNonNull(sizes, "sizes");
    for (int i = 1; i < sizes.length; i++) {
      boolean sameKind = sizes[i].getClass() == sizes[i - 1].getClass();
      if (sameKind && valueOf(sizes[i]) <= valueOf(sizes[i - 1])) {
        throw new IllegalArgumentException(
            "wave sizes are cumulative, so each must exceed the previous one, was "
                + Arrays.stream(sizes).map(Size::toString).collect(Collectors.joining(",")));
      }
    }
    return new Waves(Arrays.asList(sizes), null);
  }

  /** Returns the waves of one target, which may have no instance in some of them. */
  static Waves ofShares(List<Long> ends) {
    return new Waves(ends.stream().<Size>map(Share::new).toList(), null);
  }

  private static double valueOf(Size size) {
    return size instanceof PercentSize percent ? percent.percent() : ((CountSize) size).instances();
  }

  /**
   * Converts every size to a number of instances. Waves that add no instance are omitted: 2% after
   * 1% of ten instances, for example, and every wave beyond the end of the fleet. Pure.
   *
   * @param fleet the number of instances, not negative
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
    return new Waves(numbers, approval);
  }

  /**
   * Returns the same waves, each of which but the first starts only if {@code approval} agrees. For
   * a pause between waves, pass {@code end -> Mono.delay(pause).thenReturn(true)}. Replaces an
   * earlier approval. Default: none is required.
   */
  public Waves approvedBy(WaveApproval approval) {
    return new Waves(sizes, Objects.requireNonNull(approval, "approval"));
  }

  /** Returns the approval that each wave but the first requires, or {@code null}. */
  @Nullable WaveApproval approval() {
    return approval;
  }

  /** Returns the cumulative sizes, in order. */
  public List<Size> sizes() {
    return sizes;
  }

  /**
   * Returns the cumulative number of instances at the end of each wave, without the wave of the
   * remainder.
   *
   * @throws IllegalArgumentException if a size is a percentage: call {@link #ofFleet} first
   */
  public List<Long> ends() {
    return sizes.stream().map(Waves::number).toList();
  }

  private static long number(Size size) {
    if (size instanceof CountSize count) {
      return count.instances();
    }
    if (size instanceof Share share) {
      return share.instances();
    }
    throw new IllegalArgumentException(
        "waves in per cent need the size of the fleet, was " + size + ": call ofFleet first");
  }

  /** Returns the sizes, for example {@code 1.0%,10.0%,500}. */
  @Override
  public String toString() {
    return sizes.stream().map(Size::toString).collect(Collectors.joining(","));
  }
}

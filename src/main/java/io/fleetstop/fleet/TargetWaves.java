package io.fleetstop.fleet;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Divides the waves of a run among its targets. Pure functions. The result has one list for each
 * target, all of the same length: the cumulative number of its instances at the end of each wave.
 */
final class TargetWaves {

  /** The next instance of a target, at its place between 0 and 1 within the target. */
  private record Next(int target, long index, double place) {

    static Next of(int target, long index, long size) {
      return new Next(target, index, (index + 0.5) / size);
    }
  }

  private TargetWaves() {}

  static List<List<Long>> of(Waves waves, WaveOrder order, List<Long> sizes) {
    return switch (order) {
      case PROPORTIONAL -> proportional(waves, sizes);
      case BY_TARGET -> byTarget(waves, sizes);
    };
  }

  /**
   * Draws the waves from one order of all instances, in which those of each target are spread
   * evenly. Rounding the share of each target instead could take instances from an earlier wave.
   */
  private static List<List<Long>> proportional(Waves waves, List<Long> sizes) {
    List<Long> ends = waves.ofFleet(sum(sizes)).ends();
    PriorityQueue<Next> order =
        new PriorityQueue<>(Comparator.comparingDouble(Next::place).thenComparing(Next::target));
    for (int i = 0; i < sizes.size(); i++) {
      if (sizes.get(i) > 0) {
        order.add(Next.of(i, 0, sizes.get(i)));
      }
    }
    long[] reached = new long[sizes.size()];
    List<List<Long>> shares = emptyLists(sizes.size());
    long drawn = 0;
    for (long end : ends) {
      for (; drawn < end; drawn++) {
        Next next = order.remove();
        reached[next.target()]++;
        if (next.index() + 1 < sizes.get(next.target())) {
          order.add(Next.of(next.target(), next.index() + 1, sizes.get(next.target())));
        }
      }
      addAll(shares, reached);
    }
    return shares;
  }

  private static List<List<Long>> byTarget(Waves waves, List<Long> sizes) {
    List<List<Long>> shares = emptyLists(sizes.size());
    long[] reached = new long[sizes.size()];
    for (int i = 0; i < sizes.size(); i++) {
      List<Long> ends = new ArrayList<>(waves.ofFleet(sizes.get(i)).ends());
      long last = ends.isEmpty() ? 0 : ends.get(ends.size() - 1);
      if (last < sizes.get(i)) {
        ends.add(sizes.get(i));
      }
      for (long end : ends) {
        reached[i] = end;
        addAll(shares, reached);
      }
    }
    return shares;
  }

  private static List<List<Long>> emptyLists(int count) {
    List<List<Long>> lists = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lists.add(new ArrayList<>());
    }
    return lists;
  }

  private static void addAll(List<List<Long>> shares, long[] reached) {
    for (int i = 0; i < reached.length; i++) {
      shares.get(i).add(reached[i]);
    }
  }

  /** Returns the number of instances of all targets at the end of each wave. */
  static List<Long> totals(List<List<Long>> shares) {
    long[] totals = new long[shares.get(0).size()];
    for (List<Long> share : shares) {
      for (int i = 0; i < totals.length; i++) {
        totals[i] += share.get(i);
      }
    }
    return Arrays.stream(totals).boxed().toList();
  }

  private static long sum(List<Long> sizes) {
    return sizes.stream().mapToLong(Long::longValue).sum();
  }
}

package io.fleetstop.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One row of the table: a contender and a quota.
 *
 * @param kind how the service counts, {@code bucket} or {@code window}
 * @param rates the quota per second, one after another
 * @param shared whether another caller takes half of the quota from midway on
 */
record Trial(Contender contender, String kind, List<Integer> rates, boolean shared) {

  /** The least share used and the greatest share refused. */
  record Target(double used, double refused) {}

  /** All rows, in their order. */
  static List<Trial> all() {
    List<Trial> trials = new ArrayList<>();
    for (String kind : List.of("bucket", "window")) {
      trials.add(steady(Contender.KNOWN, kind, 50));
    }
    for (String kind : List.of("bucket", "window")) {
      for (int rate : new int[] {20, 50, 90, 500}) {
        trials.add(steady(Contender.ADAPTIVE, kind, rate));
      }
    }
    for (String kind : List.of("bucket", "window")) {
      trials.add(new Trial(Contender.ADAPTIVE, kind, List.of(50, 20, 80), false));
    }
    for (String kind : List.of("bucket", "window")) {
      trials.add(new Trial(Contender.ADAPTIVE, kind, List.of(50), true));
    }
    trials.add(steady(Contender.OFFICIAL_64, "bucket", 50));
    trials.add(steady(Contender.OFFICIAL_8, "bucket", 50));
    return trials;
  }

  private static Trial steady(Contender contender, String kind, int rate) {
    return new Trial(contender, kind, List.of(rate), false);
  }

  /** The name for {@code --only}. */
  String name() {
    return contender.label() + "/" + shape();
  }

  /** The behaviour of the service. */
  String shape() {
    return isChanging()
        ? "changing-" + kind
        : shared ? "shared-" + kind : kind + "-" + rates.get(0);
  }

  boolean isChanging() {
    return rates.size() > 1;
  }

  /** The greatest quota. */
  int greatest() {
    return rates.stream().mapToInt(rate -> rate).max().orElseThrow();
  }

  /** How many instances the fleet has: what the quota lets through in {@code seconds}. */
  int instances(int seconds) {
    int whole = rates.stream().mapToInt(rate -> rate).sum() * seconds / rates.size();
    return shared ? whole * 3 / 4 : whole;
  }

  /** The number of instances of the other caller. */
  int others(int seconds) {
    return shared ? rates.get(0) * seconds : 0;
  }

  /** The quota at a place in {@link #rates}, in the server's words. */
  String quota(int phase) {
    return kind + " " + rates.get(phase);
  }

  /** The target; only the share used where nothing is refused by rights. */
  Target target() {
    return switch (contender) {
      case KNOWN -> new Target(0.98, 0.005);
      case ADAPTIVE ->
          isChanging()
              ? new Target(0.90, 1)
              : shared ? new Target(0.80, 1) : new Target(0.95, 0.02);
      case OFFICIAL_64, OFFICIAL_8 -> new Target(0, 1);
    };
  }

  /** The ids that the simulator gives to its instances, from one number to another. */
  static List<String> ids(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(i -> String.format("i-sim%010d", i)).toList();
  }
}

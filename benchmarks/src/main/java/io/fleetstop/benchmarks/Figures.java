package io.fleetstop.benchmarks;

import io.fleetstop.benchmarks.ServerProcess.Call;
import io.fleetstop.benchmarks.ServerProcess.Fate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Figures of a run from the server's ledger; seconds count from the fleet's first call. */
final class Figures {

  private static final double NANOS = 1e9;

  private final Set<String> fleet;
  private final List<Call> calls;
  private final long firstNanos;
  private final double end;

  /**
   * Reads a ledger.
   *
   * @param fleet the instances that were to be stopped; others are another caller's
   */
  Figures(List<String> fleet, List<Call> calls) {
    this.fleet = new HashSet<>(fleet);
    this.calls = calls;
    this.firstNanos = calls.stream().filter(this::isFleet).findFirst().orElseThrow().nanos();
    this.end = calls.stream().filter(this::isFleet).mapToDouble(this::at).max().orElseThrow();
  }

  private boolean isFleet(Call call) {
    return fleet.contains(call.id());
  }

  private double at(Call call) {
    return seconds(call.nanos());
  }

  /** The server's time as seconds of the run. */
  double seconds(long nanos) {
    return (nanos - firstNanos) / NANOS;
  }

  /** From the first to the last stop call for the fleet. */
  double seconds() {
    return end;
  }

  /** The number of instances of the fleet without a granted stop call. */
  long unstopped() {
    Set<String> left = new HashSet<>(fleet);
    calls.stream().filter(call -> call.fate() == Fate.GRANTED).map(Call::id).forEach(left::remove);
    return left.size();
  }

  /** The share of the fleet's calls that was refused. */
  double refused() {
    long all = calls.stream().filter(this::isFleet).count();
    return (double) count(Fate.REFUSED, this::isFleet) / all;
  }

  /** The share of the fleet's calls within an interval that was refused. */
  double refused(double from, double to) {
    Predicate<Call> within = call -> isFleet(call) && at(call) >= from && at(call) <= to;
    long all = calls.stream().filter(within).count();
    return (double) count(Fate.REFUSED, within) / all;
  }

  /** How many calls ended in any other way. */
  long failed() {
    return count(Fate.FAILED, call -> true);
  }

  /** The share of a quota that was used over the whole run, by all callers. */
  double used(double perSecond) {
    return used(perSecond, 0, end);
  }

  /** The share of a quota that was used within an interval, by all callers. */
  double used(double perSecond, double from, double to) {
    return granted(from, to, call -> true) / (perSecond * (to - from));
  }

  /** How many calls per second the fleet's caller was granted. */
  double ours(double from, double to) {
    return granted(from, to, this::isFleet) / (to - from);
  }

  /** How many calls per second another caller was granted. */
  double others(double from, double to) {
    return granted(from, to, call -> !isFleet(call)) / (to - from);
  }

  /** How many calls came to an end in one second of the run. */
  long inSecond(int second, Fate fate) {
    return count(fate, call -> at(call) >= second && at(call) < second + 1);
  }

  private double granted(double from, double to, Predicate<Call> which) {
    return count(Fate.GRANTED, call -> which.test(call) && at(call) >= from && at(call) <= to);
  }

  private long count(Fate fate, Predicate<Call> which) {
    return calls.stream().filter(call -> call.fate() == fate).filter(which).count();
  }
}

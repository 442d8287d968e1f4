package io.fleetstop.cli;

import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.Waves;
import java.util.ArrayList;
import java.util.List;

/**
 * What is said where a wave ends and the next one begins, which follows from the outcomes: those of
 * the next one come after all of the one before.
 */
final class WaveNotes {

  private final List<Long> ends;
  private final FailureLimit limit;
  private final long leftOut;
  private final long leftOutProblems;
  private int ended;
  private long doneBefore;
  private long problemsBefore;

  /**
   * Notes on the waves of a fleet of so many.
   *
   * @param waves in numbers
   * @param before the tally with what is of no wave, as it was left alone
   */
  WaveNotes(Waves waves, long fleet, FailureLimit limit, OutcomeCounts before) {
    this.leftOut = before.done();
    this.leftOutProblems = before.problems();
    this.limit = limit;
    List<Long> all = new ArrayList<>(waves.ends());
    if (!all.isEmpty() && all.get(all.size() - 1) < fleet) {
      all.add(fleet);
    }
    this.ends = List.copyOf(all);
  }

  /** What there is to say before the first outcome. */
  List<String> atFirst() {
    return ends.isEmpty() ? List.of() : List.of(begin());
  }

  /** What there is to say after an outcome that is in the tally already. */
  List<String> after(OutcomeCounts tally) {
    if (ended == ends.size() || done(tally) < ends.get(ended)) {
      return List.of();
    }
    long done = done(tally) - doneBefore;
    long problems = problems(tally) - problemsBefore;
    List<String> notes = new ArrayList<>();
    notes.add(
        name()
            + " has ended: "
            + Numbers.count(problems)
            + " of "
            + instances(done)
            + " failed or unconfirmed");
    boolean isEnough =
        limit.isExceededByWave(problems, done)
            || limit.isExceededByWave(problems(tally), done(tally));
    ended++;
    doneBefore = done(tally);
    problemsBefore = problems(tally);
    if (!isEnough && ended < ends.size()) {
      notes.add(begin());
    }
    return notes;
  }

  private String begin() {
    return name() + " begins: " + instances(ends.get(ended) - doneBefore);
  }

  private String name() {
    return "Wave " + (ended + 1) + " of " + ends.size();
  }

  private static String instances(long count) {
    return Numbers.count(count) + (count == 1 ? " instance" : " instances");
  }

  private long done(OutcomeCounts tally) {
    return tally.done() - leftOut;
  }

  private long problems(OutcomeCounts tally) {
    return tally.problems() - leftOutProblems;
  }
}

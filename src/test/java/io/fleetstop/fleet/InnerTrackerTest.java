package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.test.util.RaceTestUtils;

class InnerTrackerTest {

  private final InnerTracker<String> tracker = new InnerTracker<>();

  private List<String> all() {
    List<String> all = new ArrayList<>();
    tracker.forEach(all::add);
    return all;
  }

  @Test
  void releasedIndex_isTakenAgain() {
    Integer first = tracker.takeIndex();
    tracker.set(first, "a");
    tracker.set(tracker.takeIndex(), "b");
    tracker.release(first);

    assertThat(tracker.takeIndex()).isEqualTo(first);
    tracker.set(first, "c");
    assertThat(all()).containsExactly("c", "b");
    assertThat(tracker.takeIndex()).isEqualTo(2);
  }

  @Test
  void manyInners_areAllKept() {
    List<String> added = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      added.add("inner " + i);
      tracker.set(tracker.takeIndex(), added.get(i));
    }
    assertThat(all()).isEqualTo(added);
  }

  @Test
  void innerAndFlag_oneIsSeen_alsoWhileTheArrayGrows() {
    for (int round = 0; round < 1_000; round++) {
      InnerTracker<String> filled = new InnerTracker<>();
      for (int i = 0; i < 15 + round % 2; i++) {
        filled.set(filled.takeIndex(), "before");
      }
      AtomicBoolean flag = new AtomicBoolean();
      AtomicReference<String> passed = new AtomicReference<>("");
      AtomicBoolean flagSeen = new AtomicBoolean();
      RaceTestUtils.race(
          () -> {
            filled.set(filled.takeIndex(), "last");
            flagSeen.set(flag.get());
          },
          () -> {
            flag.set(true);
            filled.forEach(passed::set);
          });
      assertThat(flagSeen.get() || "last".equals(passed.get())).isTrue();
    }
  }
}

package io.fleetstop.limit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** In which order flows are served. */
class FairQueueTest {

  private final FairQueue<String> queue = new FairQueue<>("single");

  private List<String> take(int count) {
    List<String> taken = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      assertThat(queue.peek()).isNotNull();
      taken.add(queue.poll(true));
    }
    return taken;
  }

  private void add(String flow, int count) {
    for (int i = 0; i < count; i++) {
      queue.add(flow, flow + i);
    }
  }

  @Test
  void oneFlow_isFirstInFirstOut() {
    add("a", 4);
    assertThat(take(4)).containsExactly("a0", "a1", "a2", "a3");
    assertThat(queue.isEmpty()).isTrue();
    assertThat(queue.poll(true)).isNull();
  }

  @Test
  void flows_areServedRoundRobin() {
    add("a", 3);
    add("b", 2);
    add("c", 1);
    assertThat(take(6)).containsExactly("a0", "b0", "c0", "a1", "b1", "a2");
  }

  @Test
  void newFlow_isServedFirstOncePerRound() {
    add("a", 3);
    add("b", 3);
    assertThat(take(3)).containsExactly("a0", "b0", "a1");
    add("new", 1);
    assertThat(take(1)).containsExactly("new0");
    add("new", 1);
    assertThat(take(4)).containsExactly("b1", "a2", "new0", "b2");
  }

  @Test
  void singleElements_alternateWithAllFlows() {
    add("a", 2);
    add("b", 2);
    add("single", 3);
    assertThat(take(7)).containsExactly("single0", "a0", "single1", "b0", "single2", "a1", "b1");
    assertThat(queue.poll(true)).isNull();
  }

  @Test
  void singleElement_waitsForOneOtherAtMost() {
    add("a", 3);
    add("b", 3);
    List<String> order = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      add("single", 1);
      order.addAll(take(2));
    }
    assertThat(order).containsExactly("single0", "a0", "single0", "b0", "single0", "a1");
  }

  @Test
  void singleElementAlone_isFollowedByAFlow() {
    add("single", 2);
    assertThat(take(1)).containsExactly("single0");
    add("a", 1);
    assertThat(take(2)).containsExactly("a0", "single1");
    assertThat(queue.size()).isZero();
  }

  @Test
  void removedSingleElement_doesNotServeItsClass() {
    add("a", 1);
    add("single", 2);
    assertThat(queue.poll(false)).isEqualTo("single0");
    assertThat(take(2)).containsExactly("single1", "a0");
    add("single", 2);
    queue.removeIf(element -> element.equals("single0"));
    assertThat(take(1)).containsExactly("single1");
  }

  @Test
  void removedElement_doesNotServeItsFlow() {
    add("a", 2);
    add("b", 1);
    assertThat(queue.poll(false)).isEqualTo("a0");
    assertThat(take(2)).containsExactly("a1", "b0");
  }

  @Test
  void removedElements_areSkipped() {
    add("a", 3);
    add("b", 3);
    queue.removeIf(element -> element.startsWith("a") || element.equals("b1"));
    assertThat(queue.size()).isEqualTo(2);
    assertThat(take(2)).containsExactly("b0", "b2");
    add("b", 1);
    queue.removeIf(element -> true);
    assertThat(queue.peek()).isNull();
  }
}

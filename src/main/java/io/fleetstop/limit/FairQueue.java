package io.fleetstop.limit;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A queue that alternates between two classes, one element each: single elements, first in, first
 * out, and flows. A stop from a web page does not wait for a round of all fleets, and any number of
 * single elements leaves every second place to the fleets.
 *
 * <p>Flows are served round robin, one element each, and the elements of a flow first in, first
 * out. A flow that had no element is served first, once in a round, as in FQ-CoDel (RFC 8290). All
 * operations take constant time, except {@link #removeIf}. Not thread-safe.
 */
final class FairQueue<T> {

  /** A flow; an empty one stays until the round reaches it, and is not served first until then. */
  private record Flow<T>(Object key, Queue<T> elements) {}

  private final Object singleKey;
  private final Queue<T> singles = new ArrayDeque<>();
  private final Map<Object, Flow<T>> flows = new HashMap<>();
  private final Deque<Flow<T>> fresh = new ArrayDeque<>();
  private final Deque<Flow<T>> round = new ArrayDeque<>();
  private int inFlows;
  private boolean flowsAreNext;

  /**
   * Creates an empty queue.
   *
   * @param singleKey the key of single elements; every other key is a flow
   */
  FairQueue(Object singleKey) {
    this.singleKey = singleKey;
  }

  /** Adds an element at the end of the flow with this key. */
  void add(Object key, T element) {
    if (key.equals(singleKey)) {
      singles.add(element);
      return;
    }
    Flow<T> flow = flows.get(key);
    if (flow == null) {
      flow = new Flow<>(key, new ArrayDeque<>(2));
      flows.put(key, flow);
      fresh.add(flow);
    }
    flow.elements.add(element);
    inFlows++;
  }

  /** Returns the next element without removing it, or {@code null} if there is none. */
  @Nullable T peek() {
    if (isSingleNext()) {
      return singles.peek();
    }
    return inFlows == 0 ? null : nextFlow().elements.peek();
  }

  private boolean isSingleNext() {
    return !singles.isEmpty() && (!flowsAreNext || inFlows == 0);
  }

  /** Returns the next flow with an element; there is one. Forgets the empty ones before it. */
  private Flow<T> nextFlow() {
    while (first().element().elements.isEmpty()) {
      flows.remove(first().remove().key);
    }
    return first().element();
  }

  private Deque<Flow<T>> first() {
    return fresh.isEmpty() ? round : fresh;
  }

  /**
   * Removes the next element, or returns {@code null} if there is none.
   *
   * @param served whether the element counts as served to its class and its flow
   */
  @Nullable T poll(boolean served) {
    if (isSingleNext()) {
      flowsAreNext |= served;
      return singles.remove();
    }
    if (inFlows == 0) {
      return null;
    }
    T element = nextFlow().elements.remove();
    inFlows--;
    if (served) {
      flowsAreNext = false;
      round.add(first().remove());
    }
    clearIfEmpty();
    return element;
  }

  boolean isEmpty() {
    return size() == 0;
  }

  int size() {
    return inFlows + singles.size();
  }

  /** Removes all elements that match. */
  void removeIf(Predicate<T> condition) {
    singles.removeIf(condition);
    inFlows = 0;
    for (Flow<T> flow : flows.values()) {
      flow.elements.removeIf(condition);
      inFlows += flow.elements.size();
    }
    clearIfEmpty();
  }

  /** Keeps no key of a flow without elements. */
  private void clearIfEmpty() {
    if (inFlows == 0) {
      flows.clear();
      fresh.clear();
      round.clear();
    }
  }
}

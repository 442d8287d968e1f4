package io.fleetstop.limit;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A queue that serves its flows round robin, one element each, and the elements of a flow first in,
 * first out. A flow that had no element is served first, once in a round, as in FQ-CoDel (RFC
 * 8290): a single element does not wait for a round of all flows. All operations take constant
 * time, except {@link #removeIf}. Not thread-safe.
 */
final class FairQueue<T> {

  /** A flow; an empty one stays until the round reaches it, and is not served first until then. */
  private record Flow<T>(Object key, Queue<T> elements) {}

  private final Map<Object, Flow<T>> flows = new HashMap<>();
  private final Deque<Flow<T>> fresh = new ArrayDeque<>();
  private final Deque<Flow<T>> round = new ArrayDeque<>();
  private int size;

  /** Adds an element at the end of the flow with this key. */
  void add(Object key, T element) {
    Flow<T> flow = flows.get(key);
    if (flow == null) {
      flow = new Flow<>(key, new ArrayDeque<>());
      flows.put(key, flow);
      fresh.add(flow);
    }
    flow.elements.add(element);
    size++;
  }

  /** Returns the next element without removing it, or {@code null} if there is none. */
  @Nullable T peek() {
    if (size == 0) {
      return null;
    }
    Flow<T> next = first().peek();
    while (next != null && next.elements.isEmpty()) {
      flows.remove(first().remove().key);
      next = first().peek();
    }
    return next == null ? null : next.elements.peek();
  }

  private Deque<Flow<T>> first() {
    return fresh.isEmpty() ? round : fresh;
  }

  /**
   * Removes the next element, or returns {@code null} if there is none.
   *
   * @param served whether its flow has been served in this round
   */
  @Nullable T poll(boolean served) {
    if (peek() == null) {
      return null;
    }
    Flow<T> next = first().element();
    T element = next.elements.remove();
    size--;
    if (served) {
      round.add(first().remove());
    }
    if (size == 0) {
      clear();
    }
    return element;
  }

  boolean isEmpty() {
    return size == 0;
  }

  int size() {
    return size;
  }

  /** Removes all elements that match. */
  void removeIf(Predicate<T> condition) {
    size = 0;
    for (Flow<T> flow : flows.values()) {
      flow.elements.removeIf(condition);
      size += flow.elements.size();
    }
    if (size == 0) {
      clear();
    }
  }

  /** Keeps no key of a flow without elements. */
  private void clear() {
    flows.clear();
    fresh.clear();
    round.clear();
  }
}

package io.fleetstop.simulator;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * What was ordered to happen to the next calls, by the id of an instance or the name of an action.
 *
 * @param <T> what happens
 */
final class ScriptedFaults<T> {

  private static final int ALWAYS = -1;

  private record Step<S>(S what, AtomicInteger left) {

    boolean take() {
      return left.getAndUpdate(n -> n > 0 ? n - 1 : n) != 0;
    }
  }

  private final Map<String, Queue<Step<T>>> steps = new ConcurrentHashMap<>();

  void add(String target, T what, int times) {
    if (times < 1) {
      throw new IllegalArgumentException("times must be at least 1, was " + times);
    }
    append(target, what, times);
  }

  void addAlways(String target, T what) {
    append(target, what, ALWAYS);
  }

  void clear(String target) {
    steps.remove(target);
  }

  /** What happens to this call about {@code target}, or {@code null} for nothing special. */
  @Nullable T take(@Nullable String target) {
    Queue<Step<T>> queue = target == null ? null : steps.get(target);
    if (queue == null) {
      return null;
    }
    for (Step<T> step = queue.peek(); step != null; step = queue.peek()) {
      if (step.take()) {
        return step.what;
      }
      queue.remove(step);
    }
    return null;
  }

  private void append(String target, T what, int times) {
    steps
        .computeIfAbsent(target, key -> new ConcurrentLinkedQueue<>())
        .add(new Step<>(what, new AtomicInteger(times)));
  }
}

package io.fleetstop.simulator;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The scripted faults of the next calls, by instance id or action name.
 *
 * @param <T> the type of fault
 */
final class ScriptedFaults<T> {

  private static final int ALWAYS = -1;

  private record Step<S>(S fault, AtomicInteger remaining) {

    boolean take() {
      return remaining.getAndUpdate(n -> n > 0 ? n - 1 : n) != 0;
    }
  }

  private final Map<String, Queue<Step<T>>> steps = new ConcurrentHashMap<>();

  void add(String target, T fault, int times) {
    if (times < 1) {
      throw new IllegalArgumentException("times must be at least 1, was " + times);
    }
    append(target, fault, times);
  }

  void addAlways(String target, T fault) {
    append(target, fault, ALWAYS);
  }

  void clear(String target) {
    steps.remove(target);
  }

  /** Takes the fault of this call to {@code target}, or {@code null} for none. */
  @Nullable T take(@Nullable String target) {
    Queue<Step<T>> queue = target == null ? null : steps.get(target);
    if (queue == null) {
      return null;
    }
    for (Step<T> step = queue.peek(); step != null; step = queue.peek()) {
      if (step.take()) {
        return step.fault;
      }
      queue.remove(step);
    }
    return null;
  }

  private void append(String target, T fault, int times) {
    steps
        .computeIfAbsent(target, key -> new ConcurrentLinkedQueue<>())
        .add(new Step<>(fault, new AtomicInteger(times)));
  }
}

package io.fleetstop.fleet;

import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.util.concurrent.Queues;

/**
 * The inner subscribers of an operator, so that a cancellation reaches all of them. An inner that
 * has ended stays until its index is taken again: it must retain nothing.
 *
 * <p>An array with reused indexes, because a concurrent set takes five times as long with 10,000
 * inners: both its nodes and its table have left the processor's caches when an inner ends. Here
 * the index that was released last is still in them.
 */
final class InnerTracker<T> {

  private static final int MIN_LENGTH = 16;

  private final Queue<Integer> released = Queues.<Integer>unbounded(MIN_LENGTH).get();
  private volatile AtomicReferenceArray<@Nullable T> inners =
      new AtomicReferenceArray<>(MIN_LENGTH);
  // Written by the source's thread only.
  private int used;

  /** Returns an index for {@link #set}. By the source's thread only. */
  Integer takeIndex() {
    Integer index = released.poll();
    return index == null ? used++ : index;
  }

  /**
   * Stores an inner. By the source's thread only. A thread that sets a flag before {@link #forEach}
   * either passes the inner to its action, or the flag is seen after this method.
   */
  void set(int index, T inner) {
    AtomicReferenceArray<@Nullable T> before = inners;
    if (index < before.length()) {
      before.set(index, inner);
      return;
    }
    AtomicReferenceArray<@Nullable T> grown = new AtomicReferenceArray<>(before.length() * 2);
    for (int i = 0; i < before.length(); i++) {
      grown.setPlain(i, before.getPlain(i));
    }
    grown.setPlain(index, inner);
    inners = grown;
  }

  /** Allows to use an index again. By one thread at a time. */
  void release(Integer index) {
    released.offer(Objects.requireNonNull(index, "index"));
  }

  /** Passes each inner to {@code action}, also those that have ended. */
  void forEach(Consumer<T> action) {
    AtomicReferenceArray<@Nullable T> present = inners;
    for (int i = 0; i < present.length(); i++) {
      T inner = present.get(i);
      if (inner != null) {
        action.accept(inner);
      }
    }
  }
}

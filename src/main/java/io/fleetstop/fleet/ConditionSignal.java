package io.fleetstop.fleet;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;

/**
 * Makes waiters evaluate their condition again after a change. Never locks.
 *
 * <p>The waiter is written by hand: an instance waits twice, usually without delay. A sink with
 * {@code repeat}, {@code next} and {@code then} costs 0.8 kilobytes each time, and copies the list
 * of all waiters for each one added or removed.
 */
final class ConditionSignal {

  private final Queue<Waiter> waiters = new ConcurrentLinkedQueue<>();

  /** Signals a change: all waiters evaluate their condition on this thread. */
  void signal() {
    Throwable first = null;
    for (Waiter wait : waiters) {
      try {
        wait.check();
      } catch (Throwable thrown) {
        // A waiter that throws must not keep the others from the signal.
        first = first == null ? thrown : first;
      }
    }
    if (first != null) {
      throw Exceptions.propagate(first);
    }
  }

  /**
   * Completes once {@code condition} holds. It is evaluated on subscription and after each change,
   * by one thread at a time, and not again once it has held.
   */
  Mono<Void> until(BooleanSupplier condition) {
    return new Mono<>() {
      @Override
      public void subscribe(CoreSubscriber<? super Void> actual) {
        new Waiter(condition, actual).start();
      }
    };
  }

  /** Returns the number of waiters, in linear time. */
  int waiters() {
    return waiters.size();
  }

  /** One waiter. Its value is the work-in-progress counter of its drain loop. */
  private final class Waiter extends AtomicInteger implements Subscription {

    private static final long serialVersionUID = 1L;

    private final transient BooleanSupplier condition;
    private final transient CoreSubscriber<? super Void> actual;
    private volatile boolean done;

    Waiter(BooleanSupplier condition, CoreSubscriber<? super Void> actual) {
      this.condition = condition;
      this.actual = actual;
    }

    void start() {
      actual.onSubscribe(this);
      check();
      if (!done) {
        waiters.add(this);
        // A change between the evaluation and the registration was not signalled.
        check();
        if (done) {
          waiters.remove(this);
        }
      }
    }

    void check() {
      if (getAndIncrement() != 0) {
        return;
      }
      int missed = 1;
      do {
        checkOnce();
        missed = addAndGet(-missed);
      } while (missed != 0);
    }

    private void checkOnce() {
      if (done) {
        return;
      }
      boolean holds;
      try {
        holds = condition.getAsBoolean();
      } catch (Throwable thrown) {
        terminate();
        actual.onError(Operators.onOperatorError(this, thrown, actual.currentContext()));
        return;
      }
      if (holds) {
        terminate();
        actual.onComplete();
      }
    }

    private void terminate() {
      done = true;
      waiters.remove(this);
    }

    @Override
    public void request(long n) {
      Operators.validate(n);
    }

    @Override
    public void cancel() {
      terminate();
    }
  }
}

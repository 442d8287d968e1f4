package io.fleetstop.limit;

import io.fleetstop.limit.RateLimiter.Permit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * One subscription to {@link RateLimiter#acquire()}: a place in the waiting line.
 *
 * <p>Written by hand, because the grant and the cancellation must be decided by one compare-and-set
 * for a permit neither to be lost nor to reach somebody who left. {@code Mono.create} drops a value
 * that loses against a cancel without a word to its producer.
 */
final class Waiter extends AtomicReference<Waiter.State> implements Subscription {

  private static final long serialVersionUID = 1L;

  enum State {
    /** Subscribed, and nothing requested yet. */
    IDLE,
    /** On its way to the line. */
    ENQUEUING,
    /** In the line, and counted there. */
    QUEUED,
    /** Granted or failed. */
    TERMINATED,
    CANCELLED
  }

  /** What the waiter stands in. */
  interface WaitQueue {

    /** Somebody asks for a permit. */
    void enqueue(Waiter waiter);

    /** Somebody in the line has cancelled. */
    void onCancelled();

    /** A receiver threw what must not be caught: to be thrown once all others are served. */
    void onFatal(Throwable fatal);
  }

  /** A wait in {@code line} for each subscription. */
  static Mono<Permit> in(WaitQueue queue) {
    return new Mono<>() {
      @Override
      public void subscribe(CoreSubscriber<? super Permit> actual) {
        actual.onSubscribe(new Waiter(queue, actual));
      }
    };
  }

  private final transient WaitQueue queue;
  private transient @Nullable CoreSubscriber<? super Permit> actual;

  private Waiter(WaitQueue queue, CoreSubscriber<? super Permit> actual) {
    super(State.IDLE);
    this.queue = queue;
    this.actual = actual;
  }

  @Override
  public void request(long n) {
    if (n > 0) {
      if (compareAndSet(State.IDLE, State.ENQUEUING)) {
        queue.enqueue(this);
      }
    } else if (tryTerminate(State.IDLE)) {
      fail(Exceptions.nullOrNegativeRequestException(n));
    }
  }

  @Override
  public void cancel() {
    State before = getAndUpdate(state -> state == State.TERMINATED ? state : State.CANCELLED);
    if (before != State.TERMINATED && before != State.CANCELLED) {
      // It may stay in the line for a while, and should keep nothing alive from there.
      actual = null;
    }
    if (before == State.QUEUED) {
      queue.onCancelled();
    }
  }

  boolean isCancelled() {
    return get() == State.CANCELLED;
  }

  /** Takes a place in the line; not if it was cancelled on the way. */
  boolean tryEnqueue() {
    return compareAndSet(State.ENQUEUING, State.QUEUED);
  }

  /** Ends the wait, which has come to {@code from}; false if a cancel was first. */
  boolean tryTerminate(State from) {
    return compareAndSet(from, State.TERMINATED);
  }

  /** Hands the permit over, once {@link #tryTerminate} has said so. */
  void grant(Permit permit) {
    deliver(
        subscriber -> {
          subscriber.onNext(permit);
          subscriber.onComplete();
        });
  }

  /** Fails the wait, once {@link #tryTerminate} has said so. */
  void fail(Throwable error) {
    deliver(subscriber -> subscriber.onError(error));
  }

  /** One receiver that throws must not stop the line for all the others. */
  private void deliver(Consumer<CoreSubscriber<? super Permit>> signal) {
    CoreSubscriber<? super Permit> subscriber = actual;
    actual = null;
    if (subscriber == null) {
      return;
    }
    try {
      signal.accept(subscriber);
    } catch (Throwable thrown) {
      if (Exceptions.isJvmFatal(thrown)) {
        queue.onFatal(thrown);
      } else {
        drop(thrown, subscriber.currentContext());
      }
    }
  }

  private void drop(Throwable thrown, Context context) {
    try {
      Operators.onErrorDropped(thrown, context);
    } catch (Throwable hooked) {
      // The user's hook may throw what it hears.
      queue.onFatal(hooked);
    }
  }
}

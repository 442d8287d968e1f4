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
 * One subscription to {@link RateLimiter#acquire()}, queued until a permit is granted.
 *
 * <p>Written by hand, because one compare-and-set must decide between grant and cancellation:
 * otherwise a permit is lost or reaches a cancelled subscriber. {@code Mono.create} silently drops
 * a value that loses against a cancel.
 */
final class Waiter extends AtomicReference<Waiter.State> implements Subscription {

  private static final long serialVersionUID = 1L;

  enum State {
    /** Subscribed, without demand. */
    IDLE,
    /** Requested, not queued yet. */
    ENQUEUING,
    /** Queued and counted. */
    QUEUED,
    /** Granted or failed. */
    TERMINATED,
    CANCELLED
  }

  /** The queue of a limiter. */
  interface WaitQueue {

    /** A subscriber requests a permit. */
    void enqueue(Waiter waiter);

    /** A queued subscriber has cancelled. */
    void onCancelled();

    /** A subscriber threw a fatal error; it is rethrown after the queue is drained. */
    void onFatal(Throwable fatal);
  }

  /** Returns a {@code Mono} that queues each subscription. */
  static Mono<Permit> in(WaitQueue queue) {
    return new Mono<>() {
      @Override
      public void subscribe(CoreSubscriber<? super Permit> actual) {
        actual.onSubscribe(new Waiter(queue, actual));
      }
    };
  }

  private final transient WaitQueue queue;
  private final transient CallFlow flow;
  private transient @Nullable CoreSubscriber<? super Permit> actual;

  private Waiter(WaitQueue queue, CoreSubscriber<? super Permit> actual) {
    super(State.IDLE);
    this.queue = queue;
    this.actual = actual;
    this.flow = CallFlow.of(actual.currentContext());
  }

  /** Returns the flow to which the caller belongs. */
  CallFlow flow() {
    return flow;
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
      // It may stay queued for a while and must not retain the subscriber.
      actual = null;
    }
    if (before == State.QUEUED) {
      queue.onCancelled();
    }
  }

  boolean isCancelled() {
    return get() == State.CANCELLED;
  }

  /** Moves to {@code QUEUED}, unless cancelled before. */
  boolean tryEnqueue() {
    return compareAndSet(State.ENQUEUING, State.QUEUED);
  }

  /** Terminates from state {@code from}; returns false if a cancel came first. */
  boolean tryTerminate(State from) {
    return compareAndSet(from, State.TERMINATED);
  }

  /** Emits the permit, after {@link #tryTerminate} returned true. */
  void grant(Permit permit) {
    deliver(
        subscriber -> {
          subscriber.onNext(permit);
          subscriber.onComplete();
        });
  }

  /** Emits the error, after {@link #tryTerminate} returned true. */
  void fail(Throwable error) {
    deliver(subscriber -> subscriber.onError(error));
  }

  /** A subscriber that throws must not stop the drain loop for the others. */
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
      // The user's hook may throw the error again.
      queue.onFatal(hooked);
    }
  }
}

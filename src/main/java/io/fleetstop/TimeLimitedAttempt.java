package io.fleetstop;

import io.fleetstop.ActionCodec.DecodedReply;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.retry.RetryPolicy;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Operators.DeferredSubscription;
import reactor.util.context.Context;

/**
 * Starts an attempt for each subscription and limits its time: by the deadline of the call from
 * subscription on, and by the attempt timeout from the start of the exchange on. The stop signal of
 * the policy ends an attempt that has not been sent yet.
 *
 * <p>Written by hand, because {@code timeout} twice and {@code firstWithSignal} take a kilobyte and
 * three microseconds, a sixth of what Reactor Netty takes for the whole request. Here one timer
 * serves both limits: while an attempt is queued it is set to the deadline, and not at all if
 * permit and slot are free; when the exchange begins it is set to the earlier of both.
 */
final class TimeLimitedAttempt<T> extends Mono<T> {

  private final CallState<T> call;
  private final BiFunction<CallAttempt<T>, Runnable, Mono<DecodedReply<T>>> source;

  /**
   * Creates the limited attempt.
   *
   * @param source runs an attempt, and its second argument right before the exchange begins
   */
  TimeLimitedAttempt(
      CallState<T> call, BiFunction<CallAttempt<T>, Runnable, Mono<DecodedReply<T>>> source) {
    this.call = call;
    this.source = source;
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    new AttemptSubscriber<>(call, actual).start(source);
  }

  /**
   * One attempt. Reply, timer, cancellation and stop signal race; the first terminates it (CAS).
   */
  private static final class AttemptSubscriber<T>
      implements CoreSubscriber<DecodedReply<T>>, Subscription, Runnable, Scannable {

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<AttemptSubscriber> TERMINATED =
        AtomicIntegerFieldUpdater.newUpdater(AttemptSubscriber.class, "terminated");

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<AttemptSubscriber, @Nullable Disposable>
        TIMER =
            AtomicReferenceFieldUpdater.newUpdater(
                AttemptSubscriber.class, Disposable.class, "timer");

    private static final Disposable TIMER_DISPOSED = Disposables.disposed();

    private final CallState<T> call;
    private final CoreSubscriber<? super T> actual;
    private final CallAttempt<T> attempt;
    private final DeferredSubscription upstream = new DeferredSubscription();
    private volatile int terminated;

    @SuppressWarnings("UnusedVariable") // read and written through TIMER
    private volatile @Nullable Disposable timer;

    private volatile @Nullable Disposable stopSubscription;
    private volatile boolean stopRequested;

    AttemptSubscriber(CallState<T> call, CoreSubscriber<? super T> actual) {
      this.call = call;
      this.actual = actual;
      this.attempt = call.startAttempt();
    }

    void start(BiFunction<CallAttempt<T>, Runnable, Mono<DecodedReply<T>>> source) {
      actual.onSubscribe(this);
      Mono<Void> stop = call.policy().stopRetryingWhen();
      if (stop != null) {
        // Subscribed first: after the stop signal the attempt is not even started.
        stopSubscription =
            stop.subscribe(nothing -> {}, this::fail, this::onStopRequested, currentContext());
      }
      if (terminated != 0) {
        disposeStop();
        return;
      }
      try {
        // fromDirect adds nothing but Reactor's automatic context propagation.
        Mono.fromDirect(source.apply(attempt, this::onExchange)).subscribe(this);
        startDeadlineTimer();
      } catch (Throwable thrown) {
        fail(thrown);
      }
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return upstream;
      }
      if (key == Attr.ACTUAL) {
        return actual;
      }
      return key == Attr.TERMINATED ? terminated != 0 : null;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      upstream.set(subscription);
    }

    @Override
    public void request(long n) {
      upstream.request(n);
    }

    @Override
    public void onNext(DecodedReply<T> reply) {
      Objects.requireNonNull(reply, "reply");
      if (!tryTerminate()) {
        Operators.onNextDropped(reply, currentContext());
        return;
      }
      call.attemptSucceeded(attempt, reply);
      actual.onNext(call.resultOf(reply));
      actual.onComplete();
    }

    @Override
    public void onError(Throwable failure) {
      Objects.requireNonNull(failure, "failure");
      // An error after the timer or a cancellation is expected, and is not dropped to the hook.
      if (tryTerminate()) {
        // If the stop signal closed the gate, the transport's refusal is its consequence.
        boolean stopped = stopRequested && attempt.close() == Delivery.NOT_SENT;
        emitError(stopped ? EcsExceptions.stoppedByCaller() : failure);
      }
    }

    @Override
    public void onComplete() {
      if (tryTerminate()) {
        emitError(EcsExceptions.noReply(attempt.close()));
      }
    }

    @Override
    public void cancel() {
      if (tryTerminate()) {
        upstream.cancel();
      }
    }

    /** Runs when the timer fires. */
    @Override
    public void run() {
      // Before the gate is closed: the transport's refusal must not be emitted instead.
      if (!tryTerminate()) {
        return;
      }
      // Before the error is emitted: nothing is sent after the delivery was read.
      Delivery delivery = attempt.close();
      upstream.cancel();
      emitError(timeout(delivery));
    }

    private EcsException timeout(Delivery delivery) {
      RetryPolicy policy = call.policy();
      Duration deadline = policy.deadline();
      if (deadline == null || call.nanosLeft() > 0) {
        return EcsExceptions.attemptTimedOut(policy.attemptTimeout(), delivery);
      }
      // Read after the gate was closed: an attempt that passed the gate is not queued any more.
      if (attempt.isQueued()) {
        return EcsExceptions.queueTimedOut(deadline);
      }
      boolean queuedTooLong = attempt.nanosLeftAfterQueue() < deadline.toNanos() / 2;
      return queuedTooLong && attempt.number() == 1
          ? EcsExceptions.queuedTooLong(deadline, delivery)
          : EcsExceptions.deadlineExceeded(deadline, delivery);
    }

    private void onStopRequested() {
      // Before the gate is closed: onError has to know why the transport was refused. Whether the
      // attempt ends at all is known only afterwards.
      stopRequested = true;
      if (attempt.close() == Delivery.NOT_SENT) {
        fail(EcsExceptions.stoppedByCaller());
      }
    }

    private void fail(Throwable failure) {
      if (tryTerminate()) {
        upstream.cancel();
        emitError(failure);
      }
    }

    private void emitError(Throwable failure) {
      EcsException error = attempt.toEcsException(failure);
      call.attemptFailed(attempt, error);
      actual.onError(error);
    }

    private boolean tryTerminate() {
      if (!TERMINATED.compareAndSet(this, 0, 1)) {
        return false;
      }
      Disposable running = TIMER.getAndSet(this, TIMER_DISPOSED);
      if (running != null) {
        running.dispose();
      }
      disposeStop();
      return true;
    }

    private void disposeStop() {
      Disposable subscription = stopSubscription;
      if (subscription != null) {
        subscription.dispose();
      }
    }

    /** Does nothing if the exchange has begun already: it has set the timer. */
    private void startDeadlineTimer() {
      long left = call.nanosLeft();
      if (left != Long.MAX_VALUE && terminated == 0 && timer == null) {
        Disposable started = schedule(left);
        if (!TIMER.compareAndSet(this, null, started)) {
          started.dispose();
        }
      }
    }

    private void onExchange() {
      long timeout = call.policy().attemptTimeout().toNanos();
      Disposable started = schedule(Math.min(timeout, call.nanosLeft()));
      Disposable before =
          TIMER.getAndUpdate(this, now -> now == TIMER_DISPOSED ? TIMER_DISPOSED : started);
      if (before == TIMER_DISPOSED) {
        started.dispose();
      } else if (before != null) {
        before.dispose();
      }
    }

    private Disposable schedule(long nanos) {
      return call.scheduler().schedule(this, Math.max(0, nanos), TimeUnit.NANOSECONDS);
    }
  }
}

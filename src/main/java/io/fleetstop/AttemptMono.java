package io.fleetstop;

import io.fleetstop.ActionCodec.DecodedReply;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.retry.RetryPolicy;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
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
 * A try for each subscription, within its time: the deadline of the call for all of it, the attempt
 * timeout from where the exchange begins. If the caller wants no further try, one that is not on
 * the wire yet ends at once.
 *
 * <p>Written by hand, because {@code timeout} twice and {@code firstWithSignal} take a kilobyte and
 * three microseconds, a sixth of what Reactor Netty takes for the whole request. Here one timer
 * serves both limits: while a try waits for its turn it is set to the deadline, and not at all if
 * its turn comes at once; when the exchange begins it is set to what comes first.
 */
final class AttemptMono<T> extends Mono<T> {

  private final CallExecution<T> call;

  AttemptMono(CallExecution<T> call) {
    this.call = call;
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    new Running<>(call, actual).start();
  }

  /** One try. Whoever ends it first, its reply, its timer, its caller or the end, ends it alone. */
  private static final class Running<T>
      implements CoreSubscriber<DecodedReply<T>>, Subscription, Runnable, Scannable {

    @SuppressWarnings("rawtypes")
    private static final AtomicIntegerFieldUpdater<Running> ENDED =
        AtomicIntegerFieldUpdater.newUpdater(Running.class, "ended");

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<Running, @Nullable Disposable> TIMER =
        AtomicReferenceFieldUpdater.newUpdater(Running.class, Disposable.class, "timer");

    private static final Disposable OVER = Disposables.disposed();

    private final CallExecution<T> call;
    private final CoreSubscriber<? super T> actual;
    private final CallAttempt<T> attempt;
    private final DeferredSubscription upstream = new DeferredSubscription();
    private volatile int ended;

    @SuppressWarnings("UnusedVariable") // read and written through TIMER
    private volatile @Nullable Disposable timer;

    private volatile @Nullable Disposable untilEnd;
    private volatile boolean isUnwanted;

    Running(CallExecution<T> call, CoreSubscriber<? super T> actual) {
      this.call = call;
      this.actual = actual;
      this.attempt = call.next();
    }

    void start() {
      actual.onSubscribe(this);
      Mono<Void> until = call.policy().stopRetryingWhen();
      if (until != null) {
        // The end goes first: if it has come already, the try is not even begun.
        untilEnd = until.subscribe(nothing -> {}, this::fail, this::notWanted, currentContext());
      }
      if (ended != 0) {
        leaveEnd();
        return;
      }
      try {
        // As is, but with Reactor's automatic context propagation.
        Mono.fromDirect(attempt.run(this::exchanging)).subscribe(this);
        armUntilDeadline();
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
      return key == Attr.TERMINATED ? ended != 0 : null;
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
    public void onNext(DecodedReply<T> answer) {
      Objects.requireNonNull(answer, "answer");
      if (!ends()) {
        Operators.onNextDropped(answer, currentContext());
        return;
      }
      call.succeeded(attempt, answer);
      actual.onNext(answer.result());
      actual.onComplete();
    }

    @Override
    public void onError(Throwable failure) {
      Objects.requireNonNull(failure, "failure");
      // What still comes of a try that its timer or its caller has ended is of interest to nobody.
      if (ends()) {
        // A refusal by the gate that the end has closed is the end's, whoever is first to tell.
        boolean isEnd = isUnwanted && attempt.close() == Delivery.NOT_SENT;
        tell(isEnd ? AttemptErrors.notWanted() : failure);
      }
    }

    @Override
    public void onComplete() {
      if (ends()) {
        tell(AttemptErrors.unanswered(attempt.close()));
      }
    }

    @Override
    public void cancel() {
      if (ends()) {
        upstream.cancel();
      }
    }

    /** The time is up. */
    @Override
    public void run() {
      // Before the gate is closed: the transport's refusal must not be told in place of this.
      if (!ends()) {
        return;
      }
      // Before anything is told: what has left by now is in the delivery, and nothing will.
      Delivery delivery = attempt.close();
      upstream.cancel();
      tell(timeUp(delivery));
    }

    private EcsException timeUp(Delivery delivery) {
      RetryPolicy policy = call.policy();
      Duration deadline = policy.deadline();
      if (deadline == null || call.nanosLeft() > 0) {
        return AttemptErrors.timedOut(policy.attemptTimeout(), delivery);
      }
      // Looked at behind the closed gate: whoever has passed it had left the line before.
      return attempt.isInLine()
          ? AttemptErrors.queueTimedOut(deadline)
          : AttemptErrors.deadlinePassed(deadline, delivery);
    }

    private void notWanted() {
      // Before the gate is closed: the try is over only if it has not been sent, which is not known
      // until then, so that its failure has to know why it was refused.
      isUnwanted = true;
      if (attempt.close() == Delivery.NOT_SENT) {
        fail(AttemptErrors.notWanted());
      }
    }

    private void fail(Throwable failure) {
      if (ends()) {
        upstream.cancel();
        tell(failure);
      }
    }

    private void tell(Throwable failure) {
      EcsException named = attempt.named(failure);
      call.failed(attempt, named);
      actual.onError(named);
    }

    private boolean ends() {
      if (!ENDED.compareAndSet(this, 0, 1)) {
        return false;
      }
      Disposable armed = TIMER.getAndSet(this, OVER);
      if (armed != null) {
        armed.dispose();
      }
      leaveEnd();
      return true;
    }

    private void leaveEnd() {
      Disposable waiting = untilEnd;
      if (waiting != null) {
        waiting.dispose();
      }
    }

    /** If the turn has come already, the exchange has set the timer. */
    private void armUntilDeadline() {
      long left = call.nanosLeft();
      if (left != Long.MAX_VALUE && ended == 0 && timer == null) {
        Disposable armed = schedule(left);
        if (!TIMER.compareAndSet(this, null, armed)) {
          armed.dispose();
        }
      }
    }

    private void exchanging() {
      long timeout = call.policy().attemptTimeout().toNanos();
      Disposable armed = schedule(Math.min(timeout, call.nanosLeft()));
      Disposable before = TIMER.getAndUpdate(this, now -> now == OVER ? OVER : armed);
      if (before == OVER) {
        armed.dispose();
      } else if (before != null) {
        before.dispose();
      }
    }

    private Disposable schedule(long nanos) {
      return call.scheduler().schedule(this, Math.max(0, nanos), TimeUnit.NANOSECONDS);
    }
  }
}

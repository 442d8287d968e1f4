package io.fleetstop.limit;

import io.fleetstop.limit.RateLimiter.Permit;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * A call behind a permit, which hears how the call ended before the subscriber does.
 *
 * <p>Written by hand for two reasons. In reactor-core 3.8.7 {@code Mono.flatMap} may lose a cancel
 * that comes while it subscribes to the second publisher: the call would go on for nobody, and its
 * permit stay out. And what does not lose it, {@code flatMapMany}, {@code singleOrEmpty}, {@code
 * doOnSuccess}, {@code doOnError} and {@code doOnCancel}, takes half a kilobyte and 0.7
 * microseconds for each limiter that a call passes.
 *
 * <p>There is one subscription at a time, that to the permit and then that to the call, held where
 * a cancel finds it whenever it comes.
 */
final class MonoUsingPermit<T> extends Mono<T> {

  private final Mono<Permit> acquire;
  private final Mono<T> source;

  MonoUsingPermit(Mono<Permit> acquire, Mono<T> source) {
    // As is, but with Reactor's automatic context propagation: then what is not an operator of its
    // own is wrapped, so that whoever is granted a permit by another finds its own thread locals.
    this.acquire = Mono.fromDirect(Objects.requireNonNull(acquire, "acquire"));
    this.source = Mono.fromDirect(Objects.requireNonNull(source, "source"));
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    acquire.subscribe(new Wait<>(actual, source));
  }

  /** The subscription to the permit; it is what the subscriber holds, and cancels. */
  private static final class Wait<T> implements CoreSubscriber<Permit>, Subscription, Scannable {

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<Wait, @Nullable Subscription> CURRENT =
        AtomicReferenceFieldUpdater.newUpdater(Wait.class, Subscription.class, "current");

    private final CoreSubscriber<? super T> actual;
    private final Mono<T> source;
    private boolean isOver;

    @SuppressWarnings("UnusedVariable") // written through CURRENT
    private volatile @Nullable Subscription current;

    Wait(CoreSubscriber<? super T> actual, Mono<T> source) {
      this.actual = actual;
      this.source = source;
    }

    @Override
    public Context currentContext() {
      return actual.currentContext();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return current;
      }
      if (key == Attr.ACTUAL) {
        return actual;
      }
      return key == Attr.CANCELLED ? current == Operators.cancelledSubscription() : null;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      if (Operators.setOnce(CURRENT, this, subscription)) {
        actual.onSubscribe(this);
      }
    }

    @Override
    public void request(long n) {
      Subscription now = current;
      if (now != null) {
        now.request(n);
      }
    }

    @Override
    public void onNext(Permit permit) {
      Objects.requireNonNull(permit, "permit");
      if (isOver) {
        permit.ignored();
        return;
      }
      isOver = true;
      Call<T> call = new Call<>(this, permit);
      try {
        source.subscribe(call);
      } catch (Throwable thrown) {
        // Fatal, or no operator of Reactor's: the call is nobody's, but the permit is somebody's.
        boolean isUntold = call.permit != null;
        call.cancel();
        Exceptions.throwIfFatal(thrown);
        if (isUntold) {
          actual.onError(Operators.onOperatorError(thrown, currentContext()));
        } else {
          Operators.onErrorDropped(thrown, currentContext());
        }
      }
    }

    @Override
    public void onError(Throwable failure) {
      Objects.requireNonNull(failure, "failure");
      if (isOver) {
        Operators.onErrorDropped(failure, currentContext());
        return;
      }
      isOver = true;
      actual.onError(failure);
    }

    @Override
    public void onComplete() {
      if (!isOver) {
        isOver = true;
        actual.onComplete();
      }
    }

    @Override
    public void cancel() {
      Operators.terminate(CURRENT, this);
    }
  }

  /** The subscription to the call. */
  private static final class Call<T> implements CoreSubscriber<T>, Subscription, Scannable {

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<Call, @Nullable Permit> PERMIT =
        AtomicReferenceFieldUpdater.newUpdater(Call.class, Permit.class, "permit");

    private final Wait<T> wait;
    private @Nullable Subscription upstream;
    private @Nullable Throwable othersError;
    private volatile @Nullable Permit permit;

    Call(Wait<T> wait, Permit permit) {
      this.wait = wait;
      this.permit = permit;
    }

    @Override
    public Context currentContext() {
      return wait.currentContext();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return upstream;
      }
      if (key == Attr.ACTUAL) {
        return wait.actual;
      }
      return key == Attr.TERMINATED ? permit == null : null;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      if (Operators.validate(upstream, subscription)) {
        upstream = subscription;
        if (Operators.replace(Wait.CURRENT, wait, this)) {
          subscription.request(Long.MAX_VALUE);
        }
      }
    }

    /** The call has been asked for all it has already: a Mono has one value. */
    @Override
    public void request(long n) {
      Operators.validate(n);
    }

    @Override
    public void onNext(T value) {
      Objects.requireNonNull(value, "value");
      Permit open = PERMIT.getAndSet(this, null);
      if (open == null) {
        Operators.onNextDropped(value, currentContext());
      } else if (hasHeard(open, value)) {
        wait.actual.onNext(value);
        wait.actual.onComplete();
        throwOthersError();
      }
    }

    @Override
    public void onComplete() {
      Permit open = PERMIT.getAndSet(this, null);
      if (open != null && hasHeard(open, null)) {
        wait.actual.onComplete();
        throwOthersError();
      }
    }

    private boolean hasHeard(Permit open, @Nullable T value) {
      try {
        open.succeeded();
        return true;
      } catch (Throwable thrown) {
        if (Exceptions.isJvmFatal(thrown)) {
          othersError = thrown;
          return true;
        }
        wait.actual.onError(Operators.onOperatorError(upstream, thrown, value, currentContext()));
        return false;
      }
    }

    @Override
    public void onError(Throwable failure) {
      Objects.requireNonNull(failure, "failure");
      Permit open = PERMIT.getAndSet(this, null);
      if (open == null) {
        // What comes of a call that its caller has left is of interest to nobody.
        if (wait.current != Operators.cancelledSubscription()) {
          Operators.onErrorDropped(failure, currentContext());
        }
        return;
      }
      Throwable told = failure;
      try {
        PermitOutcome.failed(open, failure);
      } catch (Throwable thrown) {
        if (Exceptions.isJvmFatal(thrown)) {
          othersError = thrown;
        } else {
          told = Operators.onOperatorError(null, thrown, failure, currentContext());
        }
      }
      wait.actual.onError(told);
      throwOthersError();
    }

    /**
     * A permit that is given back may let the next caller begin on this thread. An error of that
     * one's which nobody may catch is thrown once this call's own end has been told.
     */
    private void throwOthersError() {
      if (othersError != null) {
        throw Exceptions.propagate(othersError);
      }
    }

    @Override
    public void cancel() {
      Permit open = PERMIT.getAndSet(this, null);
      if (open != null) {
        try {
          open.ignored();
        } catch (Throwable thrown) {
          Operators.onErrorDropped(thrown, currentContext());
        }
      }
      if (upstream != null) {
        upstream.cancel();
      }
    }
  }
}

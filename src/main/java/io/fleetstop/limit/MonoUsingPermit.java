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
    acquire.subscribe(new PermitSubscriber<>(actual, source));
  }

  /** The subscription to the permit; it is what the subscriber holds, and cancels. */
  private static final class PermitSubscriber<T> implements CoreSubscriber<Permit>, Subscription, Scannable {

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<PermitSubscriber, @Nullable Subscription> CURRENT =
        AtomicReferenceFieldUpdater.newUpdater(PermitSubscriber.class, Subscription.class, "current");

    private final CoreSubscriber<? super T> actual;
    private final Mono<T> source;
    private boolean done;

    @SuppressWarnings("UnusedVariable") // written through CURRENT
    private volatile @Nullable Subscription current;

    PermitSubscriber(CoreSubscriber<? super T> actual, Mono<T> source) {
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
      if (done) {
        permit.ignored();
        return;
      }
      done = true;
      SourceSubscriber<T> call = new SourceSubscriber<>(this, permit);
      try {
        source.subscribe(call);
      } catch (Throwable thrown) {
        // Fatal, or no operator of Reactor's: the call is nobody's, but the permit is somebody's.
        boolean undelivered = call.permit != null;
        call.cancel();
        Exceptions.throwIfFatal(thrown);
        if (undelivered) {
          actual.onError(Operators.onOperatorError(thrown, currentContext()));
        } else {
          Operators.onErrorDropped(thrown, currentContext());
        }
      }
    }

    @Override
    public void onError(Throwable failure) {
      Objects.requireNonNull(failure, "failure");
      if (done) {
        Operators.onErrorDropped(failure, currentContext());
        return;
      }
      done = true;
      actual.onError(failure);
    }

    @Override
    public void onComplete() {
      if (!done) {
        done = true;
        actual.onComplete();
      }
    }

    @Override
    public void cancel() {
      Operators.terminate(CURRENT, this);
    }
  }

  /** The subscription to the call. */
  private static final class SourceSubscriber<T> implements CoreSubscriber<T>, Subscription, Scannable {

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<SourceSubscriber, @Nullable Permit> PERMIT =
        AtomicReferenceFieldUpdater.newUpdater(SourceSubscriber.class, Permit.class, "permit");

    private final PermitSubscriber<T> parent;
    private @Nullable Subscription upstream;
    private @Nullable Throwable deferredFatal;
    private volatile @Nullable Permit permit;

    SourceSubscriber(PermitSubscriber<T> wait, Permit permit) {
      this.parent = wait;
      this.permit = permit;
    }

    @Override
    public Context currentContext() {
      return parent.currentContext();
    }

    @Override
    @SuppressWarnings("rawtypes")
    public @Nullable Object scanUnsafe(Attr key) {
      if (key == Attr.PARENT) {
        return upstream;
      }
      if (key == Attr.ACTUAL) {
        return parent.actual;
      }
      return key == Attr.TERMINATED ? permit == null : null;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      if (Operators.validate(upstream, subscription)) {
        upstream = subscription;
        if (Operators.replace(PermitSubscriber.CURRENT, parent, this)) {
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
      } else if (reportSucceeded(open, value)) {
        parent.actual.onNext(value);
        parent.actual.onComplete();
        rethrowDeferredFatal();
      }
    }

    @Override
    public void onComplete() {
      Permit open = PERMIT.getAndSet(this, null);
      if (open != null && reportSucceeded(open, null)) {
        parent.actual.onComplete();
        rethrowDeferredFatal();
      }
    }

    private boolean reportSucceeded(Permit open, @Nullable T value) {
      try {
        open.succeeded();
        return true;
      } catch (Throwable thrown) {
        if (Exceptions.isJvmFatal(thrown)) {
          deferredFatal = thrown;
          return true;
        }
        parent.actual.onError(Operators.onOperatorError(upstream, thrown, value, currentContext()));
        return false;
      }
    }

    @Override
    public void onError(Throwable failure) {
      Objects.requireNonNull(failure, "failure");
      Permit open = PERMIT.getAndSet(this, null);
      if (open == null) {
        // What comes of a call that its caller has left is of interest to nobody.
        if (parent.current != Operators.cancelledSubscription()) {
          Operators.onErrorDropped(failure, currentContext());
        }
        return;
      }
      Throwable reported = failure;
      try {
        PermitOutcome.report(open, failure);
      } catch (Throwable thrown) {
        if (Exceptions.isJvmFatal(thrown)) {
          deferredFatal = thrown;
        } else {
          reported = Operators.onOperatorError(null, thrown, failure, currentContext());
        }
      }
      parent.actual.onError(reported);
      rethrowDeferredFatal();
    }

    /**
     * A permit that is given back may let the next caller begin on this thread. An error of that
     * one's which nobody may catch is thrown once this call's own end has been told.
     */
    private void rethrowDeferredFatal() {
      if (deferredFatal != null) {
        throw Exceptions.propagate(deferredFatal);
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

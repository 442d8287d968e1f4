package io.fleetstop.limit;

import io.fleetstop.limit.RateLimiter.Permit;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Scannable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * The operator of {@link RateLimiter#pace}.
 *
 * <p>Written by hand, because the permit must precede the request: {@code concatMap} and {@code
 * delayUntil} take an element first and hold it while they wait. Nothing is queued here. One permit
 * or one element is pending at a time, and only while there is demand, so that only terminal
 * signals of both may overlap.
 */
final class PacedFlux<T> extends FluxOperator<T, T> {

  private final RateLimiter limiter;

  PacedFlux(Flux<T> source, RateLimiter limiter) {
    super(Objects.requireNonNull(source, "source"));
    this.limiter = limiter;
  }

  @Override
  public int getPrefetch() {
    return 0;
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    source.subscribe(new PacedSubscriber<>(actual, limiter));
  }

  private static final class PacedSubscriber<T>
      implements CoreSubscriber<T>, Subscription, Scannable {

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<PacedSubscriber, @Nullable Subscription> WAIT =
        AtomicReferenceFieldUpdater.newUpdater(PacedSubscriber.class, Subscription.class, "wait");

    private final CoreSubscriber<? super T> actual;
    private final RateLimiter limiter;
    private final AtomicLong demand = new AtomicLong();
    private final AtomicBoolean ended = new AtomicBoolean();
    private @Nullable Subscription upstream;

    @SuppressWarnings("UnusedVariable") // read and written through WAIT
    private volatile @Nullable Subscription wait;

    PacedSubscriber(CoreSubscriber<? super T> actual, RateLimiter limiter) {
      this.actual = actual;
      this.limiter = limiter;
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
      if (key == Attr.TERMINATED) {
        return ended.get();
      }
      return key == Attr.REQUESTED_FROM_DOWNSTREAM ? demand.get() : null;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      if (Operators.validate(upstream, subscription)) {
        upstream = subscription;
        actual.onSubscribe(this);
      }
    }

    @Override
    public void request(long n) {
      if (n <= 0) {
        if (ended.compareAndSet(false, true)) {
          stop();
          actual.onError(Exceptions.nullOrNegativeRequestException(n));
        }
      } else if (demand.getAndAccumulate(n, Operators::addCap) == 0) {
        await();
      }
    }

    @Override
    public void onNext(T element) {
      Objects.requireNonNull(element, "element");
      if (ended.get()) {
        Operators.onNextDropped(element, currentContext());
        return;
      }
      actual.onNext(element);
      // A source that emits without demand must not make it negative.
      long left = demand.updateAndGet(now -> now == Long.MAX_VALUE ? now : Math.max(0, now - 1));
      if (left > 0) {
        await();
      }
    }

    @Override
    public void onError(Throwable error) {
      Objects.requireNonNull(error, "error");
      if (ended.compareAndSet(false, true)) {
        Operators.terminate(WAIT, this);
        actual.onError(error);
      } else {
        Operators.onErrorDropped(error, currentContext());
      }
    }

    @Override
    public void onComplete() {
      if (ended.compareAndSet(false, true)) {
        Operators.terminate(WAIT, this);
        actual.onComplete();
      }
    }

    @Override
    public void cancel() {
      if (ended.compareAndSet(false, true)) {
        stop();
      }
    }

    private void await() {
      if (!ended.get()) {
        limiter.acquire().subscribe(new PermitSubscriber());
      }
    }

    private void stop() {
      Operators.terminate(WAIT, this);
      cancelUpstream();
    }

    private void cancelUpstream() {
      Subscription from = upstream;
      if (from != null) {
        from.cancel();
      }
    }

    /** Waits for one permit. */
    private final class PermitSubscriber implements CoreSubscriber<Permit> {

      private @Nullable Subscription own;

      @Override
      public Context currentContext() {
        return actual.currentContext();
      }

      @Override
      public void onSubscribe(Subscription subscription) {
        if (Operators.validate(own, subscription)) {
          own = subscription;
          if (Operators.replace(WAIT, PacedSubscriber.this, subscription)) {
            subscription.request(1);
          }
        }
      }

      @Override
      public void onNext(Permit permit) {
        permit.ignored();
        Subscription from = upstream;
        if (from != null) {
          from.request(1);
        }
      }

      @Override
      public void onError(Throwable error) {
        Objects.requireNonNull(error, "error");
        if (ended.compareAndSet(false, true)) {
          cancelUpstream();
          actual.onError(error);
        } else {
          Operators.onErrorDropped(error, currentContext());
        }
      }

      @Override
      public void onComplete() {}
    }
  }
}

package io.fleetstop.fleet;

import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Scannable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Subscribes to one publisher after another, each chosen by the value of the one before, and emits
 * the result of the last one.
 *
 * <p>Written by hand: an instance is awaited for minutes, and all {@code flatMapMany}, {@code
 * singleOrEmpty}, {@code switchIfEmpty}, {@code onErrorResume} and {@code doAfterTerminate} that it
 * passed before would be retained until its outcome, half a kilobyte and more with each repeated
 * call. Here only the subscription of the active stage is retained. {@code Mono.flatMap} of
 * reactor-core 3.8.7 may also lose a cancel while it subscribes to the next publisher.
 */
final class MonoStages<T> extends Mono<T> {

  /** What follows: a publisher, or the result. */
  sealed interface Stage<T> {

    /**
     * Returns a stage that continues with the value of {@code source}.
     *
     * @param source emits exactly one value or an error
     */
    static <V, T> Stage<T> of(Mono<V> source, Function<V, Stage<T>> then) {
      return new Running<>(source, then, null);
    }

    /** As {@link #of}, and continues with {@code onError} if the source or {@code then} fails. */
    static <V, T> Stage<T> of(
        Mono<V> source, Function<V, Stage<T>> then, Function<Throwable, Stage<T>> onError) {
      return new Running<>(source, then, onError);
    }

    /** Returns the last stage. */
    static <T> Stage<T> result(T value) {
      return new Result<>(value);
    }
  }

  private record Running<V, T>(
      Mono<V> source, Function<V, Stage<T>> then, @Nullable Function<Throwable, Stage<T>> onError)
      implements Stage<T> {

    @SuppressWarnings("unchecked") // the value is that of the source
    Function<Object, Stage<T>> untyped() {
      return (Function<Object, Stage<T>>) (Function<?, Stage<T>>) then;
    }
  }

  private record Result<T>(T value) implements Stage<T> {}

  private final Supplier<Stage<T>> first;
  private final Runnable afterTerminate;

  /**
   * Creates a publisher.
   *
   * @param first supplies the first stage of each subscription
   * @param afterTerminate runs after the terminal signal was delivered; not on cancellation
   */
  MonoStages(Supplier<Stage<T>> first, Runnable afterTerminate) {
    this.first = first;
    this.afterTerminate = afterTerminate;
  }

  @Override
  public void subscribe(CoreSubscriber<? super T> actual) {
    actual.onSubscribe(new StageSubscriber<>(actual, first, afterTerminate));
  }

  /** Subscribes to one stage at a time. It is the subscription that the downstream holds. */
  private static final class StageSubscriber<T>
      implements CoreSubscriber<Object>, Subscription, Scannable {

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<StageSubscriber, @Nullable Subscription>
        CURRENT =
            AtomicReferenceFieldUpdater.newUpdater(
                StageSubscriber.class, Subscription.class, "current");

    @SuppressWarnings("rawtypes")
    private static final AtomicReferenceFieldUpdater<StageSubscriber, @Nullable Supplier> FIRST =
        AtomicReferenceFieldUpdater.newUpdater(StageSubscriber.class, Supplier.class, "first");

    private final CoreSubscriber<? super T> actual;
    private final Runnable afterTerminate;
    // Not the stage itself, which would retain its source.
    private @Nullable Function<Object, Stage<T>> then;
    private @Nullable Function<Throwable, Stage<T>> onError;
    private @Nullable Object value;

    @SuppressWarnings("UnusedVariable") // written through FIRST
    private volatile @Nullable Supplier<Stage<T>> first;

    private volatile @Nullable Subscription current;

    StageSubscriber(
        CoreSubscriber<? super T> actual, Supplier<Stage<T>> first, Runnable afterTerminate) {
      this.actual = actual;
      this.first = first;
      this.afterTerminate = afterTerminate;
    }

    /** Starts with the first request, so that the result has demand. */
    @Override
    public void request(long n) {
      if (!Operators.validate(n)) {
        return;
      }
      @SuppressWarnings("unchecked") // only the field's type is raw
      Supplier<Stage<T>> start = FIRST.getAndSet(this, null);
      if (start == null || isCancelled()) {
        return;
      }
      Stage<T> next;
      try {
        next = start.get();
      } catch (Throwable thrown) {
        fail(Operators.onOperatorError(thrown, currentContext()));
        return;
      }
      enter(next);
    }

    private void enter(Stage<T> next) {
      if (next instanceof Result<T> result) {
        then = null;
        actual.onNext(result.value());
        actual.onComplete();
        afterTerminate.run();
      } else if (next instanceof Running<?, T> running) {
        then = running.untyped();
        onError = running.onError();
        // As a plain subscriber: what subscribing throws is then signalled, and the source's thread
        // restores thread locals under automatic context propagation.
        running.source().subscribe((Subscriber<Object>) this);
      }
    }

    private void fail(Throwable error) {
      then = null;
      actual.onError(error);
      afterTerminate.run();
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      // Releases the previous stage, and cancels this one if the downstream has cancelled.
      if (Operators.replace(CURRENT, this, subscription)) {
        subscription.request(Long.MAX_VALUE);
      }
    }

    @Override
    public void onNext(Object emitted) {
      value = emitted;
    }

    @Override
    public void onComplete() {
      Function<Object, Stage<T>> continuation = then;
      Object result = value;
      value = null;
      if (continuation == null || isCancelled()) {
        return;
      }
      if (result == null) {
        onError(new IllegalStateException("a stage emitted no value"));
        return;
      }
      Stage<T> next;
      try {
        next = continuation.apply(result);
      } catch (Throwable thrown) {
        onError(Operators.onOperatorError(thrown, currentContext()));
        return;
      }
      enter(next);
    }

    @Override
    public void onError(Throwable failure) {
      value = null;
      // The error of a cancelled stage has no receiver.
      if (then == null || isCancelled()) {
        return;
      }
      Function<Throwable, Stage<T>> handler = onError;
      if (handler == null) {
        fail(failure);
        return;
      }
      Stage<T> next;
      try {
        next = handler.apply(failure);
      } catch (Throwable thrown) {
        fail(Operators.onOperatorError(null, thrown, failure, currentContext()));
        return;
      }
      enter(next);
    }

    @Override
    public void cancel() {
      Operators.terminate(CURRENT, this);
    }

    private boolean isCancelled() {
      return current == Operators.cancelledSubscription();
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
      return key == Attr.CANCELLED ? isCancelled() : null;
    }
  }
}

package io.fleetstop.junit;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;

/** Captures the subscriber before any signal. */
public final class SubscriberCaptor<T> implements Publisher<T> {

  private @Nullable Subscriber<? super T> subscriber;

  @Override
  public void subscribe(Subscriber<? super T> subscriber) {
    this.subscriber = subscriber;
  }

  /** Returns the subscriber. */
  @SuppressWarnings("unchecked")
  public Subscriber<T> captured() {
    return (Subscriber<T>) Objects.requireNonNull(subscriber);
  }
}

package io.fleetstop.limit;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/** An error that nobody may catch, kept until it can be thrown without harm to others. */
final class DeferredFatal {

  private final AtomicReference<@Nullable Throwable> captured = new AtomicReference<>();

  void capture(Throwable fatal) {
    captured.compareAndSet(null, fatal);
  }

  /** Throws it, if there is one, once. */
  void rethrow() {
    Throwable fatal = captured.get() == null ? null : captured.getAndSet(null);
    if (fatal != null) {
      throw Exceptions.propagate(fatal);
    }
  }
}

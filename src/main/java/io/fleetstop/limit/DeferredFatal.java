package io.fleetstop.limit;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/** Captures a fatal error until it can be rethrown without harm to other callers. */
final class DeferredFatal {

  private final AtomicReference<@Nullable Throwable> captured = new AtomicReference<>();

  void capture(Throwable fatal) {
    captured.compareAndSet(null, fatal);
  }

  /** Throws the captured error once, if there is one. */
  void rethrow() {
    Throwable fatal = captured.get() == null ? null : captured.getAndSet(null);
    if (fatal != null) {
      throw Exceptions.propagate(fatal);
    }
  }
}

package io.fleetstop.limit;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;

/** An error that nobody may catch, kept until it can be thrown without harm to others. */
final class DeferredFatal {

  private final AtomicReference<@Nullable Throwable> kept = new AtomicReference<>();

  void keep(Throwable fatal) {
    kept.compareAndSet(null, fatal);
  }

  /** Throws it, if there is one, once. */
  void rethrow() {
    Throwable fatal = kept.get() == null ? null : kept.getAndSet(null);
    if (fatal != null) {
      throw Exceptions.propagate(fatal);
    }
  }
}

package io.fleetstop.limit;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.limit.RateLimiter.Permit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** What the end of a call says to its permit. */
final class Feedback {

  private Feedback() {}

  /**
   * {@code source} once there is a permit, which hears how it ended.
   *
   * <p>Not by {@code Mono.flatMap}: in reactor-core 3.8.7 a cancel that comes while it subscribes
   * to the second publisher may be lost. The call would go on for nobody, and its permit stay out.
   */
  static <T> Mono<T> after(Mono<Permit> acquire, Mono<T> source) {
    return acquire.flatMapMany(permit -> report(source, permit)).singleOrEmpty();
  }

  /** {@code source}, telling {@code permit} how it ended before the subscriber hears of it. */
  static <T> Mono<T> report(Mono<T> source, Permit permit) {
    // A subscriber may cancel after completion, and the permit must hear only once.
    AtomicReference<@Nullable Permit> open = new AtomicReference<>(permit);
    return source
        .doOnSuccess(value -> close(open, Permit::succeeded))
        .doOnError(error -> close(open, ended -> failed(ended, error)))
        .doOnCancel(() -> close(open, Permit::ignored));
  }

  private static void close(AtomicReference<@Nullable Permit> open, Consumer<Permit> end) {
    Permit permit = open.getAndSet(null);
    if (permit != null) {
      end.accept(permit);
    }
  }

  /** Tells {@code permit} what {@code error} says about the quota. */
  static void failed(Permit permit, Throwable error) {
    if (!(error instanceof EcsException refused)) {
      permit.ignored();
    } else if (refused.category() == Category.THROTTLED) {
      permit.throttled(refused.retryAfter());
    } else if (refused.delivery() == Delivery.REJECTED || refused.httpStatus() != null) {
      // The service counted the call and let it in: that is what the quota is about, and the
      // better part of a fleet that is gone already would otherwise look like silence.
      permit.succeeded();
    } else {
      permit.ignored();
    }
  }
}

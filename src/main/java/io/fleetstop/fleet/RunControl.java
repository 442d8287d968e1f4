package io.fleetstop.fleet;

import io.fleetstop.error.EcsException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** What is wanted of a run at present: that it goes on, pauses or ends. Ending is for good. */
final class RunControl {

  private record End(@Nullable EcsException reason) {}

  private final ConditionSignal news = new ConditionSignal();
  private final Sinks.Empty<Void> ended = Sinks.empty();
  // One field, so that nobody sees the end without its reason.
  private final AtomicReference<@Nullable End> end = new AtomicReference<>();
  // Odd while paused.
  private final AtomicInteger turns = new AtomicInteger();

  void pause() {
    turns.updateAndGet(now -> now % 2 == 0 ? now + 1 : now);
    news.spread();
  }

  void goOn() {
    turns.updateAndGet(now -> now % 2 == 0 ? now : now + 1);
    news.spread();
  }

  /** Ends the run; the first reason counts, {@code null} for an end that was wanted. */
  void end(@Nullable EcsException why) {
    if (end.compareAndSet(null, new End(why))) {
      ended.tryEmitEmpty();
      news.spread();
    }
  }

  boolean isPaused() {
    return turns.get() % 2 != 0;
  }

  /** A number that is another one after each pause and each going on. */
  int turns() {
    return turns.get();
  }

  boolean isEnded() {
    return end.get() != null;
  }

  /** Why the run was ended, or {@code null} if that was wanted or has not come. */
  @Nullable EcsException reason() {
    End made = end.get();
    return made == null ? null : made.reason;
  }

  /** Completes when the run is ended. */
  Mono<Void> ended() {
    return ended.asMono();
  }

  /** Completes at once unless the run is paused, else when it goes on or is ended. */
  Mono<Void> going() {
    return news.until(() -> !isPaused() || isEnded());
  }

  /** Completes when the run is paused or ended. */
  Mono<Void> held() {
    return news.until(() -> isPaused() || isEnded());
  }
}

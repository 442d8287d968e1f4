package io.fleetstop.fleet;

import java.util.List;
import java.util.function.Consumer;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** Notifies each listener, also after one of them has thrown. */
record RunListeners(List<RunListener> listeners) implements RunListener {

  /** Adds the listener of a subscriber's context, if it has one. */
  static RunListener with(RunListener listener, ContextView context) {
    RunListener own = context.getOrDefault(CONTEXT_KEY, NONE);
    return own == NONE ? listener : RunListener.all(List.of(listener, own));
  }

  @Override
  public void runStarted(ShutdownRun run) {
    each(listener -> listener.runStarted(run));
  }

  @Override
  public void batchesUnavailable(ShutdownRun run, String reason) {
    each(listener -> listener.batchesUnavailable(run, reason));
  }

  @Override
  public void outcomeEmitted(ShutdownRun run, ShutdownOutcome outcome) {
    each(listener -> listener.outcomeEmitted(run, outcome));
  }

  @Override
  public void runTerminated(ShutdownRun run) {
    each(listener -> listener.runTerminated(run));
  }

  private void each(Consumer<RunListener> event) {
    for (RunListener listener : listeners) {
      try {
        event.accept(listener);
      } catch (Throwable thrown) {
        Operators.onErrorDropped(thrown, Context.empty());
      }
    }
  }
}

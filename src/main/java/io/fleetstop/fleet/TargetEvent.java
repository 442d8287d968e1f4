package io.fleetstop.fleet;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import org.jspecify.annotations.Nullable;

/** An event of one target in the journal of a run over several. */
record TargetEvent(Target target, JournalEvent event) implements JournalEvent {

  @Override
  public @Nullable Kind outcome() {
    return event.outcome();
  }

  @Override
  public boolean isFinal() {
    return event.isFinal();
  }

  @Override
  public boolean isDurable() {
    return event.isDurable();
  }
}

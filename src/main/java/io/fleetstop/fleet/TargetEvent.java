package io.fleetstop.fleet;

/** An event of one target in the journal of a run over several. */
record TargetEvent(Target target, JournalEvent event) implements JournalEvent {

  @Override
  public boolean isDurable() {
    return event.isDurable();
  }
}

package io.fleetstop.fleet;

import reactor.core.publisher.Mono;

/** The part of a shared journal that is about one target. */
final class TargetJournal implements ShutdownJournal {

  private final ShutdownJournal journal;
  private final Target target;
  private final JournalState state;
  private final ShutdownOptions options;

  TargetJournal(ShutdownJournal journal, Target target, ShutdownOptions options) {
    this.journal = journal;
    this.target = target;
    this.state = journal.state().of(target);
    this.options = options;
  }

  @Override
  public JournalState state() {
    return state;
  }

  @Override
  public ShutdownOptions options() {
    return options;
  }

  @Override
  public Mono<Void> append(JournalEvent event) {
    return journal.append(new TargetEvent(target, event));
  }

  /** Does nothing: the journal belongs to all targets. */
  @Override
  public Mono<Void> disposeLater() {
    return Mono.empty();
  }

  @Override
  public String toString() {
    return journal.toString();
  }
}

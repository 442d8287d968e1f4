package io.fleetstop.testkit;

import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import reactor.core.publisher.Mono;

/** An implementation as a user writes one. */
class InMemoryJournalTest extends ShutdownJournalContract {

  private final InMemoryJournal.Lines storage = new InMemoryJournal.Lines();

  @Override
  protected Mono<? extends ShutdownJournal> create(ShutdownOptions options) {
    return InMemoryJournal.create(storage, options);
  }

  @Override
  protected Mono<? extends ShutdownJournal> resume(ShutdownOptions options) {
    return InMemoryJournal.resume(storage, options);
  }
}

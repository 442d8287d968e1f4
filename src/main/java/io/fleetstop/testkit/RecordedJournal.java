package io.fleetstop.testkit;

import io.fleetstop.fleet.JournalEvent;
import io.fleetstop.fleet.JournalState;
import io.fleetstop.fleet.ShutdownJournal;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import reactor.core.publisher.Mono;

/** A journal that passes on to another one, and lists the events that it has stored. */
final class RecordedJournal implements ShutdownJournal {

  /** A stored event. */
  record Stored(String line, WeakReference<JournalEvent> event) {}

  private final ShutdownJournal journal;
  private final List<Stored> stored = new CopyOnWriteArrayList<>();

  RecordedJournal(ShutdownJournal journal) {
    this.journal = journal;
  }

  List<Stored> stored() {
    return stored;
  }

  @Override
  public JournalState state() {
    return journal.state();
  }

  @Override
  public Mono<Void> append(JournalEvent event) {
    String line = event.toLine();
    WeakReference<JournalEvent> reference = new WeakReference<>(event);
    return journal.append(event).doOnSuccess(done -> stored.add(new Stored(line, reference)));
  }

  @Override
  public Mono<Void> disposeLater() {
    return journal.disposeLater();
  }

  @Override
  public String toString() {
    return journal.toString();
  }
}

package io.fleetstop.testkit;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.JournalEvent;
import io.fleetstop.fleet.JournalState;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A journal that keeps its lines in a list, which outlives it. */
final class InMemoryJournal implements ShutdownJournal {

  /** Storage of one journal. */
  static final class Lines {
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final AtomicReference<@Nullable Object> owner = new AtomicReference<>();
  }

  private final Lines storage;
  private final JournalState state;

  private InMemoryJournal(Lines storage, JournalState state) {
    this.storage = storage;
    this.state = state;
  }

  static Mono<InMemoryJournal> create(Lines storage, ShutdownOptions options) {
    return Mono.fromCallable(
        () -> {
          if (!storage.lines.isEmpty()) {
            throw failure("it exists");
          }
          JournalState state = JournalState.of("lines", options);
          storage.lines.add(state.begin().toLine());
          return own(new InMemoryJournal(storage, state));
        });
  }

  static Mono<InMemoryJournal> resume(Lines storage, ShutdownOptions options) {
    return Flux.fromIterable(storage.lines)
        .reduceWith(() -> JournalState.of("lines", options), JournalState::apply)
        .map(state -> own(new InMemoryJournal(storage, state)));
  }

  private static InMemoryJournal own(InMemoryJournal journal) {
    if (!journal.storage.owner.compareAndSet(null, journal)) {
      throw failure("it is in use by another run");
    }
    return journal;
  }

  private static EcsException failure(String reason) {
    return EcsException.builder(ClientErrors.JOURNAL_FAILED, Delivery.NOT_SENT)
        .detail("The journal cannot be used: " + reason)
        .build();
  }

  @Override
  public JournalState state() {
    return state;
  }

  @Override
  public Mono<Void> append(JournalEvent event) {
    return Mono.fromRunnable(
        () -> {
          if (storage.owner.get() != this) {
            throw new IllegalStateException("it is closed");
          }
          storage.lines.add(event.toLine());
        });
  }

  @Override
  public Mono<Void> disposeLater() {
    return Mono.fromRunnable(() -> storage.owner.compareAndSet(this, null));
  }
}

package io.fleetstop.fleet;

import io.fleetstop.fleet.JournalFormat.BatchIntent;
import io.fleetstop.fleet.JournalFormat.Header;
import io.fleetstop.fleet.JournalFormat.Intent;
import io.fleetstop.fleet.JournalFormat.UnreadableLine;
import io.fleetstop.model.InstanceId;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A run as its journal shows it: for people and reports, and to undo it. Immutable.
 *
 * <p><strong>Memory:</strong> one outcome for each instance in the journal.
 */
public final class JournaledRun {

  private final Header header;
  private final Lines lines;
  private final boolean active;

  private JournaledRun(Header header, Lines lines, boolean active) {
    this.header = header;
    this.lines = lines;
    this.active = active;
  }

  /**
   * Reads a journal, also while a run writes to it, in this process or in another one. Changes
   * nothing. An incomplete last line is ignored.
   *
   * <p>The file is read when the {@code Mono} is subscribed to, on {@code
   * Schedulers.boundedElastic()}. Errors: an {@link io.fleetstop.error.EcsException} with the code
   * {@link io.fleetstop.error.ClientErrors#JOURNAL_FAILED} if there is no such file, it is no
   * journal, or a line before the last one cannot be read (the message names it).
   */
  public static Mono<JournaledRun> read(Path file) {
    return FileJournal.reading(file, () -> readNow(file, JournalFile::read));
  }

  /**
   * As {@link #read}, to act on it: the error is also emitted if another user owns the file, or can
   * have written or exchanged it, as for {@link ShutdownJournal#resume}.
   */
  public static Mono<JournaledRun> readOwn(Path file) {
    return FileJournal.reading(file, () -> readNow(file, JournalFile::readTrusted));
  }

  /**
   * Returns the run of a journal that is stored in another way.
   *
   * @param options the options of the run, with its id
   * @param events its intents and outcomes in their order
   * @param active whether a process works on the run
   * @throws IllegalArgumentException if the options have no run id
   */
  public static JournaledRun of(
      ShutdownOptions options, Iterable<JournalEvent> events, boolean active) {
    Objects.requireNonNull(events, "events");
    String runId = options.runId();
    if (runId == null) {
      throw new IllegalArgumentException("options must have the run id of the journal");
    }
    Lines lines = new Lines();
    Header header = Header.of(runId, options);
    events.forEach(event -> lines.apply(null, event));
    return new JournaledRun(header, lines, active);
  }

  private interface Reading {
    boolean read(Path file, JournalFile.Reader reader) throws IOException;
  }

  private static JournaledRun readNow(Path file, Reading reading) throws IOException {
    Lines lines = new Lines();
    boolean active = reading.read(file, lines);
    Header header = lines.header;
    if (header == null) {
      throw new IOException("it is empty or not a journal of fleetstop");
    }
    return new JournaledRun(header, lines, active);
  }

  /** Returns the id of the run. */
  public String runId() {
    return header.runId();
  }

  /** Returns the scope of the run, for example its region, or {@code null} if it has none. */
  public @Nullable String scope() {
    return header.scope();
  }

  /** Returns whether the run stops or starts instances. */
  public Operation operation() {
    return header.operation();
  }

  public boolean isForceStop() {
    return header.forceStop();
  }

  /** Returns the stopped mode as the API spells it. */
  public String stoppedMode() {
    return header.stoppedMode();
  }

  public boolean isDryRun() {
    return header.dryRun();
  }

  /** Whether a process had the journal open for this run when it was read. */
  public boolean isActive() {
    return active;
  }

  /**
   * Returns the last outcome of each instance, without the HTTP status, which is not recorded; in
   * the order of the first ones. Unmodifiable.
   */
  public Collection<OutcomeJson> outcomes() {
    return Collections.unmodifiableCollection(lines.outcomes.values());
  }

  /**
   * Returns the instances that may have been called and have no outcome since, in all targets.
   * Unmodifiable.
   */
  public Set<InstanceId> open() {
    Set<InstanceId> all = new LinkedHashSet<>();
    lines.open.forEach(key -> all.add(key.id()));
    return Collections.unmodifiableSet(all);
  }

  /** Returns those of {@link #open()} in one target. Unmodifiable. */
  public Set<InstanceId> open(Target target) {
    Set<InstanceId> some = new LinkedHashSet<>();
    lines.open.stream()
        .filter(key -> target.equals(key.target()))
        .forEach(key -> some.add(key.id()));
    return Collections.unmodifiableSet(some);
  }

  /** Returns the targets of a run over several that have an event. Unmodifiable. */
  public Set<Target> targets() {
    return Collections.unmodifiableSet(lines.targets);
  }

  /**
   * Returns the instances that the run has stopped or may have stopped, the last one first.
   *
   * @param target the target of a run over several, or {@code null} for a run of one client
   */
  List<StoppedByRun> stopped(@Nullable Target target) {
    List<StoppedByRun> stopped = new ArrayList<>();
    lines.stopped.forEach(
        (key, instance) -> {
          if (Objects.equals(target, key.target())) {
            stopped.add(instance);
          }
        });
    Collections.reverse(stopped);
    return stopped;
  }

  /** Returns the time of the first intent or outcome, or {@code null} if there is none. */
  public @Nullable Instant begun() {
    return lines.first;
  }

  /** Returns the time of the last intent or outcome, or {@code null} if there is none. */
  public @Nullable Instant lastEntry() {
    return lines.last;
  }

  /** The run and its number of outcomes. */
  @Override
  public String toString() {
    return "JournaledRun[" + runId() + ", " + outcomes().size() + " outcomes]";
  }

  private record Key(@Nullable Target target, InstanceId id) {}

  private static final class Lines implements JournalFile.Reader {

    private final Map<Key, OutcomeJson> outcomes = new LinkedHashMap<>();
    private final Set<Key> open = new LinkedHashSet<>();
    private final Set<Target> targets = new LinkedHashSet<>();
    // In the order of the last change.
    private final Map<Key, StoppedByRun> stopped = new LinkedHashMap<>();
    private @Nullable Header header;
    private @Nullable Instant first;
    private @Nullable Instant last;

    private int number;

    @Override
    public void line(byte[] bytes) throws IOException {
      number++;
      try {
        apply(JournalFormat.parse(bytes));
      } catch (UnreadableLine e) {
        throw new IOException("line " + number + " cannot be read: " + e.getMessage(), e);
      }
    }

    private void apply(JournalEvent line) throws UnreadableLine {
      JournalFormat.requireInPlace(line, header != null);
      if (line instanceof Header begin) {
        header = begin;
      } else if (line instanceof TargetEvent targeted) {
        targets.add(targeted.target());
        apply(targeted.target(), targeted.event());
      } else {
        apply(null, line);
      }
    }

    private void apply(@Nullable Target target, JournalEvent line) {
      if (line instanceof Intent intent) {
        called(new Key(target, intent.id()), intent.at());
        happened(intent.at());
      } else if (line instanceof BatchIntent intent) {
        intent.batch().ids().forEach(id -> called(new Key(target, id), intent.at()));
        happened(intent.at());
      } else if (line instanceof OutcomeRecord outcome) {
        Key key = new Key(target, outcome.id());
        open.remove(key);
        outcomes.put(key, target == null ? shown(outcome) : shown(outcome).in(target));
        StoppedByRun before = stopped.remove(key);
        if (StoppedByRun.mayHaveStopped(outcome)) {
          stopped.put(key, StoppedByRun.of(outcome, before));
        }
        happened(outcome.at());
      }
    }

    private void called(Key key, Instant at) {
      open.add(key);
      outcomes.remove(key);
      stopped.put(key, StoppedByRun.called(key.id(), at, stopped.remove(key)));
    }

    private static OutcomeJson shown(OutcomeRecord outcome) {
      return new OutcomeJson(
          outcome.id().value(),
          null,
          null,
          outcome.outcome().name(),
          outcome.errorCode().isEmpty() ? null : outcome.errorCode(),
          null,
          outcome.requestId(),
          outcome.attempts(),
          outcome.elapsedMillis(),
          outcome.message());
    }

    private void happened(Instant at) {
      first = Objects.requireNonNullElse(first, at);
      last = at;
    }
  }
}

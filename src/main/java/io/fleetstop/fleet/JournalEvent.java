package io.fleetstop.fleet;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of a {@link ShutdownJournal}: the beginning of the run, an intent or an outcome.
 * Immutable. An implementation stores the {@linkplain #toLine() line} of each event in the order of
 * {@link ShutdownJournal#append}, and gives the lines to {@link JournalState#apply(String)} in that
 * order when the run is resumed.
 */
public sealed interface JournalEvent
    permits JournalFormat.Header,
        JournalFormat.Intent,
        JournalFormat.BatchIntent,
        OutcomeRecord,
        TargetEvent {

  /**
   * Parses an event of {@link #toCompact()}.
   *
   * @param at the time of the event
   * @throws IllegalArgumentException if the text is not one of an event; the message says why
   */
  static JournalEvent ofCompact(String text, Instant at) {
    return CompactFormat.parse(text, at);
  }

  /** Returns the intent to call an instance. */
  static JournalEvent intentOf(InstanceId id, Instant at) {
    return new JournalFormat.Intent(at, id);
  }

  /**
   * Returns the instances of the event: those that are about to be called, or the one that ended.
   */
  default List<InstanceId> instanceIds() {
    return CompactFormat.instanceIds(this);
  }

  /** Returns the kind of an outcome, or {@code null} if the event is none. */
  default @Nullable Kind outcome() {
    return null;
  }

  /** Whether the event is an outcome after which a resumed run skips the instance. */
  default boolean isFinal() {
    return false;
  }

  /**
   * Whether the event must survive a loss of power once {@link ShutdownJournal#append} has
   * completed. Any other event must survive the end of the process.
   */
  boolean isDurable();

  /**
   * Returns the event as one JSON object without a line feed, which ends with its checksum. At most
   * 4,000 characters, but that of a batch has 14,000 if its 100 ids are as long as ids may be. It
   * contains no secret.
   */
  default String toLine() {
    return JournalFormat.toText(this);
  }

  /**
   * Returns the event as a short text without time and checksum, for a storage that keeps a time
   * with each entry and guards its own content. That of an outcome without an error has about 50
   * characters beside the id. It contains no secret.
   */
  default String toCompact() {
    return CompactFormat.toText(this);
  }
}

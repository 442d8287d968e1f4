package io.fleetstop.fleet;

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
}

package io.fleetstop.redis;

import io.fleetstop.fleet.JournalEvent;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import reactor.core.publisher.MonoSink;

/** The outcomes and intents that wait for an exchange with Redis. Thread-safe. */
final class ExchangeQueue {

  private static final int MAX_ENTRIES = 256;

  /** What Redis did with an outcome or an intent. */
  enum Stored {
    STORED,
    /** Another worker has the instance. */
    NOT_OWNED,
    /** An intent was refused because the run exceeded its failure limit. */
    LIMIT_EXCEEDED;

    static Stored of(char digit) {
      return switch (digit) {
        case '1' -> STORED;
        case '2' -> LIMIT_EXCEEDED;
        default -> NOT_OWNED;
      };
    }
  }

  /** An outcome or an intent, and what waits until it is stored. */
  record Entry(JournalEvent event, MonoSink<Stored> result) {

    String id() {
      return event.instanceIds().get(0).value();
    }

    boolean isOutcome() {
      return event.outcome() != null;
    }

    StoredOutcomes.Stored toOutcome() {
      Kind kind = Objects.requireNonNull(event.outcome());
      return new StoredOutcomes.Stored(id(), kind.name(), event.toCompact());
    }
  }

  /**
   * The entries of an exchange.
   *
   * @param number the number of the exchange
   * @param want the number of ids wanted
   * @param sweep whether instances of unknown workers are released
   */
  record Batch(long number, int want, boolean sweep, List<Entry> outcomes, List<Entry> intents) {

    /** Returns the entries in the order of the digits of the reply. */
    List<Entry> entries() {
      return Stream.concat(outcomes.stream(), intents.stream()).toList();
    }

    /** Adds the last arguments of {@link ExchangeScripts#EXCHANGE}. */
    void addTo(List<String> arguments) {
      arguments.add(Integer.toString(want));
      arguments.add(sweep ? "1" : "0");
      arguments.add(Integer.toString(outcomes.size()));
      arguments.add(Integer.toString(intents.size()));
      outcomes.forEach(entry -> entry.toOutcome().addTo(arguments));
      intents.forEach(entry -> arguments.add(entry.id()));
    }
  }

  private final Deque<Entry> outcomes = new ArrayDeque<>();
  private final Deque<Entry> intents = new ArrayDeque<>();
  private boolean closed;

  /** Adds an entry, and returns whether the queue is not closed. */
  synchronized boolean add(Entry entry) {
    if (!closed) {
      of(entry).add(entry);
    }
    return !closed;
  }

  private Deque<Entry> of(Entry entry) {
    return entry.isOutcome() ? outcomes : intents;
  }

  synchronized boolean isEmpty() {
    return outcomes.isEmpty() && intents.isEmpty();
  }

  /** Removes the entries of the next exchange. */
  synchronized Batch next(long number, int want, boolean sweep) {
    return new Batch(number, want, sweep, first(outcomes), first(intents));
  }

  private static List<Entry> first(Deque<Entry> queue) {
    List<Entry> first = new ArrayList<>();
    while (first.size() < MAX_ENTRIES && !queue.isEmpty()) {
      first.add(queue.remove());
    }
    return first;
  }

  /** Adds entries that were removed, as the first ones. */
  synchronized void putBack(List<Entry> entries) {
    for (int i = entries.size() - 1; i >= 0; i--) {
      of(entries.get(i)).addFirst(entries.get(i));
    }
  }

  synchronized List<Entry> removeAll() {
    List<Entry> all = Stream.concat(outcomes.stream(), intents.stream()).toList();
    outcomes.clear();
    intents.clear();
    return all;
  }

  /** Accepts no further entries. */
  synchronized void close() {
    closed = true;
  }
}

package io.fleetstop.redis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The last outcomes that this process has stored, in case Redis loses them: a failover or a power
 * failure loses the last writes, a restart from a snapshot those of minutes. Older ones are found
 * again, as their instances are queued again then. Thread-safe.
 */
final class StoredOutcomes {

  /** About 2 MB. */
  private static final int MAX = 10_000;

  private static final Pattern ENTRY = Pattern.compile("[0-9]{1,20}-[0-9]{1,20}");

  /** An outcome as an exchange sends it. */
  record Stored(String id, String kind, String text) {

    void addTo(List<String> arguments) {
      arguments.addAll(List.of(id, kind, text));
    }
  }

  /** The outcomes of one exchange, of which Redis has all or none, and the entry of the last. */
  private record Group(String entry, List<Stored> outcomes) {

    String lastText() {
      return outcomes.get(outcomes.size() - 1).text();
    }
  }

  private final Deque<Group> newestFirst = new ArrayDeque<>();
  private int size;

  /** Adds the outcomes of an exchange. */
  synchronized void add(String entry, List<Stored> outcomes) {
    if (outcomes.isEmpty() || !ENTRY.matcher(entry).matches()) {
      return;
    }
    newestFirst.addFirst(new Group(entry, List.copyOf(outcomes)));
    size += outcomes.size();
    while (size > MAX && newestFirst.size() > 1) {
      size -= newestFirst.removeLast().outcomes().size();
    }
  }

  /** Emits the outcomes that Redis has lost: all after the newest one that it has. */
  Mono<List<Stored>> lost(RunCommands run) {
    return Mono.fromSupplier(this::groups)
        .flatMapMany(Flux::fromIterable)
        .concatMap(
            group ->
                run.hasOutcome(group.entry(), group.lastText())
                    .map(found -> Map.entry(found, group)),
            1)
        .takeUntil(Map.Entry::getKey)
        .filter(checked -> !checked.getKey())
        .concatMapIterable(checked -> checked.getValue().outcomes())
        .collectList();
  }

  private synchronized List<Group> groups() {
    return List.copyOf(newestFirst);
  }

  /**
   * Replaces lost outcomes by those of them that were stored again.
   *
   * @param entry the entry of the last one
   */
  synchronized void onStoredAgain(List<Stored> lost, IntPredicate stored, String entry) {
    int left = lost.size();
    while (left > 0) {
      int removed = newestFirst.removeFirst().outcomes().size();
      left -= removed;
      size -= removed;
    }
    List<Stored> again = new ArrayList<>();
    IntStream.range(0, lost.size()).filter(stored).forEach(i -> again.add(lost.get(i)));
    add(entry, again);
  }
}

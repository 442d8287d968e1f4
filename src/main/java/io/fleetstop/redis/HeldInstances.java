package io.fleetstop.redis;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The instances that a worker has, as it knows them, in case Redis forgets them. Thread-safe. */
final class HeldInstances {

  /** Marks an id that another worker had, in a reply. */
  private static final String TAKEN_OVER = "!";

  /** Instance id to whether its intent is stored. */
  private final Map<String, Boolean> held = new LinkedHashMap<>();

  /** Adds the ids of a reply, and returns those that this worker has not yet. */
  synchronized List<String> take(List<?> ids) {
    List<String> added = new ArrayList<>();
    for (Object word : ids) {
      String text = (String) word;
      boolean called = text.startsWith(TAKEN_OVER);
      if (held.putIfAbsent(called ? text.substring(1) : text, called) == null) {
        added.add(text);
      }
    }
    return added;
  }

  synchronized boolean has(String id) {
    return held.containsKey(id);
  }

  synchronized void onIntent(String id) {
    held.replace(id, true);
  }

  synchronized void remove(String id) {
    held.remove(id);
  }

  /** Returns the instances as arguments of {@link ExchangeScripts#RECLAIM}. */
  synchronized List<String> toArguments() {
    return held.entrySet().stream()
        .map(entry -> (entry.getValue() ? "c" : "t") + entry.getKey())
        .toList();
  }
}

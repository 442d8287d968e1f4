package io.fleetstop.redis;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a run that a process agreed to when it joined: it executes no others, whatever
 * is written into Redis later. Safe for concurrent use.
 */
final class AgreedParameters {

  /** These are those of the list of ids, which another loader may replace until it is complete. */
  private static final List<String> OF_LIST =
      List.of("waves", "wavePause", "waveSizes", "beyondWaves");

  private @Nullable Map<String, String> agreed;
  private long total;
  private boolean loaded;

  /** Creates an agreement to parameters, or to those of the first status if they are null. */
  AgreedParameters(@Nullable SharedRunParameters parameters) {
    this.agreed = parameters == null ? null : parameters.fieldsByName();
    this.loaded = parameters != null;
  }

  /** Returns the name of a field that differs from what was agreed to, or {@code null}. */
  synchronized @Nullable String change(SharedRunStatus status) {
    Map<String, String> now = status.parameters().fieldsByName();
    Map<String, String> before = agreed == null ? now : agreed;
    for (String name : SharedRunParameters.NAMES) {
      if ((loaded || !OF_LIST.contains(name)) && !Objects.equals(before.get(name), now.get(name))) {
        return name;
      }
    }
    if (loaded && total != 0 && total != status.total()) {
      return "total";
    }
    if (agreed == null || !loaded) {
      agreed = now;
      loaded = status.state() != SharedRunStatus.State.LOADING;
    }
    total = loaded ? status.total() : 0;
    return null;
  }
}

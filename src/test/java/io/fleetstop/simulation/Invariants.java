package io.fleetstop.simulation;

import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What must hold at every step of a simulation. The first violation is kept rather than thrown: an
 * error thrown inside an operator would become a signal of the run.
 */
final class Invariants {

  private static final int TRACE_LINES = 80;

  private record Reported(String id, Kind kind, int life) {}

  private final SimulatedTime time;
  private final ModelService service;
  private final ShutdownOptions options;
  private final Deque<String> trace = new ArrayDeque<>();
  private final List<Reported> reported = new ArrayList<>();
  private final Set<String> startedInLife = new HashSet<>();
  private final Set<String> reportedInLife = new HashSet<>();
  private final Set<String> sentBatches = new HashSet<>();
  private final Map<String, Set<String>> tokensOfFirstLife = new HashMap<>();
  private String resumed = "";
  private long traceHash;
  private int life;
  private long demand;
  private @Nullable Path journal;
  private @Nullable String violation;

  Invariants(SimulatedTime time, ModelService service, ShutdownOptions options) {
    this.time = time;
    this.service = service;
    this.options = options;
  }

  /** A life of the client begins: at first, and after each crash or early end. */
  void beginLife(int number, @Nullable Path journalFile) {
    life = number;
    journal = journalFile;
    demand = 0;
    resumed = journalFile != null && Files.exists(journalFile) ? contentOf(journalFile) : "";
    startedInLife.clear();
    reportedInLife.clear();
  }

  void event(String text) {
    String line = time.nanos() / 1_000 + " us: " + text;
    traceHash = traceHash * 31 + line.hashCode();
    trace.addLast(line);
    if (trace.size() > TRACE_LINES) {
      trace.removeFirst();
    }
  }

  void violated(String what) {
    if (violation == null) {
      violation = what;
      event("VIOLATION: " + what);
    }
  }

  @Nullable String violation() {
    return violation;
  }

  long traceHash() {
    return traceHash;
  }

  String trace() {
    return String.join("\n", trace);
  }

  int outcomesOfLife() {
    return reportedInLife.size();
  }

  boolean isReported(String id) {
    return reportedInLife.contains(id);
  }

  /** The number of instances that were called and have no outcome. */
  long open() {
    return startedInLife.stream().filter(id -> !reportedInLife.contains(id)).count();
  }

  /** The number of instances that were accepted and awaited, finished or not. */
  private long awaited() {
    boolean awaiting = options.isAwaitingStopped() && !options.isDryRun();
    return awaiting
        ? startedInLife.stream().filter(id -> !service.effects(id).isEmpty()).count()
        : 0;
  }

  void demanded(long more) {
    demand = demand + more < 0 ? Long.MAX_VALUE : demand + more;
  }

  /**
   * A batch is about to leave. A repetition also has members that are not called any more, and says
   * nothing about the bounds.
   */
  void sending(String token, List<String> ids) {
    if (sentBatches.add(token) && !resumed.contains(token)) {
      ids.forEach(this::sending);
    }
    for (String id : ids) {
      Set<String> earlier = tokensOfFirstLife.computeIfAbsent(id, key -> new LinkedHashSet<>());
      if (life == 0) {
        earlier.add(token);
      }
    }
  }

  /** A stop request is about to leave. */
  void sending(String id) {
    int prefetch = Math.max(options.maxInFlight(), options.batchSize());
    startedInLife.add(id);
    long open = open();
    if (open > options.maxOpen()) {
      violated(open + " instances are open at once");
    }
    long counted = startedInLife.size() - awaited();
    if (demand < Long.MAX_VALUE - prefetch && counted > demand + prefetch) {
      violated(counted + " instances started and not awaited for a demand of " + demand);
    }
    if (journal != null && !journalHas(id, "intent") && !journalHas(id, "batch")) {
      violated(id + " is called before its intent is in the journal");
    }
    if (reportedInLife.contains(id)) {
      violated(id + " is called after its outcome was reported");
    }
  }

  /** A stop request arrived: all requests for an instance carry the same token. */
  void arrived(String id) {
    Set<String> tokens = service.tokens(id);
    if (tokens.size() > 1 && options.batchSize() == 1) {
      violated(id + " was called with several tokens: " + tokens);
    }
    if (service.effects(id).size() > 1) {
      violated(id + " was stopped more than once");
    }
  }

  /**
   * A batch arrived. An instance may be called by several, each with its own token; but not by
   * another one after that which stopped it.
   */
  void arrivedInBatch(String id) {
    List<ModelService.Effect> effects = service.effects(id);
    if (effects.size() > 1) {
      violated(id + " was stopped more than once");
    }
    List<String> tokens = List.copyOf(tokensOfFirstLife.getOrDefault(id, Set.of()));
    for (ModelService.Effect effect : effects) {
      int index = tokens.indexOf(effect.token());
      if (index >= 0 && index < tokens.size() - 1) {
        violated(id + " was called with another token after the one that stopped it");
      }
    }
  }

  void outcome(ShutdownOutcome outcome) {
    String id = outcome.instanceId().value();
    Kind kind = outcome.kind();
    event(id + " -> " + kind);
    if (!reportedInLife.add(id)) {
      violated(id + " has two outcomes");
    }
    if (reportedInLife.size() > demand) {
      violated(reportedInLife.size() + " outcomes for a demand of " + demand);
    }
    if (journal != null && !journalHas(id, kind.name())) {
      violated("the outcome of " + id + " is reported before it is in the journal");
    }
    String status = service.kind(id) == ModelService.Kind.MISSING ? "gone" : service.status(id);
    boolean consistent =
        switch (kind) {
          case STOPPED -> status.equals("STOPPED");
          case ALREADY_STOPPED, ACCEPTED -> status.equals("STOPPED") || status.equals("STOPPING");
          case DRY_RUN_PASSED -> service.effects(id).isEmpty();
          case STARTED, ALREADY_RUNNING -> false;
          case FAILED, SKIPPED, UNCONFIRMED -> true;
        };
    if (!consistent) {
      violated(id + " is reported " + kind + " but is " + status);
    }
    reported.add(new Reported(id, kind, life));
    checkNoEffect();
  }

  /** An instance that was reported failed or skipped is never stopped by a request sent before. */
  void checkNoEffect() {
    for (Reported outcome : reported) {
      boolean claimsNone = outcome.kind == Kind.FAILED || outcome.kind == Kind.SKIPPED;
      if (claimsNone
          && service.effects(outcome.id).stream()
              .anyMatch(effect -> effect.life() <= outcome.life)) {
        violated(outcome.id + " is reported " + outcome.kind + " but was stopped");
      }
    }
  }

  private boolean journalHas(String id, String word) {
    String name = "\"" + id + "\"";
    return contentOf(journalFile())
        .lines()
        .anyMatch(line -> line.contains(name) && line.contains("\"" + word + "\""));
  }

  private static String contentOf(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path journalFile() {
    if (journal == null) {
      throw new IllegalStateException("this life has no journal");
    }
    return journal;
  }
}

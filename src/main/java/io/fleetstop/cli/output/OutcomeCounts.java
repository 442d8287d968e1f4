package io.fleetstop.cli.output;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.time.Duration;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/** The outcome counts of a run. Written by one thread, read by any. */
public final class OutcomeCounts {

  /** The key of {@link #errorCodes()} for all codes that have no entry. */
  static final String OTHER_CODES = "other codes";

  /** The maximum number of codes that are listed. */
  static final int MAX_LISTED = 20;

  /** The maximum number of codes that are counted one by one: the service chooses the codes. */
  private static final int MAX_COUNTED = 1_000;

  private static final Comparator<Map.Entry<String, Long>> BY_COUNT =
      Comparator.comparing(Map.Entry<String, Long>::getValue)
          .reversed()
          .thenComparing(Map.Entry::getKey);

  private final long instances;
  private final LongAdder before = new LongAdder();
  private final LongAdder cutShort = new LongAdder();
  private final long startNanos = now();
  private final Map<Kind, LongAdder> kinds = new EnumMap<>(Kind.class);
  private final Map<String, LongAdder> errorCodes = new ConcurrentHashMap<>();
  private volatile Map<Kind, Long> others = Map.of();
  private volatile @Nullable Map<String, Long> runErrorCodes;
  private boolean shared;
  private boolean paused;
  private long pauseStart;
  private long pausedNanos;
  private long lastActiveNanos;

  /** Creates the counts of a run with this number of instances, which starts now. */
  public OutcomeCounts(long total) {
    this.instances = total;
    for (Kind kind : Kind.values()) {
      kinds.put(kind, new LongAdder());
    }
  }

  /**
   * Creates the counts of a run that other processes share.
   *
   * @param total the number of its instances
   * @param done the number of outcomes before this process joined
   */
  public OutcomeCounts(long total, long done) {
    this(total - done);
    before.add(done);
    shared = true;
  }

  /** Whether other processes share the run, so that this one does not know what they call. */
  public boolean isShared() {
    return shared;
  }

  /**
   * Sets the outcomes of a shared run, of which this process has reported some.
   *
   * @param run the number of outcomes of each kind
   */
  public void showRun(Map<Kind, Long> run) {
    Map<Kind, Long> rest = new EnumMap<>(Kind.class);
    run.forEach((kind, count) -> rest.put(kind, Math.max(0, count - adder(kind).sum())));
    others = rest;
  }

  /** Sets the outcomes of a shared run and their error codes, of which this process knows some. */
  public void showRun(OutcomeCounts run) {
    Map<Kind, Long> all = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      all.put(kind, run.of(kind));
    }
    showRun(all);
    runErrorCodes = run.errorCodes();
  }

  /** Returns how many outcomes this process reported itself. */
  public long reported() {
    return kinds.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** Counts an outcome that an earlier process of the run reported. */
  void countBefore(OutcomeLine outcome) {
    before.increment();
    count(outcome);
  }

  /** Counts an outcome. */
  public void count(OutcomeLine outcome) {
    adder(outcome.kind()).increment();
    rememberTime();
    if (outcome.isCutShort()) {
      cutShort.increment();
    }
    if (outcome.errorCode() != null) {
      boolean listed =
          errorCodes.size() < MAX_COUNTED || errorCodes.containsKey(outcome.errorCode());
      errorCodes
          .computeIfAbsent(listed ? outcome.errorCode() : OTHER_CODES, code -> new LongAdder())
          .increment();
    }
  }

  /** Returns the number of instances of the whole run. */
  public long instances() {
    return instances + before();
  }

  /** Returns how many outcomes earlier processes of the run reported. */
  public long before() {
    return before.sum();
  }

  /** Returns how many outcomes this process reported. */
  public long doneNow() {
    return done() - before();
  }

  public long of(Kind kind) {
    return adder(kind).sum() + others.getOrDefault(kind, 0L);
  }

  public long done() {
    long done = 0;
    for (Kind kind : Kind.values()) {
      done += of(kind);
    }
    return done;
  }

  /** Returns how many of the skipped instances were skipped only because the run ended. */
  public long cutShort() {
    return cutShort.sum();
  }

  public long problems() {
    return of(Kind.FAILED) + of(Kind.UNCONFIRMED);
  }

  /** Whether every instance has an outcome, and none is failed, unconfirmed or cut short. */
  public boolean allSucceeded() {
    return problems() == 0 && cutShort() == 0 && done() == instances();
  }

  public Duration elapsed() {
    return Duration.ofNanos(now() - startNanos);
  }

  /** Sets whether the run starts no calls. The time in which it does not is no part of its rate. */
  synchronized void pause(boolean paused) {
    if (paused && !this.paused) {
      pauseStart = now();
    } else if (!paused && this.paused) {
      pausedNanos += now() - pauseStart;
    }
    this.paused = paused;
  }

  synchronized boolean isPaused() {
    return paused;
  }

  /** Returns the time since the start, without pauses. */
  synchronized Duration active() {
    return Duration.ofNanos((paused ? pauseStart : now()) - startNanos - pausedNanos);
  }

  /** Returns what {@link #active()} was at the last outcome. */
  synchronized Duration activeAtLast() {
    return Duration.ofNanos(lastActiveNanos);
  }

  private synchronized void rememberTime() {
    lastActiveNanos = active().toNanos();
  }

  private static long now() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }

  private LongAdder adder(Kind kind) {
    return Objects.requireNonNull(kinds.get(kind));
  }

  /**
   * Returns the number of instances for each deciding error code, the most frequent first. At most
   * {@value #MAX_LISTED} codes are listed; the others are one entry.
   */
  public Map<String, Long> errorCodes() {
    Map<String, Long> run = runErrorCodes;
    if (run != null) {
      return run;
    }
    Map<String, Long> listed = new LinkedHashMap<>();
    errorCodes.entrySet().stream()
        .filter(entry -> !entry.getKey().equals(OTHER_CODES))
        .map(entry -> Map.entry(entry.getKey(), entry.getValue().sum()))
        .sorted(BY_COUNT)
        .limit(MAX_LISTED)
        .forEach(entry -> listed.put(entry.getKey(), entry.getValue()));
    long others =
        errorCodes.entrySet().stream()
            .filter(entry -> !listed.containsKey(entry.getKey()))
            .mapToLong(entry -> entry.getValue().sum())
            .sum();
    if (others > 0) {
      listed.put(OTHER_CODES, others);
    }
    return listed;
  }
}

package io.fleetstop.cli.output;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import reactor.core.scheduler.Schedulers;

/** The outcome counts of a run. Written by one thread, read by any. */
public final class OutcomeCounts {

  private final long instances;
  private final long startNanos = now();
  private final Map<Kind, LongAdder> kinds = new EnumMap<>(Kind.class);
  private final Map<String, LongAdder> errorCodes = new ConcurrentHashMap<>();

  /** Creates the counts of a run with this number of instances, which starts now. */
  public OutcomeCounts(long total) {
    this.instances = total;
    for (Kind kind : Kind.values()) {
      kinds.put(kind, new LongAdder());
    }
  }

  void count(OutcomeLine outcome) {
    adder(outcome.kind()).increment();
    if (outcome.errorCode() != null) {
      errorCodes.computeIfAbsent(outcome.errorCode(), code -> new LongAdder()).increment();
    }
  }

  public long instances() {
    return instances;
  }

  public long of(Kind kind) {
    return adder(kind).sum();
  }

  public long done() {
    long done = 0;
    for (Kind kind : Kind.values()) {
      done += of(kind);
    }
    return done;
  }

  public long problems() {
    return of(Kind.FAILED) + of(Kind.UNCONFIRMED);
  }

  /** Whether every instance has an outcome, and none is failed or unconfirmed. */
  public boolean allSucceeded() {
    return problems() == 0 && done() == instances;
  }

  public Duration elapsed() {
    return Duration.ofNanos(now() - startNanos);
  }

  private static long now() {
    return Schedulers.parallel().now(TimeUnit.NANOSECONDS);
  }

  private LongAdder adder(Kind kind) {
    return Objects.requireNonNull(kinds.get(kind));
  }

  /** Returns the number of instances for each deciding error code. */
  public Map<String, Long> errorCodes() {
    Map<String, Long> copy = new TreeMap<>();
    errorCodes.forEach((code, count) -> copy.put(code, count.sum()));
    return copy;
  }
}

package io.fleetstop.simulator;

import io.fleetstop.error.ErrorCode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * What really happened at a simulator, whatever its clients were told.
 *
 * <p>Thread-safe and live: each query answers for the moment it is asked, with copies. Counters
 * cover the simulator's whole life; of single calls the last {@value #MAX_RECENT} are kept, of the
 * tokens of one instance the first {@value #MAX_TOKENS}.
 */
public final class Ledger {

  /** How many calls {@link #recent()} goes back. */
  public static final int MAX_RECENT = 1 << 16;

  /** How many distinct tokens are kept for one instance. */
  public static final int MAX_TOKENS = 64;

  private static final String OTHER = "(other)";

  /**
   * One call. Only the accessors are stable: components may be added.
   *
   * @param number counts arrivals, from 0
   * @param arrivalNanos when it arrived, by the simulator's scheduler; good for differences only
   * @param action the action, empty if the call named none
   * @param instanceId the instance it was about, or {@code null}
   * @param clientToken its client token, or {@code null}
   * @param httpStatus the status of the answer as it was meant, before a fault after the effect
   * @param code the error code of that answer, empty for success
   * @param fault what befell it, or {@code null}
   */
  public record Call(
      long number,
      long arrivalNanos,
      String action,
      @Nullable String instanceId,
      @Nullable String clientToken,
      int httpStatus,
      String code,
      @Nullable Fault fault) {}

  private static final class Entry {

    final AtomicInteger stops = new AtomicInteger();
    final AtomicInteger starts = new AtomicInteger();
    final AtomicInteger calls = new AtomicInteger();
    final Set<String> tokens = ConcurrentHashMap.newKeySet(2);
  }

  private final Map<String, Entry> instances = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> actions = new ConcurrentHashMap<>();
  private final Map<String, LongAdder> codes = new ConcurrentHashMap<>();
  private final Map<Fault, LongAdder> faults = new ConcurrentHashMap<>();
  private final LongAdder effects = new LongAdder();
  private final AtomicLong arrivals = new AtomicLong();
  private final AtomicReferenceArray<@Nullable Call> recent =
      new AtomicReferenceArray<>(MAX_RECENT);

  Ledger() {}

  /** How often an instance went from running to stopping because it was told to. */
  public int effects(String instanceId) {
    Entry entry = instances.get(instanceId);
    return entry == null ? 0 : entry.stops.get();
  }

  /** How often any instance went from running to stopping because it was told to. */
  public long effects() {
    return effects.sum();
  }

  /** The instances that were stopped more than once, in no order. */
  public List<String> stoppedRepeatedly() {
    return instances.entrySet().stream()
        .filter(entry -> entry.getValue().stops.get() > 1)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** How often an instance went from stopped to starting because it was told to. */
  public int starts(String instanceId) {
    Entry entry = instances.get(instanceId);
    return entry == null ? 0 : entry.starts.get();
  }

  /** The distinct client tokens that {@code StopInstance} calls about an instance carried. */
  public Set<String> tokens(String instanceId) {
    Entry entry = instances.get(instanceId);
    return entry == null ? Set.of() : Set.copyOf(entry.tokens);
  }

  /** How many calls arrived, whatever became of them. */
  public long calls() {
    return arrivals.get();
  }

  /** How many calls of an action arrived. */
  public long calls(String action) {
    return sum(actions.get(action));
  }

  /** How many {@code StopInstance} calls about an instance arrived. */
  public int stopCalls(String instanceId) {
    Entry entry = instances.get(instanceId);
    return entry == null ? 0 : entry.calls.get();
  }

  /** How many calls were answered by an error, passed dry runs included. */
  public long refused() {
    return codes.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** How many calls were answered by an error code, of whichever layer. */
  public long refused(ErrorCode code) {
    return sum(codes.get(code.code()));
  }

  /** How often each error code was the answer, by code. */
  public Map<String, Long> codes() {
    Map<String, Long> copy = new TreeMap<>();
    codes.forEach((code, count) -> copy.put(code, count.sum()));
    return copy;
  }

  /** How many calls a kind of fault befell. */
  public long faults(Fault fault) {
    return sum(faults.get(fault));
  }

  /** The last calls, oldest first. */
  public List<Call> recent() {
    List<Call> calls = new ArrayList<>();
    int filled = (int) Math.min(arrivals.get(), MAX_RECENT);
    for (int i = 0; i < filled; i++) {
      Call call = recent.get(i);
      if (call != null) {
        calls.add(call);
      }
    }
    calls.sort(Comparator.comparingLong(Call::number));
    return List.copyOf(calls);
  }

  /** The last calls of an action, oldest first. */
  public List<Call> recent(String action) {
    return recent().stream().filter(call -> call.action().equals(action)).toList();
  }

  /** The counters. */
  @Override
  public String toString() {
    return "Ledger[calls=" + calls() + ", effects=" + effects() + ", codes=" + codes() + "]";
  }

  long arrived(String action, boolean known) {
    actions.computeIfAbsent(known ? action : OTHER, key -> new LongAdder()).increment();
    return arrivals.getAndIncrement();
  }

  void stopAsked(String instanceId, @Nullable String token) {
    Entry entry = entry(instanceId);
    entry.calls.incrementAndGet();
    if (token != null && entry.tokens.size() < MAX_TOKENS) {
      entry.tokens.add(token);
    }
  }

  void stopped(String instanceId) {
    entry(instanceId).stops.incrementAndGet();
    effects.increment();
  }

  void started(String instanceId) {
    entry(instanceId).starts.incrementAndGet();
  }

  void answered(Call call) {
    if (!call.code().isEmpty()) {
      codes.computeIfAbsent(call.code(), key -> new LongAdder()).increment();
    }
    Fault fault = call.fault();
    if (fault != null) {
      faults.computeIfAbsent(fault, key -> new LongAdder()).increment();
    }
    recent.set((int) (call.number() % MAX_RECENT), call);
  }

  private Entry entry(String instanceId) {
    Entry known = instances.get(instanceId);
    return known != null
        ? known
        : Objects.requireNonNull(instances.computeIfAbsent(instanceId, key -> new Entry()));
  }

  private static long sum(@Nullable LongAdder adder) {
    return adder == null ? 0 : adder.sum();
  }
}

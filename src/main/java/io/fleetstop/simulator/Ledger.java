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
 * The calls of a simulator and their effects, including those whose reply was lost.
 *
 * <p>Thread-safe. Each method returns a snapshot. Counters cover the lifetime of the simulator; the
 * last {@value #MAX_RECENT} calls and the first {@value #MAX_TOKENS} tokens of an instance are
 * kept, and of each text the first 256 characters.
 */
public final class Ledger {

  /** The number of calls {@link #recent()} keeps. */
  public static final int MAX_RECENT = 1 << 16;

  /** The number of distinct tokens kept for an instance. */
  public static final int MAX_TOKENS = 64;

  private static final int MAX_TEXT = 256;
  private static final String OTHER = "(other)";

  /**
   * One call. Only the accessors are stable: components may be added.
   *
   * @param number the sequence number of the call, from 0
   * @param arrivalNanos the time of arrival on the simulator's scheduler, for differences only
   * @param action the action, empty if the request had none
   * @param instanceId the instance, or {@code null} if the call names none or several
   * @param clientToken the client token, or {@code null}
   * @param httpStatus the status of the intended reply, before a fault after the effect
   * @param code the error code of that reply, empty for success
   * @param fault the injected fault, or {@code null}
   */
  public record Call(
      long number,
      long arrivalNanos,
      String action,
      @Nullable String instanceId,
      @Nullable String clientToken,
      int httpStatus,
      String code,
      @Nullable Fault fault) {

    /** Keeps the start of each text: calls without a valid signature are kept, too. */
    public Call {
      action = start(action);
      instanceId = instanceId == null ? null : start(instanceId);
      clientToken = clientToken == null ? null : start(clientToken);
    }
  }

  private static final class Entry {

    final AtomicInteger stops = new AtomicInteger();
    final AtomicInteger starts = new AtomicInteger();
    final AtomicInteger calls = new AtomicInteger();
    final Set<String> tokens = ConcurrentHashMap.newKeySet(2);
    final Set<String> effectTokens = ConcurrentHashMap.newKeySet(2);
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

  /** The number of times a call stopped the instance. */
  public int effects(String instanceId) {
    Entry entry = instances.get(instanceId);
    return entry == null ? 0 : entry.stops.get();
  }

  /** The number of times a call stopped an instance. */
  public long effects() {
    return effects.sum();
  }

  /** The instances that were stopped more than once, in no particular order. */
  public List<String> stoppedRepeatedly() {
    return instances.entrySet().stream()
        .filter(entry -> entry.getValue().stops.get() > 1)
        .map(Map.Entry::getKey)
        .toList();
  }

  /** The number of times a call started the instance. */
  public int starts(String instanceId) {
    Entry entry = instances.get(instanceId);
    return entry == null ? 0 : entry.starts.get();
  }

  /**
   * The distinct client tokens of the {@code StopInstance} and {@code StopInstances} calls for an
   * instance.
   */
  public Set<String> tokens(String instanceId) {
    Entry entry = instances.get(instanceId);
    return entry == null ? Set.of() : Set.copyOf(entry.tokens);
  }

  /** The distinct client tokens of the calls that stopped the instance. */
  public Set<String> effectTokens(String instanceId) {
    Entry entry = instances.get(instanceId);
    return entry == null ? Set.of() : Set.copyOf(entry.effectTokens);
  }

  /** The number of calls that arrived. */
  public long calls() {
    return arrivals.get();
  }

  /** The number of calls of an action that arrived. */
  public long calls(String action) {
    return sum(actions.get(action));
  }

  /** The number of {@code StopInstance} and {@code StopInstances} calls for an instance. */
  public int stopCalls(String instanceId) {
    Entry entry = instances.get(instanceId);
    return entry == null ? 0 : entry.calls.get();
  }

  /** The number of calls answered with an error, including passed dry runs. */
  public long refused() {
    return codes.values().stream().mapToLong(LongAdder::sum).sum();
  }

  /** The number of calls answered with an error code. */
  public long refused(ErrorCode code) {
    return sum(codes.get(code.code()));
  }

  /** The number of calls answered with each error code. */
  public Map<String, Long> codes() {
    Map<String, Long> copy = new TreeMap<>();
    codes.forEach((code, count) -> copy.put(code, count.sum()));
    return copy;
  }

  /** The number of calls with an injected fault. */
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

  long recordArrival(String action, boolean known) {
    actions.computeIfAbsent(known ? action : OTHER, key -> new LongAdder()).increment();
    return arrivals.getAndIncrement();
  }

  void recordStopCall(String instanceId, @Nullable String token) {
    Entry entry = entry(instanceId);
    entry.calls.incrementAndGet();
    if (token != null && entry.tokens.size() < MAX_TOKENS) {
      entry.tokens.add(start(token));
    }
  }

  void recordStop(String instanceId, @Nullable String token) {
    Entry entry = entry(instanceId);
    entry.stops.incrementAndGet();
    if (token != null && entry.effectTokens.size() < MAX_TOKENS) {
      entry.effectTokens.add(token);
    }
    effects.increment();
  }

  void recordStart(String instanceId) {
    entry(instanceId).starts.incrementAndGet();
  }

  void recordReply(Call call) {
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

  private static String start(String text) {
    return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
  }

  private static long sum(@Nullable LongAdder adder) {
    return adder == null ? 0 : adder.sum();
  }
}

package io.fleetstop.simulator;

import io.fleetstop.model.Instance;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The runtime state of an instance. It is derived from the current time; there are no timers. */
final class InstanceRuntime {

  static final String RUNNING = "RUNNING";
  static final String STOPPING = "STOPPING";
  static final String STOPPED = "STOPPED";

  private static final String DELETED = "";

  /** How long an instance has had its first status. */
  private static final long INITIAL_AGE_NANOS = Duration.ofDays(30).toNanos();

  /**
   * A status and its successor.
   *
   * @param status the status, empty if the instance is deleted
   * @param stoppedMode the mode the instance was stopped with, or {@code null}
   * @param since the start of this phase
   * @param until the start of the next phase
   * @param next the next phase, or {@code null} if this one is permanent
   */
  record Phase(
      String status, @Nullable String stoppedMode, long since, long until, @Nullable Phase next) {

    static Phase lasting(String status, @Nullable String stoppedMode, long since) {
      return new Phase(status, stoppedMode, since, 0, null);
    }

    Phase since(long since) {
      return new Phase(status, stoppedMode, since, until, next);
    }

    Phase at(long now) {
      return next != null && now - until >= 0 ? next : this;
    }

    boolean isDeleted() {
      return status.equals(DELETED);
    }
  }

  /**
   * The defaults of instances that do not override them.
   *
   * @param stopDelay the duration of {@code STOPPING} and {@code DELETING}
   * @param startDelay the duration of the other transient states
   * @param zoneId the zone
   */
  record Defaults(Duration stopDelay, Duration startDelay, String zoneId) {}

  private final int position;
  private final SimulatedInstance spec;
  private final String zoneId;
  private final Duration stopDelay;
  private final Duration startDelay;
  private final AtomicReference<Phase> phase;
  private final AtomicReference<Map<Condition, Long>> conditions;

  InstanceRuntime(int position, SimulatedInstance spec, Defaults defaults, long now) {
    this.position = position;
    this.spec = spec;
    Duration ownStop = spec.stopDelay();
    Duration ownStart = spec.startDelay();
    this.stopDelay = ownStop == null ? defaults.stopDelay : ownStop;
    this.startDelay = ownStart == null ? defaults.startDelay : ownStart;
    String ownZone = spec.zoneId();
    this.zoneId = ownZone == null ? defaults.zoneId : ownZone;
    Phase first = begin(spec.status(), null, now);
    this.phase = new AtomicReference<>(first.since(now - INITIAL_AGE_NANOS));
    this.conditions = new AtomicReference<>(ends(spec.conditions(), now));
  }

  /** The position of the instance in the fleet, from 1. */
  int position() {
    return position;
  }

  SimulatedInstance spec() {
    return spec;
  }

  String zoneId() {
    return zoneId;
  }

  Phase phase(long now) {
    return stored().at(now);
  }

  /** Forces a status, whatever the current one is. */
  void force(String status, long now) {
    String mode = status.equals(STOPPED) || status.equals(STOPPING) ? "KeepCharging" : null;
    phase.set(begin(status, mode, now));
  }

  /** Changes the status if it is the expected one (CAS): one of two concurrent callers succeeds. */
  boolean change(String expected, String status, @Nullable String stoppedMode, long now) {
    Phase next = begin(status, stoppedMode, now);
    while (true) {
      Phase stored = stored();
      if (!stored.at(now).status().equals(expected)) {
        return false;
      }
      if (phase.compareAndSet(stored, next)) {
        return true;
      }
    }
  }

  /** The first condition that rejects a stop, or {@code null}. */
  @Nullable Condition rejecting(boolean stopCharging, long now) {
    for (Map.Entry<Condition, Long> entry : Objects.requireNonNull(conditions.get()).entrySet()) {
      if (now - entry.getValue() < 0 && entry.getKey().rejectsStop(stopCharging)) {
        return entry.getKey();
      }
    }
    return null;
  }

  void setCondition(Condition condition, Duration lasting, long now) {
    conditions.updateAndGet(
        before -> {
          Map<Condition, Long> after = new EnumMap<>(Condition.class);
          after.putAll(before);
          after.put(condition, end(lasting, now));
          return after;
        });
  }

  private static Map<Condition, Long> ends(Map<Condition, Duration> conditions, long now) {
    if (conditions.isEmpty()) {
      return Map.of();
    }
    Map<Condition, Long> ends = new EnumMap<>(Condition.class);
    conditions.forEach((condition, lasting) -> ends.put(condition, end(lasting, now)));
    return ends;
  }

  private Phase begin(String status, @Nullable String stoppedMode, long now) {
    Duration delay = isPassing(status) ? startDelay : stopDelay;
    if (SimulatedInstance.isForever(delay)) {
      return Phase.lasting(status, stoppedMode, now);
    }
    long until = end(delay, now);
    Phase next =
        switch (status) {
          case STOPPING -> Phase.lasting(STOPPED, stoppedMode, until);
          case "DELETING" -> Phase.lasting(DELETED, null, until);
          default -> isPassing(status) ? Phase.lasting(RUNNING, null, until) : null;
        };
    return next == null
        ? Phase.lasting(status, stoppedMode, now)
        : new Phase(status, stoppedMode, now, until, next);
  }

  private Phase stored() {
    return Objects.requireNonNull(phase.get());
  }

  private static boolean isPassing(String status) {
    for (Instance.State state : Instance.State.values()) {
      if (state.name().equals(status)) {
        return state.isPassing();
      }
    }
    return false;
  }

  private static long end(Duration lasting, long now) {
    return now + lasting.toNanos();
  }
}

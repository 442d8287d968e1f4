package io.fleetstop.simulator;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The instances of the account, by id and in the order of {@code DescribeInstances} pages. */
final class Fleet {

  private final Map<String, InstanceRuntime> byId = new ConcurrentHashMap<>();
  private final NavigableMap<Integer, InstanceRuntime> inOrder = new ConcurrentSkipListMap<>();
  private final AtomicInteger positions = new AtomicInteger();
  private final InstanceRuntime.Defaults defaults;
  private final AtomicInteger capacity;

  Fleet(EcsSimulatorBuilder options) {
    this.capacity = new AtomicInteger(options.startCapacity);
    this.defaults =
        new InstanceRuntime.Defaults(
            options.stopDelay, options.startDelay, options.regionName() + "-a");
  }

  void add(SimulatedInstance spec, long now) {
    InstanceRuntime instance =
        new InstanceRuntime(positions.incrementAndGet(), spec, defaults, now);
    if (byId.putIfAbsent(spec.id(), instance) != null) {
      throw new IllegalArgumentException(
          "id must be unique, " + spec.id() + " is in use; add each instance once");
    }
    inOrder.put(instance.position(), instance);
  }

  /** The instance with an id, or {@code null} if there is none or it was deleted. */
  @Nullable InstanceRuntime find(String id, long now) {
    InstanceRuntime instance = byId.get(id);
    return instance == null || instance.phase(now).isDeleted() ? null : instance;
  }

  /** The instances behind a position, in order. */
  Collection<InstanceRuntime> after(int position) {
    return inOrder.tailMap(position, false).values();
  }

  List<String> ids() {
    return inOrder.values().stream().map(instance -> instance.spec().id()).toList();
  }

  static int requireCapacity(int startCapacity) {
    if (startCapacity < 0) {
      throw new IllegalArgumentException(
          "startCapacity must not be negative, was " + startCapacity);
    }
    return startCapacity;
  }

  void setCapacity(int startCapacity) {
    capacity.set(requireCapacity(startCapacity));
  }

  /** Whether an instance without resources can be started. */
  boolean hasCapacity() {
    return capacity.get() > 0;
  }

  boolean takeCapacity() {
    return capacity.getAndUpdate(free -> free == 0 || isUnlimited(free) ? free : free - 1) > 0;
  }

  void returnCapacity() {
    capacity.getAndUpdate(free -> isUnlimited(free) ? free : free + 1);
  }

  private static boolean isUnlimited(int free) {
    return free == Integer.MAX_VALUE;
  }
}

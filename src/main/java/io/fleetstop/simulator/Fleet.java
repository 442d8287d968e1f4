package io.fleetstop.simulator;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The account's instances: by id for the calls about one, in order for the pages of all. */
final class Fleet {

  private final Map<String, InstanceRuntime> byId = new ConcurrentHashMap<>();
  private final NavigableMap<Integer, InstanceRuntime> inOrder = new ConcurrentSkipListMap<>();
  private final AtomicInteger positions = new AtomicInteger();
  private final InstanceRuntime.Defaults defaults;

  /** An account without instances, whose later ones behave as {@code options} say. */
  Fleet(EcsSimulator.Builder options) {
    this.defaults =
        new InstanceRuntime.Defaults(
            options.stopDelay, options.startDelay, options.regionName() + "-a");
  }

  void add(SimulatedInstance spec, long now) {
    InstanceRuntime machine = new InstanceRuntime(positions.incrementAndGet(), spec, defaults, now);
    if (byId.putIfAbsent(spec.id(), machine) != null) {
      throw new IllegalArgumentException("id must be unique, was " + spec.id() + " twice");
    }
    inOrder.put(machine.position(), machine);
  }

  /** The instance of an id, or {@code null} if there is none or no more. */
  @Nullable InstanceRuntime find(String id, long now) {
    InstanceRuntime machine = byId.get(id);
    return machine == null || machine.phase(now).isGone() ? null : machine;
  }

  Collection<InstanceRuntime> all() {
    return inOrder.values();
  }

  List<String> ids() {
    return inOrder.values().stream().map(machine -> machine.spec().id()).toList();
  }
}

package io.fleetstop.testkit;

import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.Ledger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Assertions on what reached the simulated service, lost replies included. Each throws an {@link
 * AssertionError} that names the first instances for which it does not hold.
 */
public final class SimulatorAssert {

  private static final int NAMED = 10;
  private static final String STOP_INSTANCE = "StopInstance";

  private final EcsSimulator simulator;
  private final Ledger ledger;

  private SimulatorAssert(EcsSimulator simulator) {
    this.simulator = Objects.requireNonNull(simulator, "simulator");
    this.ledger = simulator.ledger();
  }

  /** Starts assertions on what reached {@code simulator}. */
  public static SimulatorAssert assertThatService(EcsSimulator simulator) {
    return new SimulatorAssert(simulator);
  }

  /** Asserts that each instance was stopped once, and that all calls for it carried one token. */
  public SimulatorAssert stoppedOnceEach(Collection<String> instanceIds) {
    List<String> wrong = new ArrayList<>();
    for (String id : instanceIds) {
      int effects = ledger.effects(id);
      Set<String> tokens = ledger.tokens(id);
      if (effects != 1 || tokens.size() != 1) {
        wrong.add(id + " was stopped " + effects + " times with " + tokens.size() + " tokens");
      }
    }
    return require(wrong, "each of " + instanceIds.size() + " instances stopped once by one token");
  }

  /** As {@link #stoppedOnceEach(Collection)}. */
  public SimulatorAssert stoppedOnceEach(String... instanceIds) {
    return stoppedOnceEach(List.of(instanceIds));
  }

  /**
   * Asserts that each instance was stopped once, as {@link #stoppedOnceEach(Collection)} does,
   * where a token is that of a batch: a batch that rejected an instance had another token than the
   * batch that stopped it.
   */
  public SimulatorAssert stoppedOnceEachInBatches(Collection<String> instanceIds) {
    List<String> wrong = new ArrayList<>();
    for (String id : instanceIds) {
      int effects = ledger.effects(id);
      Set<String> tokens = ledger.effectTokens(id);
      if (effects != 1 || tokens.size() != 1) {
        wrong.add(id + " was stopped " + effects + " times by " + tokens.size() + " tokens");
      }
    }
    return require(wrong, "each of " + instanceIds.size() + " instances stopped once by one batch");
  }

  /** Asserts that these instances were stopped once each by one token, and no other was stopped. */
  public SimulatorAssert stoppedOnly(Collection<String> instanceIds) {
    stoppedOnceEach(instanceIds);
    Set<String> others = new TreeSet<>(simulator.ids());
    others.removeAll(instanceIds);
    List<String> wrong =
        others.stream()
            .filter(id -> ledger.effects(id) > 0)
            .map(id -> id + " was stopped")
            .toList();
    return require(wrong, "only " + instanceIds.size() + " instances stopped");
  }

  /** Asserts that no call stopped an instance. */
  public SimulatorAssert stoppedNothing() {
    return stoppedOnly(List.of());
  }

  /** Asserts that no {@code StopInstance} or {@code StopInstances} call for these arrived. */
  public SimulatorAssert didNotReceiveStopOf(String... instanceIds) {
    List<String> wrong = new ArrayList<>();
    for (String id : instanceIds) {
      int calls = ledger.stopCalls(id);
      if (calls > 0) {
        wrong.add(id + " had " + calls + " calls");
      }
    }
    return require(wrong, "no " + STOP_INSTANCE + " call for the instances");
  }

  /** Asserts the number of calls of an action that arrived. */
  public SimulatorAssert receivedCalls(String action, long expected) {
    long calls = ledger.calls(action);
    return require(
        calls == expected ? List.of() : List.of(calls + " arrived"),
        expected + " calls of " + action);
  }

  private SimulatorAssert require(List<String> wrong, String expected) {
    if (!wrong.isEmpty()) {
      String rest = wrong.size() > NAMED ? "; and " + (wrong.size() - NAMED) + " more" : "";
      throw new AssertionError(
          "Expected at the service: "
              + expected
              + ". But "
              + String.join("; ", wrong.subList(0, Math.min(NAMED, wrong.size())))
              + rest
              + ". "
              + ledger);
    }
    return this;
  }
}

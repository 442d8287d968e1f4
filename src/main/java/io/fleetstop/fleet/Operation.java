package io.fleetstop.fleet;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.StopInstance.StoppedMode;

/** What a run does with its instances. */
public enum Operation {
  /** Stops instances, by a {@link FleetShutdown}. */
  STOP(
      "StopInstance",
      State.RUNNING,
      State.STOPPING,
      State.STOPPED,
      Kind.STOPPED,
      Kind.ALREADY_STOPPED),
  /** Starts instances that another run has stopped, by a {@link FleetStart}. */
  START(
      "StartInstance",
      State.STOPPED,
      State.STARTING,
      State.RUNNING,
      Kind.STARTED,
      Kind.ALREADY_RUNNING);

  private final String action;
  private final State source;
  private final State leading;
  private final State goal;
  private final Kind done;
  private final Kind already;

  Operation(String action, State source, State leading, State goal, Kind done, Kind already) {
    this.action = action;
    this.source = source;
    this.leading = leading;
    this.goal = goal;
    this.done = done;
    this.already = already;
  }

  /** Returns the action that is called. */
  String action() {
    return action;
  }

  /** Returns the state in which the service accepts the call. */
  State source() {
    return source;
  }

  /** Returns the state that leads to the goal. */
  State leading() {
    return leading;
  }

  State goal() {
    return goal;
  }

  /** Whether the state passes by itself to one in which the instance can be called. */
  boolean isPassing(State state) {
    return state != leading && (state.isPassing() || (this == START && state == State.STOPPING));
  }

  /** Whether the state ends a wait for the goal. */
  boolean endsWait(State state) {
    return state == goal || state == State.ERROR;
  }

  /** Returns the outcome of an instance that reached the goal because of the run. */
  Kind done() {
    return done;
  }

  /** Returns the outcome of an instance that reached the goal otherwise. */
  Kind already() {
    return already;
  }

  /** Returns the call in messages. */
  String noun() {
    return this == STOP ? "stop" : "start";
  }

  /** Returns the goal in messages. */
  String goalText() {
    return this == STOP ? "stopped" : "running";
  }

  /** Returns the state that leads to the goal in messages. */
  String leadingText() {
    return this == STOP ? "stopping" : "starting";
  }

  /** Returns the options if they are those of the operation. */
  ShutdownOptions checked(ShutdownOptions options) {
    boolean stopsOnly =
        options.isForceStop()
            || options.stoppedMode() != StoppedMode.KEEP_CHARGING
            || options.batchSize() > 1
            || options.isStoppedIfUnreadable();
    if (this == START && stopsOnly) {
      throw new IllegalArgumentException(
          "operation START excludes forceStop, stoppedMode, batchSize and stopIfUnreadable;"
              + " leave them at their defaults");
    }
    return options;
  }
}

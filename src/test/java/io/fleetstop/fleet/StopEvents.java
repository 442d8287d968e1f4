package io.fleetstop.fleet;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.ErrorCode.Scope;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.StopEvent.Polled;
import io.fleetstop.fleet.StopEvent.Rejected;
import io.fleetstop.fleet.StopEvent.RunStopped;
import io.fleetstop.fleet.StopEvent.Signal;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.State;
import io.fleetstop.poll.WaitResult;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Every event that can happen to an instance, by the name that the page of decisions uses. */
final class StopEvents {

  private StopEvents() {}

  /** The events of each class of states, in the order of the page. */
  static Map<String, StopEvent> of(StopState state) {
    Map<String, StopEvent> events = new LinkedHashMap<>();
    if (state instanceof StopState.Ready) {
      events.put("the run is running", Signal.STEP_DONE);
      events.put("the run is paused", Signal.RUN_PAUSED);
      events.put("the run is stopped", new RunStopped(null));
    } else if (state instanceof StopState.Calling) {
      putCallEvents(events);
    } else if (state instanceof StopState.BackingOff) {
      events.put("the delay is over", Signal.STEP_DONE);
      events.put("the bound of the delays is reached", Signal.BUSY_TIMEOUT);
    } else {
      putPolls(events);
    }
    events.put("a part of the run failed", new StopEvent.Broken(clientError()));
    return events;
  }

  private static void putCallEvents(Map<String, StopEvent> events) {
    events.put("accepted", new StopEvent.Accepted());
    for (Category category : Category.values()) {
      for (Delivery delivery : Delivery.values()) {
        events.put(category + ", " + delivery, rejected(code(category), delivery, null));
      }
    }
    for (Delivery delivery : Delivery.values()) {
      events.put(
          "deadline while THROTTLED, " + delivery,
          rejected(GatewayErrors.FLOW_LIMIT_EXCEEDED, delivery, Limit.DEADLINE));
    }
    for (Delivery delivery : Delivery.values()) {
      events.put(
          "deadline before a reply, " + delivery,
          rejected(ClientErrors.DEADLINE_EXCEEDED, delivery, Limit.DEADLINE));
    }
    for (Delivery delivery : Delivery.values()) {
      events.put(
          "queue of the rate limiter full, " + delivery,
          rejected(ClientErrors.RATE_LIMITER_FULL, delivery, null));
    }
    events.put(
        "deadline soon after the queue, UNKNOWN",
        rejected(ClientErrors.DEADLINE_EXCEEDED, Delivery.UNKNOWN, Limit.QUEUE));
    events.put(
        "deadline in the queue, NOT_SENT",
        rejected(ClientErrors.QUEUE_TIMEOUT, Delivery.NOT_SENT, Limit.DEADLINE));
    for (Delivery delivery : Delivery.values()) {
      events.put(
          "deadline while the process was frozen, " + delivery,
          new StopEvent.Frozen(error(ClientErrors.DEADLINE_EXCEEDED, delivery, Limit.DEADLINE)));
    }
    events.put(
        "stopped in the other mode, REJECTED",
        rejected(EcsErrors.INVALID_STOPPED_MODE_CONFLICT, Delivery.REJECTED, null));
    events.put(
        "dry run answered as a real stop, UNKNOWN",
        rejected(ClientErrors.UNEXPECTED_SUCCESS, Delivery.UNKNOWN, null));
    events.put("call ended by a pause, run resumed", Signal.STEP_DONE);
    events.put("call ended by a pause, run paused", Signal.RUN_PAUSED);
    events.put(
        "call ended by the end of the run",
        new RunStopped(error(GatewayErrors.FLOW_LIMIT_EXCEEDED, Delivery.REJECTED, Limit.CALLER)));
    events.put(
        "call ended by the end of the run, unsent",
        new RunStopped(error(ClientErrors.CLOSED, Delivery.NOT_SENT, Limit.CALLER)));
  }

  private static void putPolls(Map<String, StopEvent> events) {
    for (State state : State.values()) {
      events.put("shown " + state, reached(state, null));
    }
    events.put("shown STOPPED, but as StopCharging", reached(State.STOPPED, "StopCharging"));
    events.put("started again, or stopped again", new Polled(new WaitResult.Reverted("RUNNING")));
    events.put("not listed", new Polled(new WaitResult.NotFound()));
    events.put("timeout", new Polled(new WaitResult.TimedOut(Duration.ofMinutes(10), "RUNNING")));
    events.put("the run is stopped", new Polled(new WaitResult.Aborted(null)));
    events.put(
        "polls fail",
        new Polled(
            new WaitResult.PollFailed(
                error(GatewayErrors.ACCESS_DENIED, Delivery.REJECTED, null))));
  }

  private static Polled reached(State state, @Nullable String stoppedMode) {
    Instance instance =
        new Instance(
            "i-1",
            null,
            state.name(),
            stoppedMode,
            null,
            null,
            null,
            null,
            null,
            null,
            null,
            List.of());
    return new Polled(new WaitResult.Reached(instance, state.name()));
  }

  /** A code of which nothing but the category is known. */
  private static ErrorCode code(Category category) {
    return new ErrorCode("Some." + category, category, null, null, Scope.ECS_COMMON, null, "any");
  }

  private static Rejected rejected(ErrorCode code, Delivery delivery, @Nullable Limit limit) {
    return new Rejected(error(code, delivery, limit));
  }

  private static EcsException clientError() {
    return error(ClientErrors.UNEXPECTED_FAILURE, Delivery.UNKNOWN, null);
  }

  static EcsException error(ErrorCode code, Delivery delivery, @Nullable Limit limit) {
    EcsException.Builder error = EcsException.builder(code, delivery).attempts(1);
    return limit == null ? error.build() : error.exhaustedLimit(limit).build();
  }
}

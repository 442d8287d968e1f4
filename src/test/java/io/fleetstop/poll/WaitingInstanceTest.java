package io.fleetstop.poll;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.WaitResult.NotFound;
import io.fleetstop.poll.WaitResult.PollFailed;
import io.fleetstop.poll.WaitResult.Reached;
import io.fleetstop.poll.WaitResult.Reverted;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.util.context.Context;

/** The results of polls of one instance, and when the next poll is due. */
class WaitingInstanceTest {

  private static final long SECOND = 1_000_000_000L;
  private static final ErrorCode PROXY = ErrorCode.classify(null, null, 403);

  private WaitingInstance pending = waitingFor(State.STOPPED);
  private final List<WaitResult> results = new ArrayList<>();
  // Negative, as the time of a scheduler may be.
  private long now = -100 * SECOND;

  private WaitingInstance waitingFor(State goal) {
    return new WaitingInstance(
        InstanceId.of("i-1"), state -> state == goal, AwaitOptions.defaults(), Context.empty()) {
      @Override
      void complete(WaitResult result) {
        results.add(result);
      }
    };
  }

  @BeforeEach
  void begin() {
    pending.start(now, 2 * SECOND);
  }

  private void poll(String... statuses) {
    for (String status : statuses) {
      assertThat(results).isEmpty();
      pending.onPolled(status.equals("-") ? null : StubService.instance("i-1", status), now);
    }
  }

  private void fail(ErrorCode code, int times) {
    for (int i = 0; i < times; i++) {
      assertThat(results).isEmpty();
      pending.onPollFailed(EcsException.builder(code, Delivery.REJECTED).build(), now);
    }
  }

  @Test
  void wantedState_endsTheWait() {
    poll("RUNNING", "STOPPING", "STOPPED");

    assertThat(results)
        .containsExactly(new Reached(StubService.instance("i-1", "STOPPED"), "STOPPED"));
    assertThat(pending.lastStatus()).isEqualTo("STOPPED");
  }

  @Test
  void fiveMissesInARow_notFound() {
    poll("-", "-", "-", "-", "RUNNING", "-", "-", "-", "-", "-");

    assertThat(results).containsExactly(new NotFound());
  }

  @Test
  void documentedNotFound_countsAsMiss() {
    fail(EcsErrors.INVALID_INSTANCE_NOT_FOUND, 5);

    assertThat(results).containsExactly(new NotFound());
  }

  @Test
  void undocumentedNotFound_doesNotEndTheWait() {
    ErrorCode guessed = ErrorCode.classify("InvalidThing.NotFound", null, 404);
    assertThat(guessed.category()).isEqualTo(Category.NOT_FOUND);
    fail(guessed, 20);

    assertThat(results).isEmpty();
  }

  @Test
  void fiveUndocumentedErrorsInARow_pollFailed() {
    fail(PROXY, 4);
    poll("RUNNING");
    fail(PROXY, 5);

    assertThat(results).hasSize(1).first().isInstanceOf(PollFailed.class);
  }

  @Test
  void accessDenied_pollFailed() {
    fail(GatewayErrors.ACCESS_DENIED, 1);

    assertThat(results).hasSize(1).first().isInstanceOf(PollFailed.class);
  }

  @Test
  void transientErrors_continueUntilClientIsClosed() {
    fail(EcsErrors.INTERNAL_ERROR, 20);
    fail(GatewayErrors.FLOW_LIMIT_EXCEEDED, 20);
    fail(ClientErrors.CONNECTION_LOST, 20);
    fail(ClientErrors.DEADLINE_EXCEEDED, 20);
    fail(ClientErrors.CLOSED, 1);

    assertThat(results).hasSize(1).first().isInstanceOf(PollFailed.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"RUNNING", "STARTING"})
  void threeRunningPollsInARow_startedAgain(String status) {
    poll("STOPPING", status, status, "STOPPING", status, status, status);

    assertThat(results).containsExactly(new Reverted(status));
  }

  @Test
  void runningWithoutStopping_isNoRestart() {
    poll("RUNNING", "STARTING", "RUNNING", "RUNNING", "RUNNING", "REBOOTING", "RUNNING");

    assertThat(results).isEmpty();
  }

  @Test
  void stoppedPollsBeforeAStart_areALaggingList() {
    pending = waitingFor(State.RUNNING);
    begin();
    poll("STOPPED", "STOPPED", "STOPPED", "STARTING", "STARTING", "STARTING", "STARTING");
    poll("RUNNING");

    assertThat(results).hasSize(1).first().isInstanceOf(WaitResult.Reached.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"STOPPED", "STOPPING"})
  void threeStoppedPollsAfterAStart_stoppedAgain(String status) {
    pending = waitingFor(State.RUNNING);
    begin();
    poll("STARTING", status, status, "STARTING", status, status, status);

    assertThat(results).containsExactly(new Reverted(status));
  }

  @Test
  void interval_growsWithTimeSinceLastChange() {
    assertDue(2);
    pollAfter(50, "RUNNING");
    assertDue(5);
    pollAfter(1_000, "RUNNING");
    assertDue(30);
    pollAfter(0, "STOPPING");
    assertDue(2);
    pollAfter(50, "-");
    assertDue(2);
  }

  private void pollAfter(int seconds, String status) {
    now += seconds * SECOND;
    poll(status);
  }

  private void assertDue(int seconds) {
    assertThat(pending.pollDueNanos() - now).isEqualTo(seconds * SECOND);
    // A call with free room includes it after half of the interval.
    assertThat(pending.earliestPollNanos() - now).isEqualTo(seconds * SECOND / 2);
  }
}

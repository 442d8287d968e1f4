package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.retry.Backoff;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The outcome of an instance that an earlier run may have stopped. */
class ResumedOutcomeTest extends JournalFixture {

  private final StubClient client = new StubClient();
  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .protectTag("")
          .runId("night")
          .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(1)))
          .awaitOptions(wait -> wait.timeout(Duration.ofSeconds(2)))
          .busyTimeout(Duration.ofMillis(30))
          .busyBackoff(Backoff.fullJitter(Duration.ofMillis(5), Duration.ofMillis(10)))
          .failureLimit(FailureLimit.none())
          .build();

  private Flux<ShutdownOutcome> stop(ShutdownJournal journal, String... ids) {
    return FleetShutdown.create(client, journal).stop(Flux.fromArray(ids).map(InstanceId::of));
  }

  private List<ShutdownOutcome> run(Mono<ShutdownJournal> opening, String... ids) {
    ShutdownJournal journal = await(opening);
    List<ShutdownOutcome> outcomes = new ArrayList<>();
    stop(journal, ids).doOnNext(outcomes::add).onErrorComplete().blockLast(PATIENCE);
    journal.disposeLater().block(PATIENCE);
    return outcomes;
  }

  private static EcsException error(ErrorCode code) {
    return EcsException.builder(code, Delivery.REJECTED).attempts(1).build();
  }

  /** The service received the stop; the process is killed before the reply arrives. */
  private void killAfterSending() {
    client.onStop =
        request -> {
          client.states.put(request.instanceId().value(), "STOPPED");
          return Mono.never();
        };
    runUntilCalled(ShutdownJournal.create(file, options), 1);
  }

  /** Runs until {@code calls} calls were made in total, then cancels. */
  private void runUntilCalled(Mono<ShutdownJournal> opening, int calls) {
    ShutdownJournal journal = await(opening);
    Disposable killed = stop(journal, "i-1").subscribe(outcome -> {});
    Flux.interval(Duration.ofMillis(1)).takeUntil(tick -> client.calls.size() == calls).blockLast();
    killed.dispose();
    journal.disposeLater().block(PATIENCE);
  }

  private static EcsException errorOf(ShutdownOutcome outcome) {
    return Objects.requireNonNull(outcome.error());
  }

  @Tag("guarantee:earlier-effect")
  @Test
  void rejectedKeysAfterEarlierStop_notFailed() {
    killAfterSending();
    client.onDescribe = ids -> Flux.error(error(GatewayErrors.INVALID_ACCESS_KEY));
    client.onStop = request -> Mono.error(error(GatewayErrors.INVALID_ACCESS_KEY));
    List<ShutdownOutcome> outcomes = run(ShutdownJournal.resume(file, options), "i-1");
    assertThat(client.states).containsEntry("i-1", "STOPPED");
    assertThat(outcomes.get(0)).isNotInstanceOf(Failed.class);
  }

  @Test
  void accessDeniedAfterEarlierStop_notFailed() {
    killAfterSending();
    client.onDescribe = ids -> Flux.error(error(GatewayErrors.ACCESS_DENIED));
    client.onStop = request -> Mono.error(error(GatewayErrors.ACCESS_DENIED));
    List<ShutdownOutcome> outcomes = run(ShutdownJournal.resume(file, options), "i-1");
    assertThat(outcomes.get(0)).isNotInstanceOf(Failed.class);
  }

  @Test
  void lockOfEarlierStop_notFailed() {
    client.onStop = request -> Mono.just(new StopInstance.Result("req", 1));
    ShutdownOptions hasty =
        options.mutate().awaitOptions(wait -> wait.timeout(Duration.ofMillis(30))).build();
    assertThat(run(ShutdownJournal.create(file, hasty), "i-1").get(0))
        .isInstanceOf(Unconfirmed.class);
    // Accepted but slow to start: still shown as RUNNING, and locked by that same stop.
    client.onStop = request -> Mono.error(error(EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED));
    List<ShutdownOutcome> outcomes = run(ShutdownJournal.resume(file, options), "i-1");
    assertThat(outcomes.get(0)).isNotInstanceOf(Failed.class);
  }

  @Test
  void conflictAfterEarlierStop_notCompletedAsFailed() {
    killAfterSending();
    client.onDescribe = ids -> Flux.error(error(GatewayErrors.ACCESS_DENIED));
    client.onStop = request -> Mono.error(error(EcsErrors.INVALID_STOPPED_MODE_CONFLICT));
    run(ShutdownJournal.resume(file, options), "i-1");
    ShutdownJournal again = await(ShutdownJournal.resume(file, options));
    assertThat(again.state().completedFailures()).isZero();
  }

  @Test
  void rejectedThenStopped_alreadyStopped() {
    client.onStop = request -> Mono.error(error(EcsErrors.INVALID_INSTANCE_STATUS));
    client.states.put("i-1", "STOPPING");
    ShutdownOptions hasty =
        options.mutate().awaitOptions(wait -> wait.timeout(Duration.ofMillis(30))).build();
    assertThat(run(ShutdownJournal.create(file, hasty), "i-1").get(0))
        .isInstanceOf(Unconfirmed.class);

    client.states.put("i-1", "STOPPED");
    assertThat(run(ShutdownJournal.resume(file, options), "i-1").get(0))
        .isInstanceOf(AlreadyStopped.class);
  }

  @Test
  void lostReplyAndPollDenied_laterStopIsStopped() {
    client.onStop =
        request ->
            Mono.error(
                EcsException.builder(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN).build());
    client.onDescribe = ids -> Flux.error(error(GatewayErrors.ACCESS_DENIED));
    assertThat(errorOf(run(ShutdownJournal.create(file, options), "i-1").get(0)).delivery())
        .isEqualTo(Delivery.UNKNOWN);

    client.onDescribe = client::describe;
    client.states.put("i-1", "STOPPED");
    assertThat(run(ShutdownJournal.resume(file, options), "i-1").get(0))
        .isInstanceOf(Stopped.class);
  }

  @Test
  void acceptedThenUnconfirmed_isFinishedWithoutWaiting() {
    ShutdownOptions noWait = options.mutate().awaitStopped(false).build();
    client.onStop = request -> Mono.just(new StopInstance.Result("req", 1));
    run(ShutdownJournal.create(file, noWait), "i-1");
    ShutdownOptions wait =
        options.mutate().awaitOptions(times -> times.timeout(Duration.ofMillis(30))).build();
    assertThat(run(ShutdownJournal.resume(file, wait), "i-1").get(0))
        .isInstanceOf(Unconfirmed.class);
    ShutdownJournal third = await(ShutdownJournal.resume(file, noWait));
    assertThat(
            third.state().isCompleted(InstanceId.of("i-1"))
                && !third.state().incomplete().isEmpty())
        .isFalse();
    assertThat(third.state().completed()).isZero();
  }

  @Tag("guarantee:unlisted-instance")
  @Test
  void acceptedButNotListed_unconfirmedThenStopped() {
    client.onDescribe = ids -> Flux.empty(); // policies by project may hide it
    assertThat(run(ShutdownJournal.create(file, options), "i-1").get(0))
        .isInstanceOfSatisfying(
            Unconfirmed.class,
            it ->
                assertThat(it.reason())
                    .isEqualTo("accepted, but the service does not list the instance"));

    client.onDescribe = ids -> Flux.just(StubClient.instance("i-1", "STOPPED"));
    assertThat(run(ShutdownJournal.resume(file, options), "i-1").get(0))
        .isInstanceOf(Stopped.class);
  }

  @Test
  void stoppingThenNotListed_notFailed() {
    Queue<String> states = new ArrayDeque<>(List.of("STOPPING", "STOPPING", "DELETING"));
    client.onDescribe =
        ids -> {
          String state = states.poll();
          return state == null ? Flux.empty() : Flux.just(StubClient.instance("i-1", state));
        };
    List<ShutdownOutcome> outcomes = run(ShutdownJournal.create(file, options), "i-1");
    assertThat(outcomes.get(0)).isNotInstanceOf(Failed.class);
  }

  @Test
  void errorStateAfterResume_deliveryIsUnknown() {
    killAfterSending();
    Queue<String> states = new ArrayDeque<>(List.of("STOPPING", "ERROR"));
    client.onDescribe =
        ids ->
            Flux.just(
                StubClient.instance("i-1", states.size() > 1 ? states.poll() : states.peek()));
    ShutdownOutcome outcome = run(ShutdownJournal.resume(file, options), "i-1").get(0);
    assertThat(errorOf(outcome).detail()).doesNotContain("was not accepted");
    assertThat(errorOf(outcome).delivery()).isEqualTo(Delivery.UNKNOWN);
  }

  @Test
  void accessDeniedThenStopped_alreadyStopped() {
    client.onStop = request -> Mono.error(error(GatewayErrors.ACCESS_DENIED));
    run(ShutdownJournal.create(file, options), "i-1");
    client.states.put("i-1", "STOPPED");
    assertThat(run(ShutdownJournal.resume(file, options), "i-1").get(0))
        .isInstanceOf(AlreadyStopped.class);
  }

  @Test
  void rejectedThenSecondCallPending_stopped() {
    client.onStop = request -> Mono.error(error(GatewayErrors.ACCESS_DENIED));
    run(ShutdownJournal.create(file, options), "i-1");
    client.onStop = request -> Mono.never();
    runUntilCalled(ShutdownJournal.resume(file, options), 2);

    // The second call may have had an effect.
    client.states.put("i-1", "STOPPED");
    assertThat(run(ShutdownJournal.resume(file, options), "i-1").get(0))
        .isInstanceOf(Stopped.class);
  }

  @Test
  void rejectedThenSkipped_remainsIncomplete() {
    client.onStop = request -> Mono.error(error(GatewayErrors.ACCESS_DENIED));
    run(ShutdownJournal.create(file, options), "i-1");
    client.onStop =
        request ->
            Mono.error(
                error(ClientErrors.CLOSED)
                    .mutate()
                    .delivery(Delivery.NOT_SENT)
                    .exhaustedLimit(Limit.CALLER)
                    .build());
    assertThat(run(ShutdownJournal.resume(file, options), "i-1").get(0))
        .isInstanceOf(Skipped.class);
    assertThat(client.calls).hasSize(2);

    client.states.put("i-1", "STOPPED");
    ShutdownJournal third = await(ShutdownJournal.resume(file, options));
    assertThat(third.state().incomplete()).containsExactly(InstanceId.of("i-1"));
    assertThat(run(Mono.just(third), "i-1").get(0)).isInstanceOf(AlreadyStopped.class);
  }

  @Test
  void rejectedThenOnlyPolled_alreadyStopped() {
    client.onStop = request -> Mono.error(error(EcsErrors.INVALID_INSTANCE_STATUS));
    client.states.put("i-1", "STOPPING");
    ShutdownOptions hasty =
        options.mutate().awaitOptions(wait -> wait.timeout(Duration.ofMillis(30))).build();
    run(ShutdownJournal.create(file, hasty), "i-1");
    assertThat(run(ShutdownJournal.resume(file, hasty), "i-1").get(0))
        .isInstanceOf(Unconfirmed.class);
    assertThat(client.calls).hasSize(1);

    client.states.put("i-1", "STOPPED");
    assertThat(run(ShutdownJournal.resume(file, options), "i-1").get(0))
        .isInstanceOf(AlreadyStopped.class);
  }

  @Test
  void rejectedAndPollDenied_alreadyStopped() {
    client.onStop = request -> Mono.error(error(EcsErrors.INVALID_INSTANCE_STATUS));
    // A poll whose reply was lost, and whose retry was denied.
    client.onDescribe =
        ids ->
            Flux.error(EcsException.builder(GatewayErrors.ACCESS_DENIED, Delivery.UNKNOWN).build());
    assertThat(errorOf(run(ShutdownJournal.create(file, options), "i-1").get(0)).delivery())
        .isEqualTo(Delivery.REJECTED);

    client.onDescribe = client::describe;
    client.states.put("i-1", "STOPPED");
    assertThat(run(ShutdownJournal.resume(file, options), "i-1").get(0))
        .isInstanceOf(AlreadyStopped.class);
  }

  /** A line of an earlier format, whose delivery does not tell whether it was accepted. */
  @Test
  void unconfirmedWithoutAcceptance_mayHaveTakenEffect() throws IOException {
    killAfterSending();
    String line =
        "{\"at\":\"2026-11-27T03:00:00Z\",\"event\":\"outcome\",\"instanceId\":\"i-1\","
            + "\"outcome\":\"UNCONFIRMED\",\"final\":false,\"errorCode\":\"AccessDenied\","
            + "\"delivery\":\"REJECTED\",\"attempts\":1,\"elapsedMillis\":1500";
    byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
    Files.writeString(
        file, line + JournalFormat.checksum(bytes, bytes.length) + "\n", StandardOpenOption.APPEND);

    client.onDescribe = ids -> Flux.error(error(GatewayErrors.ACCESS_DENIED));
    client.onStop = request -> Mono.error(error(GatewayErrors.ACCESS_DENIED));
    assertThat(run(ShutdownJournal.resume(file, options), "i-1").get(0))
        .isInstanceOf(Unconfirmed.class);
  }

  @Test
  void killedDryRun_stoppedInstanceIsUnconfirmed() {
    ShutdownOptions dry = options.mutate().dryRun(true).build();
    client.onStop = request -> Mono.never();
    runUntilCalled(ShutdownJournal.create(file, dry), 1);
    client.onStop = request -> Mono.error(error(EcsErrors.INVALID_INSTANCE_STATUS));
    client.states.put("i-1", "STOPPED");

    assertThat(run(ShutdownJournal.resume(file, dry), "i-1").get(0))
        .isInstanceOfSatisfying(
            Unconfirmed.class,
            it ->
                assertThat(it.reason())
                    .isEqualTo("the answer to a dry run is missing; the instance is STOPPED"));
  }
}

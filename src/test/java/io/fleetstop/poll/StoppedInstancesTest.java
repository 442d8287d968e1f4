package io.fleetstop.poll;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Waiting until instances are stopped, in virtual time. */
class StoppedInstancesTest {

  private static final InstanceId FIRST = InstanceId.of("i-1");
  private static final InstanceId SECOND = InstanceId.of("i-2");
  private static final AwaitOptions OPTIONS =
      AwaitOptions.builder().timeout(Duration.ofMinutes(1)).build();

  private final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
  private final StubService service = new StubService();
  private final InstancePoller poller = service.poller();

  private StepVerifier.FirstStep<Instance> verify(Mono<Instance> waiting) {
    return StepVerifier.withVirtualTime(() -> waiting, () -> time, Long.MAX_VALUE);
  }

  private StepVerifier.FirstStep<Instance> verify(Flux<Instance> waiting, long demand) {
    return StepVerifier.withVirtualTime(() -> waiting, () -> time, demand);
  }

  private void show(String... statuses) {
    Queue<String> left = new ArrayDeque<>(List.of(statuses));
    service.onDescribe =
        ids -> {
          String status = left.size() > 1 ? left.remove() : left.element();
          return Flux.fromIterable(ids)
              .filter(id -> !status.isEmpty())
              .map(id -> StubService.instance(id, status));
        };
  }

  private void expectFailure(ErrorCode code, String detail) {
    verify(poller.awaitStopped(FIRST, OPTIONS))
        .thenAwait(Duration.ofMinutes(2))
        .expectErrorSatisfies(error -> assertError(error, code, detail))
        .verify();
  }

  private static void assertError(Throwable error, ErrorCode code, String detail) {
    assertThat(error)
        .isInstanceOfSatisfying(
            EcsException.class,
            e -> {
              assertThat(e.errorCode()).isEqualTo(code);
              assertThat(e.detail()).isEqualTo(detail);
              assertThat(e.action()).isEqualTo("DescribeInstances");
            });
  }

  @Test
  void stoppedInstance_isSeenByTheFirstPollWithin10Milliseconds() {
    show("STOPPED");
    verify(poller.awaitStopped(FIRST, OPTIONS))
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis(9))
        .thenAwait(Duration.ofMillis(1))
        .expectNextMatches(instance -> instance.status().equals("STOPPED"))
        .expectComplete()
        .verify();
    assertThat(service.described).hasValue(1);
  }

  @Test
  void stoppingInstance_isPolledAtTheIntervalUntilStopped() {
    show("RUNNING", "STOPPING", "STOPPING", "STOPPED");
    verify(poller.awaitStopped(FIRST, OPTIONS))
        .expectSubscription()
        .thenAwait(Duration.ofMillis(10))
        .expectNoEvent(Duration.ofMillis(5_999))
        .thenAwait(Duration.ofMillis(1))
        .expectNextCount(1)
        .expectComplete()
        .verify();
    assertThat(service.described).hasValue(4);
  }

  @Test
  void pollInterval_hasItsEffect() {
    show("STOPPING", "STOPPED");
    AwaitOptions slow =
        OPTIONS
            .mutate()
            .pollInterval(Duration.ofSeconds(20))
            .maxPollInterval(Duration.ofSeconds(20))
            .build();
    verify(poller.awaitStopped(FIRST, slow))
        .expectSubscription()
        .thenAwait(Duration.ofMillis(10))
        .expectNoEvent(Duration.ofMillis(19_999))
        .thenAwait(Duration.ofMillis(1))
        .expectNextCount(1)
        .expectComplete()
        .verify();
  }

  @Test
  void nothingIsSentBeforeTheFirstRequest() {
    show("STOPPED");
    Mono<Instance> waiting = poller.awaitStopped(FIRST, OPTIONS);
    verify(waiting.flux(), 0)
        .expectSubscription()
        .thenAwait(Duration.ofMinutes(1))
        .then(() -> assertThat(service.described).hasValue(0))
        .thenRequest(1)
        .thenAwait(Duration.ofMillis(10))
        .expectNextCount(1)
        .expectComplete()
        .verify();
  }

  @Test
  void timeout_isNotStoppedWithTheLastStatus() {
    show("RUNNING");
    expectFailure(ClientErrors.NOT_STOPPED, "i-1 was not stopped within 1m, last seen RUNNING");
  }

  @Test
  void timeoutWithoutAPoll_isNamed() {
    service.onDescribe = ids -> Flux.never();
    expectFailure(
        ClientErrors.NOT_STOPPED, "i-1 was not stopped within 1m, and no poll has shown it");
  }

  @Test
  void timeoutWithoutAStatus_isNamed() {
    service.onDescribe = ids -> Flux.fromIterable(ids).map(id -> StubService.instance(id, ""));
    expectFailure(
        ClientErrors.NOT_STOPPED, "i-1 was not stopped within 1m, listed without a status");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ERROR", "DELETING"})
  void stateWithoutAWayToStopped_endsTheWaitAtOnce(String status) {
    show("STOPPING", status);
    expectFailure(ClientErrors.NOT_STOPPED, "i-1 is " + status);
    assertThat(service.described).hasValue(2);
  }

  @Test
  void startedAgain_isNotStopped() {
    show("STOPPING", "RUNNING");
    expectFailure(ClientErrors.NOT_STOPPED, "i-1 was stopping, and is RUNNING again");
  }

  @Test
  void unlistedInstance_isNotFoundAfterFivePolls() {
    show("");
    expectFailure(EcsErrors.INVALID_INSTANCE_NOT_FOUND, "DescribeInstances does not list i-1");
    assertThat(service.described).hasValue(5);
  }

  @Test
  void deniedPoll_isTheError() {
    EcsException denied =
        EcsException.builder(GatewayErrors.ACCESS_DENIED, Delivery.REJECTED).build();
    service.onDescribe = ids -> Flux.error(denied);
    verify(poller.awaitStopped(FIRST, OPTIONS))
        .thenAwait(Duration.ofSeconds(1))
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOfSatisfying(
                        EcsException.class,
                        e -> assertThat(e.errorCode()).isEqualTo(GatewayErrors.ACCESS_DENIED)))
        .verify();
  }

  @Test
  void transientErrors_arePolledAgain() {
    Queue<Flux<Instance>> replies =
        new ArrayDeque<>(
            List.of(
                Flux.error(
                    EcsException.builder(EcsErrors.INTERNAL_ERROR, Delivery.UNKNOWN).build()),
                Flux.just(StubService.instance("i-1", "STOPPED"))));
    service.onDescribe = ids -> replies.remove();
    verify(poller.awaitStopped(FIRST, OPTIONS))
        .thenAwait(Duration.ofMinutes(1))
        .expectNextCount(1)
        .expectComplete()
        .verify();
  }

  @Test
  void cancellation_endsThePolls() {
    show("STOPPING");
    verify(poller.awaitStopped(FIRST, OPTIONS))
        .thenAwait(Duration.ofSeconds(3))
        .thenCancel()
        .verify();
    int polls = service.described.get();
    time.advanceTimeBy(Duration.ofMinutes(2));
    assertThat(service.described).hasValue(polls);
  }

  @Test
  void instances_areEmittedAsTheyStopAndShareCalls() {
    service.states.put("i-2", "STOPPED");
    verify(poller.awaitStopped(Flux.just(FIRST, SECOND), OPTIONS), Long.MAX_VALUE)
        .thenAwait(Duration.ofMillis(10))
        .expectNextMatches(instance -> instance.instanceId().equals("i-2"))
        .then(() -> service.states.put("i-1", "STOPPED"))
        .thenAwait(Duration.ofSeconds(2))
        .expectNextMatches(instance -> instance.instanceId().equals("i-1"))
        .expectComplete()
        .verify();
    assertThat(service.described).hasValue(2);
  }

  @Test
  void failureOfOne_followsTheOthers() {
    service.states.put("i-1", "ERROR");
    verify(poller.awaitStopped(Flux.just(FIRST, SECOND), OPTIONS), Long.MAX_VALUE)
        .thenAwait(Duration.ofSeconds(1))
        .then(() -> service.states.put("i-2", "STOPPED"))
        .thenAwait(Duration.ofSeconds(2))
        .expectNextMatches(instance -> instance.instanceId().equals("i-2"))
        .expectErrorSatisfies(error -> assertError(error, ClientErrors.NOT_STOPPED, "i-1 is ERROR"))
        .verify();
  }

  @Test
  void severalFailures_areOneComposite() {
    service.states.put("i-1", "ERROR");
    service.states.put("i-2", "DELETING");
    verify(poller.awaitStopped(Flux.just(FIRST, SECOND), OPTIONS), Long.MAX_VALUE)
        .thenAwait(Duration.ofSeconds(1))
        .expectErrorSatisfies(error -> assertThat(Exceptions.unwrapMultiple(error)).hasSize(2))
        .verify();
  }

  @Test
  void awaitedInstances_areBounded() {
    TestPublisher<InstanceId> ids = TestPublisher.create();
    verify(poller.awaitStopped(ids, OPTIONS), 1)
        .then(() -> ids.assertMaxRequested(StoppedInstances.MAX_OPEN))
        .thenCancel()
        .verify();
    ids.assertCancelled();
  }
}

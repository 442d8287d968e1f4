package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** A percentage limit is measured against accepted stops too, which are slower than rejections. */
class FailurePercentTest {

  private static final int FLEET = 300;

  /** Returns a client for which every tenth instance does not exist. */
  private static StubClient client() {
    StubClient client = new StubClient();
    client.onStop =
        request ->
            request.instanceId().value().endsWith("0") ? Mono.error(gone()) : client.stop(request);
    return client;
  }

  private static EcsException gone() {
    return EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.REJECTED).build();
  }

  private static Flux<ShutdownOutcome> outcomes(StubClient client, double percent) {
    ShutdownOptions options =
        ShutdownOptions.builder()
            .protectTag("")
            .failureLimit(FailureLimit.percent(percent))
            .build();
    Flux<InstanceId> ids = Flux.range(0, FLEET).map(i -> InstanceId.of("i-" + i));
    return FleetShutdown.create(client, options).stop(ids);
  }

  @Test
  void earlyRejections_areMeasuredAgainstAccepted() {
    StepVerifier.withVirtualTime(() -> outcomes(client(), 20).collectList())
        .thenAwait(Duration.ofMinutes(5))
        .assertNext(
            outcomes ->
                assertThat(outcomes)
                    .hasSize(FLEET)
                    .filteredOn(Failed.class::isInstance)
                    .hasSize(30))
        .verifyComplete();
  }

  @Test
  void percentOfAnswers_endsRunBeforeAnyStopIsConfirmed() {
    StubClient client = client();
    StepVerifier.withVirtualTime(() -> outcomes(client, 5).materialize().collectList())
        .thenAwait(Duration.ofMinutes(5))
        .assertNext(
            signals -> {
              assertThat(signals.get(signals.size() - 1).getThrowable())
                  .isInstanceOfSatisfying(
                      EcsException.class,
                      error ->
                          assertThat(error.errorCode())
                              .isEqualTo(ClientErrors.FAILURE_BUDGET_EXHAUSTED));
              assertThat(client.calls).hasSizeLessThan(FLEET);
            })
        .verifyComplete();
  }

  @Test
  void rejectedCredentials_endRunWhateverTheLimit() {
    StubClient client = new StubClient();
    client.onStop =
        request ->
            Mono.error(
                EcsException.builder(GatewayErrors.INVALID_ACCESS_KEY, Delivery.REJECTED).build());

    StepVerifier.withVirtualTime(() -> outcomes(client, 100).then())
        .expectErrorSatisfies(
            error ->
                assertThat(((EcsException) error).errorCode())
                    .isEqualTo(GatewayErrors.INVALID_ACCESS_KEY))
        .verify(Duration.ofSeconds(10));
    assertThat(client.calls).hasSizeLessThan(FLEET);
  }

  @Test
  void awaitedInstance_isCountedOnce() {
    RunCounters count = new RunCounters();
    count.onAccepted();
    assertThat(count.answered()).isEqualTo(1);
    count.onOutcome(new Failed(InstanceId.of("i-1"), stats(), gone()), true);
    count.onOutcome(new Failed(InstanceId.of("i-2"), stats(), gone()), false);
    assertThat(List.of(count.answered(), count.outcomes(), count.failures()))
        .containsExactly(2L, 2L, 2L);
  }

  private static ShutdownOutcome.CallStats stats() {
    return new ShutdownOutcome.CallStats(1, Duration.ZERO, null);
  }
}

package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

/**
 * A batch that was rejected for one of its members is not repeated for another one: i-0 is
 * rejected, i-1 has an unknown result, and i-2 is accepted.
 */
class RepeatedBatchTest {

  private final StubClient client = new StubClient();
  private final Map<String, Kind> outcomes = new TreeMap<>();
  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .protectTag("")
          .runId("night")
          .batchSize(100)
          .busyBackoff((retry, random) -> Duration.ofSeconds(30))
          .failureLimit(FailureLimit.none())
          .build();
  private VirtualTimeScheduler time = VirtualTimeScheduler.create();

  @BeforeEach
  void takeOverTime() {
    time = VirtualTimeScheduler.getOrSet();
  }

  @AfterEach
  void giveBackTime() {
    VirtualTimeScheduler.reset();
  }

  private static EcsException error(ErrorCode code, Delivery delivery) {
    return EcsException.builder(code, delivery).attempts(1).build();
  }

  private StopInstances.Result firstReply(StopInstances batch, ErrorCode rejection) {
    client.states.put("i-2", "STOPPED");
    return StubClient.result(
        batch,
        id ->
            switch (id) {
              case "i-0" -> error(rejection, Delivery.REJECTED);
              case "i-1" -> error(EcsErrors.INTERNAL_ERROR, Delivery.UNKNOWN);
              default -> null;
            });
  }

  private ShutdownRun start() {
    ShutdownRun run =
        FleetShutdown.builder(client)
            .options(options)
            .build()
            .run(Flux.range(0, 3).map(i -> InstanceId.of("i-" + i)));
    run.outcomes().subscribe(outcome -> outcomes.put(outcome.instanceId().value(), outcome.kind()));
    return run;
  }

  private List<List<String>> batches() {
    return client.batches.stream()
        .map(batch -> batch.instanceIds().stream().map(InstanceId::value).toList())
        .toList();
  }

  @Test
  void busyMember_isNotStoppedAfterItsRunHasEnded() {
    client.onBatch =
        batch ->
            Mono.fromSupplier(
                () ->
                    client.batches.size() == 1
                        ? firstReply(batch, EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED)
                        : client.stop(batch));
    ShutdownRun run = start();
    time.advanceTimeBy(Duration.ofSeconds(20));
    run.drain();
    time.advanceTimeBy(Duration.ofMinutes(2));

    assertThat(outcomes)
        .isEqualTo(Map.of("i-0", Kind.SKIPPED, "i-1", Kind.STOPPED, "i-2", Kind.STOPPED));
    assertThat(batches()).containsExactly(List.of("i-0", "i-1", "i-2"), List.of("i-1"));
  }

  @Test
  void failedMember_isNotCalledAgain() {
    client.onBatch =
        batch ->
            Mono.fromSupplier(
                () ->
                    client.batches.size() == 1
                        ? firstReply(
                            batch, EcsErrors.OPERATION_DENIED_RESOURCE_CREATED_BY_OTHER_SERVICE)
                        : client.stop(batch));
    start();
    time.advanceTimeBy(Duration.ofMinutes(2));

    assertThat(outcomes)
        .isEqualTo(Map.of("i-0", Kind.FAILED, "i-1", Kind.STOPPED, "i-2", Kind.STOPPED));
    assertThat(batches()).containsExactly(List.of("i-0", "i-1", "i-2"), List.of("i-1"));
  }

  @Test
  void memberThatARepetitionRejects_endsTheRepetitions() {
    client.onBatch =
        batch ->
            switch (client.batches.size()) {
              case 1 -> Mono.error(error(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN));
              case 2 ->
                  Mono.just(
                      firstReply(
                          batch, EcsErrors.OPERATION_DENIED_RESOURCE_CREATED_BY_OTHER_SERVICE));
              default -> Mono.just(client.stop(batch));
            };
    start();
    time.advanceTimeBy(Duration.ofMinutes(2));

    assertThat(outcomes).containsEntry("i-1", Kind.STOPPED).containsEntry("i-2", Kind.STOPPED);
    assertThat(outcomes.get("i-0")).isIn(Kind.FAILED, Kind.UNCONFIRMED);
    List<String> all = List.of("i-0", "i-1", "i-2");
    assertThat(batches().stream().filter(all::equals)).hasSize(2);
    assertThat(client.states).doesNotContainEntry("i-0", "STOPPED");
  }
}

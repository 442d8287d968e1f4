package io.fleetstop.fleet;

import static io.fleetstop.ScriptedExchange.accepted;
import static io.fleetstop.ScriptedExchange.error;
import static io.fleetstop.ScriptedExchange.lost;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** Outcomes when the replies of the service are unusual or contradict each other. */
class FleetOutcomeTest extends FleetOutcomeFixture {

  @Tag("guarantee:dry-run")
  @Test
  void dryRunWithPlainSuccess_endsTheRun() {
    stops.add(error(412, "DryRunOperation"));
    stops.add(accepted());
    ShutdownOptions dry = options().dryRun(true).maxInFlight(1).build();
    List<ShutdownOutcome> outcomes = new ArrayList<>();

    StepVerifier.create(
            FleetShutdown.create(client(RetryPolicy.builder()), dry)
                .stop(Flux.just("i-1", "i-2", "i-3").map(InstanceId::of))
                .doOnNext(outcomes::add))
        .thenConsumeWhile(outcome -> true)
        .expectErrorSatisfies(
            end ->
                assertThat(((EcsException) end).errorCode())
                    .isEqualTo(ClientErrors.UNEXPECTED_SUCCESS))
        .verify(PATIENCE);

    assertThat(tokens).hasSize(2);
    assertThat(outcomes)
        .extracting(ShutdownOutcome::kind)
        .startsWith(Kind.DRY_RUN_PASSED, Kind.UNCONFIRMED)
        .doesNotContain(Kind.FAILED, Kind.ALREADY_STOPPED);
  }

  @Test
  void queueFull_isRetriedUntilAccepted() {
    StubClient client = new StubClient();
    AtomicInteger full = new AtomicInteger(2);
    client.onStop =
        request ->
            full.getAndDecrement() > 0
                ? Mono.error(
                    EcsException.builder(ClientErrors.RATE_LIMITER_FULL, Delivery.NOT_SENT).build())
                : client.stop(request);

    ShutdownOutcome outcome =
        run(FleetShutdown.create(client, options().busyTimeout(PATIENCE).build()), "i-1").get(0);

    assertThat(outcome).isInstanceOf(Stopped.class);
    assertThat(outcome.stats().attempts()).isEqualTo(1);
  }

  @Test
  void lostReplyThenLocked_pollGivesTheOutcome() {
    stops.add(lost());
    stops.add(error(412, "OperationDenied.ResourceLocked"));
    describes.add(shows("RUNNING", "i-1"));
    describes.add(shows("STOPPED", "i-1"));
    assertThat(stop(once())).isInstanceOf(Stopped.class);
  }

  @Test
  void lostReplyThenWrongState_stopped() {
    stops.add(lost());
    stops.add(error(400, "InvalidInstanceStatus"));
    describes.add(shows("STOPPED", "i-1"));
    assertThat(stop(once().maxAttempts(2).backoff(Category.NETWORK, Backoff.none())))
        .isInstanceOf(Stopped.class);
  }

  @Tag("guarantee:unconfirmed")
  @Test
  void lostReplyThenRejected_unconfirmed() {
    stops.add(lost());
    stops.add(error(403, "AccessDenied"));
    describes.add(shows("RUNNING", "i-1"));
    Unconfirmed unconfirmed =
        (Unconfirmed) stop(once().maxAttempts(2).backoff(Category.NETWORK, Backoff.none()));
    assertThat(unconfirmed.reason())
        .isEqualTo("the request may have been delivered; the instance is RUNNING");
    assertThat(unconfirmed.error())
        .extracting(error -> error.errorCode().code())
        .isEqualTo("AccessDenied");
  }

  @Test
  void queueTimeBeyondDeadline_allAccepted() {
    stops.add(accepted());
    EcsClient client =
        builder(exchange())
            .rateLimiter(RateLimiter.tokenBucket(20, 1))
            .retryPolicy(RetryPolicy.builder().deadline(Duration.ofMillis(300)).build())
            .build();
    ShutdownOptions options = options().awaitStopped(false).maxInFlight(16).build();
    String[] ids =
        Stream.iterate(0, i -> i + 1).limit(20).map(i -> "i-" + i).toArray(String[]::new);
    assertThat(run(FleetShutdown.create(client, options), ids))
        .hasSize(20)
        .allMatch(outcome -> outcome instanceof Accepted);
  }

  @Tag("guarantee:queueing-is-no-failure")
  @Test
  void repeatedQueueTimeouts_allAccepted() {
    stops.add(accepted());
    List<ShutdownOutcome> outcomes = new ArrayList<>();
    // The last call times out in the queue some twenty times.
    StepVerifier.withVirtualTime(
            () ->
                FleetShutdown.create(
                        builder(exchange())
                            .rateLimiter(RateLimiter.tokenBucket(4, 1))
                            .retryPolicy(
                                RetryPolicy.builder().deadline(Duration.ofMillis(25)).build())
                            .build(),
                        options().awaitStopped(false).build())
                    .stop(Flux.just("i-1", "i-2", "i-3").map(InstanceId::of))
                    .doOnNext(outcomes::add))
        .thenAwait(Duration.ofSeconds(1))
        .expectNextCount(3)
        .verifyComplete();

    assertThat(outcomes).allMatch(outcome -> outcome instanceof Accepted);
    assertThat(outcomes.stream().mapToInt(outcome -> outcome.stats().attempts()).sum())
        .isEqualTo(tokens.size());
  }

  @Test
  void overrideCategory_appliesToTheFleet() {
    stops.add(error(409, "Brand.New"));
    stops.add(accepted());
    describes.add(shows("STOPPED", "i-1"));
    assertThat(stop(once().overrideCategory("Brand.New", Category.BUSY)))
        .isInstanceOf(Stopped.class);
    stops.clear();
    stops.add(error(412, "OperationDenied.ResourceLocked"));
    Failed failed =
        (Failed) stop(once().overrideCategory("OperationDenied.ResourceLocked", Category.REQUEST));
    assertThat(failed.stats().attempts()).isEqualTo(1);
  }

  @Test
  void tokens_differPerRunUnlessRunIdIsSet() {
    stops.add(accepted());
    describes.add(shows("STOPPED", "i-1"));
    FleetShutdown drawn = FleetShutdown.create(client(once()), options().build());
    run(drawn, "i-1");
    run(drawn, "i-1");
    assertThat(tokens).hasSize(2).doesNotHaveDuplicates();
    FleetShutdown given = FleetShutdown.create(client(once()), options().runId("nightly").build());
    run(given, "i-1");
    run(given, "i-1");
    assertThat(tokens.get(3)).isEqualTo(tokens.get(2));
  }

  @Test
  void throwingTransport_givesOneOutcomeEach() {
    EcsClient throwing =
        builder(
                (request, maySend) -> {
                  throw new IllegalStateException("a bug");
                })
            .retryPolicy(RetryPolicy.builder().backoff(Category.NETWORK, Backoff.none()).build())
            .build();
    List<ShutdownOutcome> outcomes =
        run(FleetShutdown.create(throwing, options().build()), "i-1", "i-2", "i-3");
    assertThat(outcomes).hasSize(3).allMatch(outcome -> outcome instanceof Failed);
    assertThat(((Failed) outcomes.get(0)).error())
        .extracting(EcsException::delivery)
        .isEqualTo(Delivery.NOT_SENT);
  }

  @Test
  void lostReplyThenErrorState_mayHaveBeenAccepted() {
    stops.add(lost());
    describes.add(shows("STOPPING", "i-1"));
    describes.add(shows("ERROR", "i-1"));

    EcsException error = Objects.requireNonNull(stop(once()).error());
    assertThat(error.detail())
        .isEqualTo(
            "The request was not seen as accepted, though it may have been, and the instance ended"
                + " in ERROR");
    assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
  }

  /** Requests StopCharging for an instance that is stopped in {@code mode}. */
  private ShutdownOutcome stopCharging(String code, String mode) {
    stops.add(error(400, code));
    describes.add(
        page(
            "{\"Instances\":[{\"InstanceId\":\"i-1\",\"Status\":\"STOPPED\",\"StoppedMode\":\""
                + mode
                + "\"}]}"));
    ShutdownOptions wanted = options().stoppedMode(StoppedMode.STOP_CHARGING).build();
    return run(FleetShutdown.create(client(once()), wanted), "i-1").get(0);
  }

  @ParameterizedTest
  @ValueSource(strings = {"InvalidInstanceStatus", "InvalidStoppedMode.Conflict"})
  void stoppedInOtherMode_unconfirmed(String code) {
    assertThat(stopCharging(code, "KeepCharging"))
        .isInstanceOfSatisfying(
            Unconfirmed.class,
            it ->
                assertThat(it.reason())
                    .isEqualTo("it is stopped, but as KeepCharging and not as StopCharging"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"InvalidInstanceStatus", "InvalidStoppedMode.Conflict"})
  void stoppedInSameMode_alreadyStopped(String code) {
    assertThat(stopCharging(code, "StopCharging")).isInstanceOf(AlreadyStopped.class);
  }
}

package io.fleetstop.fleet;

import static io.fleetstop.ScriptedExchange.accepted;
import static io.fleetstop.ScriptedExchange.error;
import static io.fleetstop.ScriptedExchange.lost;
import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.ShutdownOutcome.AlreadyStopped;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance.StoppedMode;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Response;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Looks that show less than they seem to. */
class OddLooksTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private ShutdownOptions options =
      ShutdownOptions.builder()
          .runId("night")
          .pollInterval(Duration.ofMillis(1))
          .stopTimeout(Duration.ofSeconds(2))
          .busyTimeout(Duration.ofMillis(30))
          .busyBackoff(Backoff.fullJitter(Duration.ofMillis(5), Duration.ofMillis(10)))
          .failureLimit(FailureLimit.none())
          .build();

  private final Queue<Mono<Response>> stops = new ArrayDeque<>();
  private final Queue<Mono<Response>> looks = new ArrayDeque<>();

  private HttpExchange exchange() {
    return (request, maySend) ->
        Mono.defer(
            () -> {
              assertThat(maySend.getAsBoolean()).isTrue();
              boolean isStop = request.uri().getRawQuery().contains("Action=StopInstance");
              return next(isStop ? stops : looks);
            });
  }

  private synchronized Mono<Response> next(Queue<Mono<Response>> script) {
    return Objects.requireNonNull(script.size() > 1 ? script.poll() : script.peek());
  }

  private ShutdownOutcome stop() {
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
            .rateLimiter(RateLimiter.unlimited())
            .retryPolicy(RetryPolicy.builder().maxAttempts(1).build())
            .transport(exchange())
            .build();
    List<ShutdownOutcome> outcomes = new ArrayList<>();
    FleetShutdown.create(client, options)
        .stop(Flux.just(InstanceId.of("i-1")))
        .doOnNext(outcomes::add)
        .onErrorComplete()
        .blockLast(PATIENCE);
    assertThat(outcomes).hasSize(1);
    return outcomes.get(0);
  }

  private static Mono<Response> page(String result) {
    return reply(200, "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":" + result + "}");
  }

  private static Mono<Response> shows(String status) {
    return page("{\"Instances\":[{\"InstanceId\":\"i-1\",\"Status\":\"" + status + "\"}]}");
  }

  @Test
  void oneOfACopyThatLagsBehindIsNoRestart() {
    stops.add(accepted());
    looks.add(shows("STOPPING"));
    looks.add(shows("RUNNING"));
    looks.add(shows("STOPPED"));

    assertThat(stop()).isInstanceOf(Stopped.class);
  }

  @Test
  void aRestartThatIsSeenAgainAndAgainEndsTheWait() {
    stops.add(accepted());
    looks.add(shows("STOPPING"));
    looks.add(shows("RUNNING"));

    assertThat(stop())
        .isInstanceOfSatisfying(
            Unconfirmed.class,
            it -> assertThat(it.reason()).isEqualTo("it was stopping, and is RUNNING again"));
  }

  @Test
  void aCodeThatNobodyDocumentedDoesNotSayThatTheInstanceIsGone() {
    stops.add(accepted());
    for (int i = 0; i < 6; i++) {
      looks.add(error(404, "Api.NotFound"));
    }
    looks.add(shows("STOPPED"));

    assertThat(stop()).isInstanceOf(Stopped.class);
  }

  @Test
  void aPageThatCountsOneAndListsNoneDoesNotSayThatTheInstanceIsGone() {
    stops.add(accepted());
    looks.add(page("{\"TotalCount\":1,\"NextToken\":\"\"}"));
    looks.add(shows("STOPPED"));

    assertThat(stop()).isNotInstanceOf(Failed.class);
  }

  @Test
  void aLostRequestThatEndsInErrorIsNotSaidToBeNotAccepted() {
    stops.add(lost());
    looks.add(shows("STOPPING"));
    looks.add(shows("ERROR"));

    EcsException error = Objects.requireNonNull(stop().error());
    assertThat(error.detail())
        .isEqualTo(
            "The request was not seen as accepted, though it may have been, and the instance ended"
                + " in ERROR");
    assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
  }

  /** Asks to stop charging, of an instance that is stopped as {@code mode}. */
  private ShutdownOutcome stopCharging(String code, String mode) {
    stops.add(error(400, code));
    looks.add(
        page(
            "{\"Instances\":[{\"InstanceId\":\"i-1\",\"Status\":\"STOPPED\",\"StoppedMode\":\""
                + mode
                + "\"}]}"));
    options = options.mutate().stoppedMode(StoppedMode.STOP_CHARGING).build();
    return stop();
  }

  @ParameterizedTest
  @ValueSource(strings = {"InvalidInstanceStatus", "InvalidStoppedMode.Conflict"})
  void whoIsStoppedInTheOtherModeIsNotAsItWasWanted(String code) {
    assertThat(stopCharging(code, "KeepCharging"))
        .isInstanceOfSatisfying(
            Unconfirmed.class,
            it ->
                assertThat(it.reason())
                    .isEqualTo("it is stopped, but as KeepCharging and not as StopCharging"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"InvalidInstanceStatus", "InvalidStoppedMode.Conflict"})
  void whoIsStoppedInTheSameModeIs(String code) {
    assertThat(stopCharging(code, "StopCharging")).isInstanceOf(AlreadyStopped.class);
  }
}

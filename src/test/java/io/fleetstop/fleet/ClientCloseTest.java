package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.transport.HttpExchange;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/** A client that closes while runs are in progress. */
class ClientCloseTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final int IN_FLIGHT = 10;

  private final AtomicInteger sent = new AtomicInteger();
  private final Sinks.Empty<Void> answer = Sinks.empty();

  private EcsClient client(Duration closeTimeout) {
    return builder().closeTimeout(closeTimeout).build();
  }

  private EcsClientBuilder builder() {
    return EcsClient.builder()
        .region("cn-beijing")
        .endpoint(URI.create("http://127.0.0.1:1"))
        .credentials(CredentialsProvider.fixed(Credentials.of("AKLTmodel", "bW9kZWw")))
        .rateLimiter(RateLimiter.unlimited())
        .transport(this::accept);
  }

  /** Accepts five stops at once, and the others when the answer comes. */
  private Mono<HttpExchange.Response> accept(
      HttpExchange.Request request, BooleanSupplier maySend) {
    return Mono.defer(
        () -> {
          if (!maySend.getAsBoolean()) {
            return Mono.error(new IllegalStateException("not to be sent"));
          }
          Mono<Void> reply = sent.incrementAndGet() <= 5 ? Mono.empty() : answer.asMono();
          String body = "{\"ResponseMetadata\":{\"RequestId\":\"r-1\"},\"Result\":{}}";
          return reply.thenReturn(
              new HttpExchange.Response(200, Map.of(), body.getBytes(StandardCharsets.UTF_8)));
        });
  }

  private static Flux<InstanceId> fleet() {
    return Flux.range(0, 1_000).map(i -> InstanceId.of("i-" + i));
  }

  @ParameterizedTest
  @CsvSource({"10, 1000", "1000, 10"})
  void cancelledRun_sendsNothingMore(int runInFlight, int clientInFlight) {
    EcsClient client = builder().maxInFlight(clientInFlight).build();
    ShutdownOptions options =
        ShutdownOptions.builder().protectTag("").maxInFlight(runInFlight).build();

    StepVerifier.create(FleetShutdown.create(client, options).stop(fleet()))
        .then(() -> assertThat(sent).hasValue(5 + IN_FLIGHT))
        .thenCancel()
        .verify(PATIENCE);

    assertThat(sent).hasValue(5 + IN_FLIGHT);
    assertThat(client.gauges().inFlight()).isZero();
    client.close();
  }

  @Test
  void closedClient_drainsItsRuns() {
    EcsClient client = client(PATIENCE);
    ShutdownOptions options =
        ShutdownOptions.builder().protectTag("").maxInFlight(IN_FLIGHT).maxOpen(100).build();
    List<ShutdownOutcome> outcomes = new ArrayList<>();
    AtomicInteger sentAtClose = new AtomicInteger();
    Sinks.Empty<Void> closed = Sinks.empty();

    StepVerifier.create(FleetShutdown.create(client, options).stop(fleet()).doOnNext(outcomes::add))
        .then(() -> sentAtClose.set(sent.get()))
        .then(() -> client.closeAsync().subscribe(null, null, closed::tryEmitEmpty))
        .then(() -> assertThat(closed.currentSubscriberCount()).isZero())
        .then(answer::tryEmitEmpty)
        .thenConsumeWhile(outcome -> true)
        .expectComplete()
        .verify(PATIENCE);

    StepVerifier.create(closed.asMono()).expectComplete().verify(PATIENCE);
    assertThat(sent).as("nothing new is sent").hasValue(sentAtClose.get());
    Map<Kind, Long> kinds =
        outcomes.stream()
            .collect(Collectors.groupingBy(ShutdownOutcome::kind, Collectors.counting()));
    assertThat(kinds)
        .containsEntry(Kind.UNCONFIRMED, 5L + IN_FLIGHT)
        .containsEntry(Kind.SKIPPED, 100L - 5 - IN_FLIGHT);
  }

  @Test
  void runThatDoesNotEnd_delaysCloseUntilItsTimeout() {
    EcsClient client = client(Duration.ofMillis(50));
    FleetShutdown.create(client, ShutdownOptions.builder().protectTag("").build())
        .stop(fleet())
        .subscribe();

    StepVerifier.create(client.closeAsync()).expectComplete().verify(PATIENCE);
  }

  @Test
  void runThatStartsAfterClose_failsAsACallDoes() {
    EcsClient client = client(PATIENCE);
    StepVerifier.create(client.closeAsync()).expectComplete().verify(PATIENCE);

    StepVerifier.create(
            FleetShutdown.create(client, ShutdownOptions.builder().protectTag("").build())
                .stop(fleet()))
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOfSatisfying(
                        EcsException.class,
                        closed -> {
                          assertThat(closed.errorCode()).isEqualTo(ClientErrors.CLOSED);
                          assertThat(closed.delivery()).isEqualTo(EcsException.Delivery.NOT_SENT);
                        }))
        .verify(PATIENCE);
    assertThat(sent).hasValue(0);
  }

  @Test
  void callAfterClose_failsAsARunDoes() {
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(URI.create("http://127.0.0.1:1"))
            .credentials(CredentialsProvider.fixed(Credentials.of("AKLTmodel", "bW9kZWw")))
            .build();
    StepVerifier.create(client.closeAsync()).expectComplete().verify(PATIENCE);

    StepVerifier.create(client.stopInstance(StopInstance.of(InstanceId.of("i-1"))))
        .expectErrorMatches(
            error ->
                error instanceof EcsException closed
                    && closed.errorCode().equals(ClientErrors.CLOSED))
        .verify(PATIENCE);
  }
}

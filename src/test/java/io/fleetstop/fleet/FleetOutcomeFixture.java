package io.fleetstop.fleet;

import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A fleet of a client whose replies are scripted. */
abstract class FleetOutcomeFixture {

  static final Duration PATIENCE = Duration.ofSeconds(20);

  final Queue<Mono<Response>> stops = new ArrayDeque<>();
  final Queue<Mono<Response>> describes = new ArrayDeque<>();
  final List<String> tokens = new CopyOnWriteArrayList<>();

  /** Answers stops and describes from their own scripts; the last answer stays. */
  HttpExchange exchange() {
    return (request, maySend) ->
        Mono.defer(
            () -> {
              assertThat(maySend.getAsBoolean()).isTrue();
              boolean stopCall = request.uri().getRawQuery().contains("Action=StopInstance");
              if (stopCall) {
                tokens.add(token(request));
              }
              return next(stopCall ? stops : describes);
            });
  }

  synchronized Mono<Response> next(Queue<Mono<Response>> script) {
    return Objects.requireNonNull(script.size() > 1 ? script.poll() : script.peek());
  }

  static String token(Request request) {
    return request.uri().getRawQuery().replaceAll(".*ClientToken=([^&]*).*", "$1");
  }

  static EcsClientBuilder builder(HttpExchange exchange) {
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
        .rateLimiter(RateLimiter.unlimited())
        .transport(exchange);
  }

  EcsClient client(RetryPolicy.Builder policy) {
    return builder(exchange()).retryPolicy(policy.build()).build();
  }

  static RetryPolicy.Builder once() {
    return RetryPolicy.builder().maxAttempts(1);
  }

  static ShutdownOptions.Builder options() {
    return ShutdownOptions.builder()
        .protectTag("")
        .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(5)))
        .awaitOptions(wait -> wait.timeout(Duration.ofSeconds(5)))
        .busyTimeout(Duration.ofMillis(50))
        .busyBackoff(Backoff.fullJitter(Duration.ofMillis(5), Duration.ofMillis(10)))
        .failureLimit(FailureLimit.none());
  }

  ShutdownOutcome stop(RetryPolicy.Builder policy) {
    return run(FleetShutdown.create(client(policy), options().build()), "i-1").get(0);
  }

  static List<ShutdownOutcome> run(FleetShutdown fleet, String... ids) {
    return Objects.requireNonNull(
        fleet.stop(Flux.fromArray(ids).map(InstanceId::of)).collectList().block(PATIENCE));
  }

  static Mono<Response> shows(String status, String... ids) {
    String instances =
        Stream.of(ids)
            .map(id -> "{\"InstanceId\":\"" + id + "\",\"Status\":\"" + status + "\"}")
            .reduce((a, b) -> a + "," + b)
            .orElse("");
    return page("{\"Instances\":[" + instances + "]}");
  }

  static Mono<Response> page(String result) {
    return reply(200, "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":" + result + "}");
  }
}

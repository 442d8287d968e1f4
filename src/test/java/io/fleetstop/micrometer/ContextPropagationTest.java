package io.fleetstop.micrometer;

import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.simulator.EcsSimulator;
import io.micrometer.observation.Observation;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.MDC;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/**
 * Calls of many callers with a trace each, which queue for shared permits and slots and continue on
 * the releasing thread, with a real tracer and real connections.
 */
class ContextPropagationTest {

  private static final Duration PATIENCE = Duration.ofSeconds(50);
  private static final int CALLERS = 40;

  /** The MDC of a log line. */
  private record Line(String place, @Nullable String caller, @Nullable String traceId) {}

  private final List<Line> log = new CopyOnWriteArrayList<>();
  private final Map<String, String> traceIds = new ConcurrentHashMap<>();
  private final EcsSimulator simulator =
      EcsSimulator.builder().instances(CALLERS).latency(Duration.ofMillis(2)).startNow();
  private @Nullable TracingBridge bridge;

  @BeforeEach
  void connect() throws ReflectiveOperationException {
    bridge = new TracingBridge();
  }

  @AfterEach
  void disconnect() throws ReflectiveOperationException {
    Hooks.disableAutomaticContextPropagation();
    tracing().close();
    simulator.dispose();
  }

  private TracingBridge tracing() {
    return Objects.requireNonNull(bridge);
  }

  private void log(String place, ContextView context) {
    log.add(new Line(place, context.getOrDefault("caller", null), MDC.get("traceId")));
  }

  private EcsClientBuilder client() {
    Credentials credentials = Credentials.of(simulator.accessKeyId(), simulator.secretAccessKey());
    return EcsClient.builder()
        .region(simulator.region())
        .endpoint(simulator.endpoint())
        .credentials(
            () ->
                Mono.deferContextual(
                    context -> {
                      log("credentials", context);
                      return Mono.just(credentials);
                    }))
        .rateLimiter(RateLimiter.tokenBucket(400, 1))
        .maxInFlight(3)
        .retryBudget(RetryBudget.ofRetries(CALLERS))
        .retryPolicy(
            RetryPolicy.builder()
                .backoff(
                    Category.SERVER,
                    (retry, random) -> {
                      log.add(new Line("backoff", null, MDC.get("traceId")));
                      return Duration.ofMillis(5);
                    })
                .build())
        .listener(
            CallListener.all(List.of(ObservationCallListener.of(tracing().registry()), logging())));
  }

  private CallListener logging() {
    return new CallListener() {
      @Override
      public void callStarted(String action, ContextView context) {
        log("started", context);
      }

      @Override
      public void attemptStarted(String action, int attempt, ContextView context) {
        log("attempt " + attempt, context);
      }

      @Override
      public void attemptSent(String action, int attempt, ContextView context) {
        log("sent " + attempt, context);
      }

      @Override
      public void attemptFailed(
          String action, int attempt, EcsException failure, ContextView context) {
        log("failed " + attempt, context);
      }

      @Override
      public void retryDecided(
          String action, int attempt, EcsException failure, ContextView context) {
        log("retry " + attempt, context);
      }

      @Override
      public void callSucceeded(
          String action, int attempts, Duration elapsed, ContextView context) {
        log("succeeded", context);
      }
    };
  }

  /** A request of the caller that contains the call. */
  private <T> Mono<T> inRequest(String caller, Mono<T> call) {
    return Mono.defer(
        () -> {
          Observation request = Observation.createNotStarted(caller, tracing().registry()).start();
          request.scoped(
              () ->
                  traceIds.put(
                      caller,
                      Objects.requireNonNull(tracing().tracer().currentSpan())
                          .context()
                          .traceId()));
          return call.doOnEach(
                  signal -> {
                    if (signal.isOnNext()) {
                      log("result", signal.getContextView());
                    }
                  })
              // Stopped before the test reads the spans.
              .doOnTerminate(request::stop)
              .contextWrite(
                  context ->
                      context
                          .put("caller", caller)
                          .put(ObservationThreadLocalAccessor.KEY, request));
        });
  }

  private void callAll() {
    EcsClient client = client().build();
    simulator.ids().forEach(id -> simulator.failNext(id, EcsErrors.INTERNAL_ERROR, 1));
    Flux.fromIterable(simulator.ids())
        .flatMap(
            id ->
                inRequest("request of " + id, client.stopInstance(StopInstance.of(id)))
                    .subscribeOn(Schedulers.parallel()),
            CALLERS)
        .then()
        .block(PATIENCE);
    client.closeAsync().block(PATIENCE);
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void call_isASpanOfTheCallersTrace(boolean automatic) {
    if (automatic) {
      Hooks.enableAutomaticContextPropagation();
    }

    callAll();

    Map<String, SpanData> requests =
        tracing().spans().stream()
            .filter(span -> span.getName().startsWith("request of "))
            .collect(Collectors.toMap(SpanData::getName, Function.identity()));
    List<SpanData> calls =
        tracing().spans().stream()
            .filter(span -> span.getName().equals("ecs StopInstance"))
            .toList();
    assertThat(requests).hasSize(CALLERS);
    assertThat(calls).hasSize(CALLERS);
    for (SpanData call : calls) {
      SpanData parent =
          Objects.requireNonNull(
              requests.get(
                  "request of "
                      + call.getAttributes().asMap().entrySet().stream()
                          .filter(entry -> entry.getKey().getKey().equals("instance.id"))
                          .map(entry -> entry.getValue().toString())
                          .findFirst()
                          .orElse("none")));
      assertThat(call.getParentSpanId()).isEqualTo(parent.getSpanId());
      assertThat(call.getTraceId()).isEqualTo(parent.getTraceId());
      assertThat(call.getKind()).isEqualTo(SpanKind.CLIENT);
      assertThat(call.getEvents().stream().map(EventData::getName))
          .containsExactly("sent, attempt 1", "retry after InternalError", "sent, attempt 2");
    }
  }

  @Test
  void logLines_haveTheCallersTrace() {
    Hooks.enableAutomaticContextPropagation();

    callAll();

    List<Line> known = log.stream().filter(line -> line.caller() != null).toList();
    assertThat(known)
        .allSatisfy(
            line ->
                assertThat(line.traceId())
                    .as("%s", line)
                    .isEqualTo(traceIds.get(Objects.requireNonNull(line.caller()))));
    assertThat(known.stream().collect(groupingBy(Line::place, counting())))
        .containsOnlyKeys(
            "started",
            "attempt 1",
            "credentials",
            "sent 1",
            "failed 1",
            "retry 1",
            "attempt 2",
            "sent 2",
            "succeeded",
            "result")
        .allSatisfy(
            (place, count) ->
                assertThat(count).isEqualTo(place.equals("credentials") ? 2 * CALLERS : CALLERS));
    // The backoff receives no context: each trace must have called it once.
    assertThat(log.stream().filter(line -> line.place().equals("backoff")).map(Line::traceId))
        .containsExactlyInAnyOrderElementsOf(traceIds.values());
  }

  @Test
  void collaborators_seeTheContextWithoutPropagation() {
    callAll();

    assertThat(log.stream().filter(line -> !line.place().equals("backoff")))
        .hasSize(11 * CALLERS)
        .allSatisfy(line -> assertThat(line.caller()).isNotNull());
  }

  @Test
  void fleet_isOneTraceIncludingPolls() {
    Hooks.enableAutomaticContextPropagation();
    EcsClient client = client().rateLimiter(RateLimiter.tokenBucket(400, 1)).build();
    ShutdownOptions options =
        ShutdownOptions.builder()
            .protectTag("")
            .runId("run-1")
            .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(50)))
            .build();

    inRequest(
            "fleet",
            FleetShutdown.create(client, options)
                .stop(Flux.fromIterable(simulator.ids()).map(InstanceId::of))
                .then(Mono.just("done")))
        .block(PATIENCE);
    client.closeAsync().block(PATIENCE);

    assertThat(tracing().spans().stream().map(SpanData::getName).distinct())
        .containsExactlyInAnyOrder("fleet", "ecs StopInstance", "ecs DescribeInstances");
    assertThat(tracing().spans().stream().map(SpanData::getTraceId).distinct())
        .containsExactly(traceIds.get("fleet"));
    assertThat(log)
        .allSatisfy(
            line -> assertThat(line.traceId()).as("%s", line).isEqualTo(traceIds.get("fleet")));
  }
}

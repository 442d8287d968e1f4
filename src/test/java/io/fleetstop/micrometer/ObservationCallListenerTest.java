package io.fleetstop.micrometer;

import static io.fleetstop.ScriptedExchange.accepted;
import static io.fleetstop.ScriptedExchange.error;
import static io.micrometer.observation.tck.TestObservationRegistryAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.ScriptedExchange;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.model.StopInstances;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange.Response;
import io.micrometer.common.KeyValues;
import io.micrometer.common.docs.KeyName;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.contextpropagation.ObservationThreadLocalAccessor;
import io.micrometer.observation.tck.TestObservationRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.context.ContextView;

class ObservationCallListenerTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final StopInstance STOP = StopInstance.of("i-1");
  private static final Credentials SECRET =
      Credentials.of("AKLTnobodysays", "5ecret", "5ession-t0ken");

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final TestObservationRegistry registry = TestObservationRegistry.create();

  private final List<String> events = new ArrayList<>();

  ObservationCallListenerTest() {
    registry
        .observationConfig()
        .observationHandler(new DefaultMeterObservationHandler(meters))
        .observationHandler(new EventKeeper());
  }

  private final class EventKeeper implements ObservationHandler<Observation.Context> {

    @Override
    public void onEvent(Observation.Event event, Observation.Context context) {
      events.add(event.getContextualName());
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
      return true;
    }
  }

  private EcsClient client(CallListener listener, ScriptedExchange service) {
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(CredentialsProvider.fixed(SECRET))
        .transport(service)
        .rateLimiter(RateLimiter.unlimited())
        .retryPolicy(RetryPolicy.builder().backoff(Category.THROTTLED, Backoff.none()).build())
        .listener(listener)
        .build();
  }

  @SafeVarargs
  private EcsClient observed(Mono<Response>... answers) {
    return client(ObservationCallListener.of(registry), ScriptedExchange.answering(answers));
  }

  private static void succeeds(Mono<?> call) {
    StepVerifier.create(call).expectNextCount(1).expectComplete().verify(PATIENCE);
  }

  private static void fails(Mono<?> call) {
    StepVerifier.create(call).expectError(EcsException.class).verify(PATIENCE);
  }

  @Test
  void successfulCall_isObserved() {
    succeeds(observed(accepted()).stopInstance(STOP));

    assertThat(registry)
        .hasSingleObservationThat()
        .hasNameEqualTo("fleetstop.call")
        .hasContextualNameEqualTo("ecs StopInstance")
        .hasBeenStarted()
        .hasBeenStopped()
        .doesNotHaveError()
        .hasLowCardinalityKeyValue("action", "StopInstance")
        .hasLowCardinalityKeyValue("region", "cn-beijing")
        .hasLowCardinalityKeyValue("outcome", "SUCCESS")
        .hasLowCardinalityKeyValue("error.code", "none")
        .hasLowCardinalityKeyValue("status", "200")
        .hasHighCardinalityKeyValue("instance.id", "i-1")
        .hasHighCardinalityKeyValue("request.id", "2025-r1")
        .hasHighCardinalityKeyValue("attempts", "1")
        .doesNotHaveHighCardinalityKeyValueWithKey("delivery");
    assertThat(events).containsExactly("sent, attempt 1");
    assertThat(meters.get("fleetstop.call").tag("outcome", "SUCCESS").timer().count()).isOne();
    assertThat(meters.get("fleetstop.call.active").longTaskTimer().activeTasks()).isZero();
  }

  @Test
  void batch_isOneCallOfSeveralInstances() {
    StopInstances batch = StopInstances.of(List.of(InstanceId.of("i-1"), InstanceId.of("i-2")));
    fails(observed(error(403, "AccessDenied")).stopInstances(batch));

    assertThat(registry)
        .hasSingleObservationThat()
        .hasLowCardinalityKeyValue("action", "StopInstances")
        .hasHighCardinalityKeyValue("instances", "2")
        .doesNotHaveHighCardinalityKeyValueWithKey("instance.id");
    assertThat(meters.get("fleetstop.call").tag("action", "StopInstances").timer().count()).isOne();
  }

  @Test
  void retries_areCountedByCode() {
    succeeds(
        observed(error(429, "FlowLimitExceeded"), error(429, "MadeUp.By.Gateway"), accepted())
            .stopInstance(STOP));

    assertThat(registry)
        .hasSingleObservationThat()
        .hasLowCardinalityKeyValue("error.code", "none")
        .hasHighCardinalityKeyValue("attempts", "3");
    assertThat(events)
        .containsExactly(
            "sent, attempt 1",
            "retry after FlowLimitExceeded",
            "sent, attempt 2",
            "retry after MadeUp.By.Gateway",
            "sent, attempt 3");
    assertThat(retries("FlowLimitExceeded")).isEqualTo(1);
    assertThat(retries("other")).isEqualTo(1);
    assertThat(meters.get("fleetstop.call.retry").counters()).hasSize(2);
    assertThat(
            meters.get("fleetstop.call.sent").counters().stream().mapToDouble(c -> c.count()).sum())
        .isEqualTo(3);
  }

  private double retries(String code) {
    return meters
        .get("fleetstop.call.retry")
        .tag("action", "StopInstance")
        .tag("error.code", code)
        .counter()
        .count();
  }

  @Test
  void failedCall_isObservedWithItsCode() {
    fails(observed(error(404, "InvalidInstance.NotFound")).stopInstance(STOP));

    assertThat(registry)
        .hasSingleObservationThat()
        .hasBeenStopped()
        .hasError()
        .hasLowCardinalityKeyValue("outcome", "NOT_FOUND")
        .hasLowCardinalityKeyValue("error.code", "InvalidInstance.NotFound")
        .hasLowCardinalityKeyValue("status", "404")
        .hasHighCardinalityKeyValue("request.id", "2025-r2")
        .hasHighCardinalityKeyValue("delivery", "REJECTED");
  }

  @Test
  void throwingBackoff_endsTheObservation() {
    EcsClient client =
        observed(error(429, "FlowLimitExceeded"))
            .withRetryPolicy(
                policy ->
                    policy
                        .mutate()
                        .backoff(
                            Category.THROTTLED,
                            (retry, random) -> {
                              throw new IllegalStateException("no wait is right");
                            })
                        .build());

    StepVerifier.create(client.stopInstance(STOP))
        .expectErrorSatisfies(
            failure ->
                assertThat(failure)
                    .isInstanceOf(EcsException.class)
                    .hasRootCauseMessage("no wait is right"))
        .verify(PATIENCE);

    assertThat(registry).hasSingleObservationThat().hasBeenStopped().hasError();
    assertThat(active()).isZero();
  }

  @Test
  void throwingHandler_endsTheObservation() {
    registry
        .observationConfig()
        .observationHandler(
            new ObservationHandler<>() {
              @Override
              public void onError(Observation.Context context) {
                throw new IllegalStateException("a bug of the handler");
              }

              @Override
              public boolean supportsContext(Observation.Context context) {
                return true;
              }
            });

    fails(observed(error(404, "InvalidInstance.NotFound")).stopInstance(STOP));

    assertThat(registry).hasSingleObservationThat().hasBeenStopped();
    assertThat(active()).isZero();
  }

  @Test
  void undocumentedCode_isNoTagValue() {
    fails(observed(error(400, "Undocumented.4711")).stopInstance(STOP));

    assertThat(registry)
        .hasSingleObservationThat()
        .hasLowCardinalityKeyValue("outcome", "REQUEST")
        .hasLowCardinalityKeyValue("error.code", "other");
    assertThat(tagValues()).noneMatch(value -> value.contains("4711"));
  }

  @Test
  void cancelledCall_isObservedAsCancelled() {
    StepVerifier.create(observed(Mono.never()).stopInstance(STOP))
        .expectSubscription()
        .then(() -> assertThat(active()).isOne())
        .thenCancel()
        .verify(PATIENCE);

    assertThat(registry)
        .hasSingleObservationThat()
        .hasBeenStopped()
        .doesNotHaveError()
        .hasLowCardinalityKeyValue("outcome", "CANCELLED")
        .hasLowCardinalityKeyValue("status", "none")
        .hasHighCardinalityKeyValue("delivery", "UNKNOWN");
    assertThat(active()).isZero();
  }

  private int active() {
    return meters.get("fleetstop.call.active").longTaskTimer().activeTasks();
  }

  @Test
  void eachPageAndSubscription_isACall() {
    String page =
        """
        {"ResponseMetadata":{"RequestId":"2025-p"},
        "Result":{"Instances":[{"InstanceId":"i-1","Status":"RUNNING"}],"NextToken":"%s"}}""";
    EcsClient client =
        observed(
            ScriptedExchange.reply(200, page.formatted("more")),
            ScriptedExchange.reply(200, page.formatted("")));
    DescribeInstances all = DescribeInstances.builder().build();

    StepVerifier.create(client.describeInstances(all))
        .expectNextCount(2)
        .expectComplete()
        .verify(PATIENCE);
    succeeds(client.withRetryPolicy(policy -> policy).call(all));

    assertThat(registry).hasNumberOfObservationsWithNameEqualTo("fleetstop.call", 3);
  }

  @Test
  void parent_comesFromTheSubscriberContext() {
    EcsClient client = observed(accepted());
    Observation mine = Observation.start("mine", registry);
    Observation anothers = Observation.start("anothers", registry);

    anothers.scoped(
        () -> {
          succeeds(
              client
                  .stopInstance(STOP)
                  .contextWrite(context -> context.put(ObservationThreadLocalAccessor.KEY, mine)));
          succeeds(client.stopInstance(StopInstance.of("i-orphan")));
        });
    mine.stop();
    anothers.stop();

    assertThat(registry)
        .hasAnObservation(
            call ->
                call.hasHighCardinalityKeyValue("instance.id", "i-1")
                    .hasParentObservationEqualTo(mine))
        .hasAnObservation(
            call ->
                call.hasHighCardinalityKeyValue("instance.id", "i-orphan")
                    .doesNotHaveParentObservation());
  }

  @Test
  void collaborators_findTheObservation() {
    List<@Nullable String> seen = new ArrayList<>();
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .credentials(
                () ->
                    Mono.deferContextual(
                        context -> {
                          seen.add(current(context));
                          return Mono.just(SECRET);
                        }))
            .transport(
                ScriptedExchange.of(
                    number ->
                        Mono.deferContextual(
                            context -> {
                              seen.add(current(context));
                              return accepted();
                            })))
            .rateLimiter(
                () ->
                    RateLimiter.unlimited()
                        .acquire()
                        .transformDeferredContextual(
                            (permit, context) -> {
                              seen.add(current(context));
                              return permit;
                            }))
            .listener(ObservationCallListener.of(registry))
            .build();

    succeeds(client.stopInstance(STOP));

    assertThat(seen).containsExactly("fleetstop.call", "fleetstop.call", "fleetstop.call");
  }

  private static @Nullable String current(ContextView context) {
    Observation observation = context.getOrDefault(ObservationThreadLocalAccessor.KEY, null);
    return observation == null ? null : observation.getContext().getName();
  }

  @Test
  void observations_containNoSecret() {
    succeeds(observed(error(429, "FlowLimitExceeded"), accepted()).stopInstance(STOP));
    StepVerifier.create(
            observed(error(403, "InvalidSecretToken")).stopInstance(STOP.withClientToken("t0ken")))
        .expectError()
        .verify(PATIENCE);

    List<String> exported = new ArrayList<>(tagValues());
    assertThat(registry)
        .hasHandledContextsThatSatisfy(
            contexts -> contexts.forEach(context -> exported.add(context.toString())));
    assertThat(exported.toString())
        .contains("i-1", "InvalidSecretToken")
        .doesNotContain("AKLT", "5ecret", "5ession", "t0ken", "Signature", "ClientToken");
  }

  private List<String> tagValues() {
    return meters.getMeters().stream()
        .flatMap(meter -> meter.getId().getTags().stream())
        .map(Tag::getValue)
        .toList();
  }

  @Test
  void meters_haveNoTagThatGrowsWithTheFleet() {
    EcsClient client = observed(accepted());

    for (int i = 0; i < 50; i++) {
      succeeds(client.stopInstance(StopInstance.of("i-" + i)));
    }

    assertThat(meters.getMeters().stream().map(Meter::getId).map(Meter.Id::getName))
        .containsExactlyInAnyOrder(
            "fleetstop.call", "fleetstop.call.active", "fleetstop.call.sent");
  }

  @Test
  void everyKey_isDocumented() {
    String[] listed =
        Stream.of(
                FleetstopObservation.CALL.getLowCardinalityKeyNames(),
                FleetstopObservation.CALL.getHighCardinalityKeyNames())
            .flatMap(Stream::of)
            .map(KeyName::asString)
            .toArray(String[]::new);
    succeeds(observed(error(429, "FlowLimitExceeded"), accepted()).stopInstance(STOP));
    StepVerifier.create(observed(error(404, "InvalidInstance.NotFound")).stopInstance(STOP))
        .expectError()
        .verify(PATIENCE);

    assertThat(registry)
        .forAllObservationsWithNameEqualTo(
            FleetstopObservation.CALL.getName(), call -> call.hasSubsetOfKeys(listed));
  }

  @Test
  void customConvention_isUsed() {
    CallObservationConvention terse =
        new CallObservationConvention() {
          @Override
          public String getName() {
            return "cloud.call";
          }

          @Override
          public KeyValues getLowCardinalityKeyValues(CallObservationContext context) {
            return KeyValues.of("what", context.subject().action());
          }
        };
    EcsClient client =
        client(
            ObservationCallListener.of(registry, terse),
            ScriptedExchange.answering(error(429, "FlowLimitExceeded"), accepted()));

    succeeds(client.stopInstance(STOP));
    succeeds(client.stopInstance(STOP));

    assertThat(meters.get("cloud.call").timer().count()).isEqualTo(2);
    assertThat(meters.get("cloud.call.retry").tag("error.code", "FlowLimitExceeded").counter())
        .isNotNull();
    assertThat(meters.get("cloud.call").timer().getId().getTags())
        .extracting(Tag::getKey)
        .containsExactlyInAnyOrder("what", "error");
  }

  @Test
  void noopRegistry_leavesTheContextUnchanged() {
    Observation around = Observation.start("around", registry);
    List<@Nullable String> seen = new ArrayList<>();
    EcsClient client =
        client(
            ObservationCallListener.of(ObservationRegistry.NOOP),
            ScriptedExchange.of(
                number ->
                    Mono.deferContextual(
                        context -> {
                          seen.add(current(context));
                          return accepted();
                        })));

    succeeds(
        client
            .stopInstance(STOP)
            .contextWrite(context -> context.put(ObservationThreadLocalAccessor.KEY, around)));

    assertThat(seen).containsExactly("around");
  }

  @Test
  void nestedUnobservedCall_leavesTheOuterUnchanged() {
    registry
        .observationConfig()
        .observationPredicate(
            (name, context) ->
                !(context instanceof CallObservationContext call)
                    || "i-outer".equals(call.subject().instanceId()));
    CallListener listener = ObservationCallListener.of(registry);
    EcsClient inner = client(listener, ScriptedExchange.answering(accepted()));
    EcsClient outer =
        client(
            listener,
            ScriptedExchange.of(
                number ->
                    inner.stopInstance(StopInstance.of("i-inner")).then(error(404, "NotFound"))));

    StepVerifier.create(outer.stopInstance(StopInstance.of("i-outer")))
        .expectError()
        .verify(PATIENCE);

    assertThat(registry)
        .hasSingleObservationThat()
        .hasHighCardinalityKeyValue("instance.id", "i-outer")
        .hasLowCardinalityKeyValue("status", "404")
        .hasError();
    assertThat(events).containsExactly("sent, attempt 1");
  }

  @Test
  void twoRegistries_observeTheSameCall() {
    TestObservationRegistry another = TestObservationRegistry.create();
    EcsClient client =
        client(
            CallListener.all(
                List.of(ObservationCallListener.of(registry), ObservationCallListener.of(another))),
            ScriptedExchange.answering(accepted()));

    succeeds(client.stopInstance(STOP));

    assertThat(registry).hasSingleObservationThat().hasBeenStopped();
    assertThat(another).hasSingleObservationThat().hasBeenStopped();
  }
}

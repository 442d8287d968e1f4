package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Instances that no run stops: in Java, in Spring and on the command line. */
class ProtectionTest extends JournalFixture {

  private final StubClient client = new StubClient();
  private final Map<String, Instance.Tag> tags = new ConcurrentHashMap<>();

  ProtectionTest() {
    client.onDescribe = ids -> client.describe(ids).map(this::tagged);
  }

  private Instance tagged(Instance plain) {
    Instance.Tag tag = tags.get(plain.instanceId());
    return new Instance(
        plain.instanceId(),
        null,
        plain.status(),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        tag == null ? List.of() : List.of(tag));
  }

  private static ShutdownOptions.Builder options() {
    return ShutdownOptions.builder().awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(10)));
  }

  private Map<String, ShutdownOutcome> stop(ShutdownOptions options, String... ids) {
    return outcomes(FleetShutdown.create(client, options), ids);
  }

  private ShutdownOutcome stopOne(ShutdownOptions options) {
    return Objects.requireNonNull(stop(options, "i-1").get("i-1"));
  }

  private static Map<String, ShutdownOutcome> outcomes(FleetShutdown fleet, String... ids) {
    List<ShutdownOutcome> outcomes =
        Objects.requireNonNull(
            fleet.stop(Flux.fromArray(ids).map(InstanceId::of)).collectList().block(PATIENCE));
    return outcomes.stream()
        .collect(Collectors.toMap(known -> known.instanceId().value(), known -> known));
  }

  @Tag("guarantee:protection")
  @ParameterizedTest
  @ValueSource(strings = {"fleetstop:protect", "FleetStop:Protect"})
  void protectedInstance_isSkippedByDefault(String key) {
    tags.put("i-kept", new Instance.Tag(key, "false"));

    Map<String, ShutdownOutcome> outcomes = stop(options().build(), "i-kept", "i-gone");

    assertThat(outcomes.get("i-kept"))
        .isInstanceOfSatisfying(
            Skipped.class,
            skipped ->
                assertThat(skipped.reason())
                    .isEqualTo("it is protected by the tag fleetstop:protect"));
    assertThat(outcomes.get("i-gone")).isInstanceOf(Stopped.class);
    assertThat(client.called()).containsExactly("i-gone");
  }

  @Test
  void otherTag_doesNotProtect() {
    tags.put("i-1", new Instance.Tag("fleetstop:protected", ""));

    assertThat(stop(options().build(), "i-1").get("i-1")).isInstanceOf(Stopped.class);
  }

  @Test
  void protectTag_selectsAnotherKey() {
    tags.put("i-1", new Instance.Tag("keep", "yes"));

    assertThat(stop(options().protectTag("keep").build(), "i-1").get("i-1"))
        .isInstanceOf(Skipped.class);
  }

  @Test
  void emptyProtectTag_neitherDescribesNorProtects() {
    tags.put("i-1", new Instance.Tag("fleetstop:protect", ""));

    ShutdownOptions options = options().protectTag("").awaitStopped(false).build();

    assertThat(stopOne(options).kind()).isEqualTo(Kind.ACCEPTED);
    assertThat(client.described).hasValue(0);
  }

  @Test
  void exclude_skipsWhatMatches() {
    ShutdownOptions options =
        options().exclude(instance -> instance.instanceId().endsWith("2")).build();

    Map<String, ShutdownOutcome> outcomes = stop(options, "i-1", "i-2");

    assertThat(outcomes.get("i-1")).isInstanceOf(Stopped.class);
    assertThat(outcomes.get("i-2"))
        .isInstanceOfSatisfying(
            Skipped.class, skipped -> assertThat(skipped.reason()).isEqualTo("it is excluded"));
  }

  @Test
  void throwingExclusion_neverLetsAStopPass() {
    ShutdownOptions options =
        options()
            .stopIfUnreadable(true)
            .exclude(
                instance -> {
                  throw new IllegalStateException("no more");
                })
            .build();

    assertThat(stopOne(options)).isInstanceOf(Failed.class);
    assertThat(client.called()).isEmpty();
  }

  @Tag("guarantee:protection")
  @Test
  void unreadableTags_instanceIsNotStopped() {
    client.onDescribe =
        ids ->
            Flux.error(
                EcsException.builder(GatewayErrors.ACCESS_DENIED, Delivery.REJECTED)
                    .detail("denied")
                    .build());

    ShutdownOutcome outcome = stopOne(options().failureLimit(FailureLimit.none()).build());

    assertThat(outcome).isInstanceOf(Failed.class);
    EcsException error = Objects.requireNonNull(outcome.error());
    assertThat(error.delivery()).isEqualTo(Delivery.NOT_SENT);
    assertThat(error.detail())
        .startsWith("The instance could not be checked for protection, so no stop was sent: denied")
        .contains("Permit ecs:DescribeInstances");
    assertThat(client.called()).isEmpty();
  }

  @Test
  void failedCheck_advisesByCategory() {
    client.onDescribe =
        ids ->
            Flux.error(
                EcsException.builder(GatewayErrors.INTERNAL_ERROR, Delivery.REJECTED)
                    .detail("Try later.")
                    .build());

    ShutdownOutcome outcome = stopOne(options().failureLimit(FailureLimit.none()).build());

    assertThat(Objects.requireNonNull(outcome.error()).detail())
        .endsWith("so no stop was sent: Try later. Run it again");
  }

  @Test
  void unansweredCheck_isUnconfirmedAndNothingIsSent() {
    client.onDescribe =
        ids -> Flux.error(EcsExceptions.deadlineExceeded(Duration.ofSeconds(4), Delivery.UNKNOWN));

    ShutdownOutcome outcome = stopOne(options().build());

    assertThat(outcome).isInstanceOf(Unconfirmed.class);
    assertThat(Objects.requireNonNull(outcome.error()).delivery()).isEqualTo(Delivery.NOT_SENT);
    assertThat(client.called()).isEmpty();
  }

  @Test
  void unlistedInstance_isNotStopped() {
    client.onDescribe = ids -> Flux.empty();

    ShutdownOutcome outcome = stopOne(options().failureLimit(FailureLimit.none()).build());

    assertThat(Objects.requireNonNull(outcome.error()).errorCode())
        .isEqualTo(EcsErrors.INVALID_INSTANCE_NOT_FOUND);
    assertThat(client.called()).isEmpty();
  }

  @Test
  void stopIfUnreadable_stopsWithoutTags() {
    client.onDescribe = ids -> Flux.empty();

    ShutdownOptions options = options().stopIfUnreadable(true).awaitStopped(false).build();

    assertThat(stopOne(options).kind()).isEqualTo(Kind.ACCEPTED);
  }

  @Test
  void manyInstances_areDescribedByTheHundred() {
    String[] ids = IntStream.range(0, 1_000).mapToObj(i -> "i-" + i).toArray(String[]::new);
    ShutdownOptions options = options().awaitStopped(false).build();

    assertThat(stop(options, ids)).hasSize(1_000);
    assertThat(client.described.get()).isBetween(10, 100);
  }

  @Test
  void instanceOfAnEarlierRun_isUnconfirmedIfProtectedNow() {
    tags.put("i-1", new Instance.Tag("fleetstop:protect", ""));
    ShutdownOptions options = options().runId("nightly").build();
    ShutdownJournal first = await(ShutdownJournal.create(file, options));
    first.append(intent("i-1")).block(PATIENCE);
    first.disposeLater().block(PATIENCE);

    ShutdownJournal resumed = await(ShutdownJournal.resume(file, options));
    Map<String, ShutdownOutcome> outcomes = outcomes(FleetShutdown.create(client, resumed), "i-1");

    assertThat(outcomes.get("i-1")).isInstanceOf(Unconfirmed.class);
    assertThat(client.called()).isEmpty();
  }

  @Test
  void drain_skipsInstancesThatAreChecked() {
    client.onDescribe = ids -> Flux.never();
    ShutdownRun run =
        FleetShutdown.create(client, options().build()).run(Mono.just(InstanceId.of("i-1")));

    List<ShutdownOutcome> outcomes =
        run.outcomes()
            .doOnSubscribe(begun -> Mono.delay(Duration.ofMillis(50)).subscribe(x -> run.drain()))
            .collectList()
            .block(PATIENCE);

    assertThat(outcomes).singleElement().isInstanceOf(Skipped.class);
    assertThat(client.called()).isEmpty();
  }

  @Test
  void protectTag_isChecked() {
    assertThatThrownBy(() -> options().protectTag(" keep"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("protectTag must be empty or a tag key");
  }
}

package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.TestClient.Reply;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.test.scheduler.VirtualTimeScheduler;

/** What stopping and starting do, over HTTP; time is virtual. */
class PowerOperationTest {

  private static final String ID = "i-sim0000000001";

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final EcsSimulator simulator =
      EcsSimulator.builder()
          .scheduler(time)
          .stopDelay(Duration.ofSeconds(30))
          .startDelay(Duration.ofSeconds(20))
          .instances(3)
          .instance("i-error", "ERROR")
          .instance("i-rebooting", "REBOOTING")
          .instance("i-deleting", "DELETING")
          .instance("i-odd", "MIGRATING")
          .instance(SimulatedInstance.builder("i-prepaid").chargeType("PrePaid").build())
          .instance(SimulatedInstance.builder("i-deaf").neverSettles().build())
          .instance(
              SimulatedInstance.builder("i-locked")
                  .condition(Condition.LOCKED, Duration.ofSeconds(10))
                  .build())
          .startNow();
  private TestClient client = new TestClient(simulator);

  @BeforeEach
  void connect() {
    client = new TestClient(simulator);
  }

  @AfterEach
  void dispose() {
    simulator.disposeLater().block(Duration.ofSeconds(10));
  }

  @Test
  void stop_repliesAsDocumented() {
    Reply reply = client.stop(ID, "StoppedMode", "StopCharging");
    assertThat(reply.status()).isEqualTo(200);
    assertThat(reply.headers().get("Date")).endsWith("GMT");
    assertThat(reply.json().propertyNames())
        .containsExactlyInAnyOrder("ResponseMetadata", "Result");
    assertThat(reply.metadata().path("Action").asString()).isEqualTo("StopInstance");
    assertThat(reply.metadata().path("Version").asString()).isEqualTo("2020-04-01");
    assertThat(reply.metadata().path("Service").asString()).isEqualTo("ecs");
    assertThat(reply.metadata().path("Region").asString()).isEqualTo("cn-beijing");
    assertThat(reply.metadata().path("RequestId").asString()).matches("20[0-9]{15}[0-9A-F]{16}");
    assertThat(reply.result().isEmpty()).isTrue();
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
  }

  @Test
  void error_hasRequestIdAndNoResult() {
    Reply first = client.stop("i-nowhere");
    Reply second = client.stop("i-nowhere");
    assertThat(first.status()).isEqualTo(404);
    assertThat(first.code()).isEqualTo("InvalidInstance.NotFound");
    assertThat(first.codeN()).isEqualTo(-1);
    assertThat(first.json().has("Result")).isFalse();
    assertThat(first.metadata().path("RequestId"))
        .isNotEqualTo(second.metadata().path("RequestId"));
  }

  @Test
  void stop_takesStopDelay() {
    client.stop(ID, "StoppedMode", "StopCharging");
    assertThat(simulator.status(ID)).isEqualTo("STOPPING");
    time.advanceTimeBy(Duration.ofMillis(29_999));
    assertThat(simulator.status(ID)).isEqualTo("STOPPING");
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(simulator.status(ID)).isEqualTo("STOPPED");
    Reply shown = client.describe("InstanceIds.1", ID);
    assertThat(shown.result().path("Instances").path(0).path("StoppedMode").asString())
        .isEqualTo("StopCharging");
  }

  @Test
  void stoppedInstance_canBeStartedAndStoppedAgain() {
    assertThat(client.start(ID).code()).isEqualTo("InvalidInstanceStatus");
    client.stop(ID);
    time.advanceTimeBy(Duration.ofSeconds(30));
    assertThat(client.start(ID).status()).isEqualTo(200);
    assertThat(simulator.status(ID)).isEqualTo("STARTING");
    assertThat(client.stop(ID).code()).isEqualTo("InvalidInstanceStatus");
    time.advanceTimeBy(Duration.ofSeconds(20));
    assertThat(simulator.status(ID)).isEqualTo("RUNNING");
    assertThat(client.stop(ID).status()).isEqualTo(200);
    assertThat(simulator.ledger().effects(ID)).isEqualTo(2);
    assertThat(simulator.ledger().starts(ID)).isEqualTo(1);
    assertThat(simulator.ledger().stoppedRepeatedly()).containsExactly(ID);
  }

  @Test
  void startWithItsToken_isRepeatedWithoutEffect() {
    client.stop(ID);
    time.advanceTimeBy(Duration.ofSeconds(30));
    assertThat(client.start(ID, "ClientToken", "a", "DryRun", "true").code())
        .isEqualTo("DryRunOperation");
    assertThat(simulator.status(ID)).isEqualTo("STOPPED");
    assertThat(client.start(ID, "ClientToken", "t").status()).isEqualTo(200);
    assertThat(client.start(ID, "ClientToken", "t").status()).isEqualTo(200);
    assertThat(client.start(ID, "ClientToken", "u").code()).isEqualTo("InvalidInstanceStatus");
    assertThat(client.start("i-error", "ClientToken", "t").code())
        .isEqualTo("IdempotentParameterMismatch");
    assertThat(client.start(ID, "ForceStop", "true").status()).isEqualTo(400);
    assertThat(simulator.ledger().starts(ID)).isEqualTo(1);
  }

  @Test
  void instanceThatGaveUpItsResources_needsCapacity() {
    String other = "i-sim0000000002";
    String kept = "i-sim0000000003";
    client.stop(ID, "StoppedMode", "StopCharging");
    client.stop(other, "StoppedMode", "StopCharging");
    client.stop(kept);
    time.advanceTimeBy(Duration.ofSeconds(30));
    simulator.setStartCapacity(1);
    assertThat(client.start(ID).status()).isEqualTo(200);
    Reply rejected = client.start(other, "ClientToken", "t");
    assertThat(rejected.status()).isEqualTo(500);
    assertThat(rejected.code()).isEqualTo("Insufficient.InstanceCapacity");
    assertThat(client.start(kept).status()).isEqualTo(200);
    simulator.setStartCapacity(1);
    assertThat(client.start(other, "ClientToken", "t").status()).isEqualTo(200);
    assertThatThrownBy(() -> simulator.setStartCapacity(-1))
        .hasMessage("startCapacity must not be negative, was -1");
  }

  @Test
  void updatedAt_isTheTimeOfTheLastChange() {
    Instant start = updatedAt();
    time.advanceTimeBy(Duration.ofHours(1));
    client.stop(ID);
    time.advanceTimeBy(Duration.ofSeconds(40));
    // Of the 40 seconds, 30 were the stop; the clock is that of the machine.
    Instant stopped = updatedAt();
    assertThat(Duration.between(stopped, Instant.now()).toSeconds()).isBetween(10L, 30L);
    assertThat(start).isBefore(Instant.now().plusSeconds(1));
  }

  private Instant updatedAt() {
    Reply shown = client.describe("InstanceIds.1", ID);
    String text = shown.result().path("Instances").path(0).path("UpdatedAt").asString();
    return OffsetDateTime.parse(text).toInstant();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "STOPPING",
        "STOPPED",
        "STARTING",
        "REBOOTING",
        "REBUILDING",
        "RESIZING",
        "CREATING",
        "ERROR",
        "DELETING",
        "MAINTENANCE"
      })
  void instanceNotRunning_cannotBeStopped(String status) {
    simulator.setState(ID, status);
    Reply reply = client.stop(ID);
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo("InvalidInstanceStatus");
    assertThat(simulator.ledger().effects()).isZero();
  }

  @Test
  void transientStates_end_othersStay() {
    time.advanceTimeBy(Duration.ofSeconds(20));
    assertThat(simulator.status("i-rebooting")).isEqualTo("RUNNING");
    assertThat(simulator.status("i-deleting")).isEqualTo("DELETING");
    time.advanceTimeBy(Duration.ofDays(1));
    assertThat(simulator.status("i-error")).isEqualTo("ERROR");
    assertThat(simulator.status("i-odd")).isEqualTo("MIGRATING");
    assertThat(client.stop("i-deleting").code()).isEqualTo("InvalidInstance.NotFound");
  }

  @Test
  void guest_mayIgnoreStop() {
    client.stop("i-deaf");
    time.advanceTimeBy(Duration.ofDays(1));
    assertThat(simulator.status("i-deaf")).isEqualTo("STOPPING");
  }

  @ParameterizedTest
  @CsvSource({
    "ForceStop,yes,InvalidArgument",
    "ForceStop,True,InvalidArgument",
    "DryRun,1,InvalidArgument",
    "StoppedMode,keepcharging,InvalidStoppedMode.Malformed",
    "StoppedMode,'',InvalidStoppedMode.Malformed",
    "ClientToken,'',InvalidClientToken.Malformed",
    "ClientToken,t\u00f6ken,InvalidClientToken.Malformed",
    "ClientToken,12345678901234567890123456789012345678901234567890123456789012345,"
        + "InvalidClientToken.Malformed",
    "InstanceId,'',MissingParameter.InstanceId"
  })
  void invalidParameter_namedInCode(String name, String value, String code) {
    Reply reply = client.stop(ID, name, value);
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo(code);
    assertThat(simulator.status(ID)).isEqualTo("RUNNING");
  }

  @Test
  void longestToken_accepted() {
    assertThat(client.stop(ID, "ClientToken", "t".repeat(64)).status()).isEqualTo(200);
  }

  @Test
  void passedDryRun_repliesWithDryRunOperation() {
    Reply reply = client.stop(ID, "DryRun", "true", "ClientToken", "t");
    assertThat(reply.status()).isEqualTo(412);
    assertThat(reply.code()).isEqualTo("DryRunOperation");
    assertThat(simulator.status(ID)).isEqualTo("RUNNING");
    assertThat(simulator.ledger().effects()).isZero();
    assertThat(client.stop(ID, "ClientToken", "t").status()).isEqualTo(200);
    assertThat(client.stop(ID, "DryRun", "true").code()).isEqualTo("InvalidInstanceStatus");
  }

  @Test
  void repeatedToken_stopsOnce() {
    assertThat(client.stop(ID, "ClientToken", "t").status()).isEqualTo(200);
    assertThat(client.stop(ID, "ClientToken", "t", "ForceStop", "false").status()).isEqualTo(200);
    time.advanceTimeBy(Duration.ofMinutes(5));
    assertThat(client.stop(ID, "ClientToken", "t").status()).isEqualTo(200);
    assertThat(client.stop(ID).code()).isEqualTo("InvalidInstanceStatus");
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
    assertThat(simulator.ledger().tokens(ID)).containsExactly("t");
    assertThat(simulator.ledger().stopCalls(ID)).isEqualTo(4);
  }

  @Test
  void token_boundToParametersAndAction() {
    client.stop(ID, "ClientToken", "t");
    List<Reply> others =
        List.of(
            client.stop(ID, "ClientToken", "t", "ForceStop", "true"),
            client.stop(ID, "ClientToken", "t", "StoppedMode", "StopCharging"),
            client.stop(ID, "ClientToken", "t", "DryRun", "true"),
            client.stop("i-sim0000000002", "ClientToken", "t"));
    assertThat(others).extracting(Reply::code).containsOnly("IdempotentParameterMismatch");
    time.advanceTimeBy(Duration.ofSeconds(30));
    assertThat(client.start(ID, "ClientToken", "t").status()).isEqualTo(200);
    assertThat(simulator.ledger().effects()).isEqualTo(1);
  }

  @Test
  void tokenInProcess_rejectedUntilFirstReply() {
    simulator.setLatency(Duration.ofSeconds(5));
    Flux<Reply> both =
        Flux.merge(
            client.call("StopInstance", "InstanceId", ID, "ClientToken", "t"),
            client.call("StopInstance", "InstanceId", ID, "ClientToken", "t"));
    var replies = both.collectList().toFuture();
    TestWait.until(() -> time.getScheduledTaskCount() == 2);
    time.advanceTimeBy(Duration.ofSeconds(5));
    assertThat(Objects.requireNonNull(replies.orTimeout(20, TimeUnit.SECONDS).join()))
        .extracting(Reply::code)
        .containsExactlyInAnyOrder("", "IdempotentProcessing");
    simulator.setLatency(Duration.ZERO);
    assertThat(client.stop(ID, "ClientToken", "t").status()).isEqualTo(200);
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
  }

  @Test
  void rejectedCall_freesToken() {
    Reply locked = client.stop("i-locked", "ClientToken", "t");
    assertThat(locked.status()).isEqualTo(412);
    assertThat(locked.code()).isEqualTo("OperationDenied.ResourceLocked");
    time.advanceTimeBy(Duration.ofSeconds(10));
    assertThat(client.stop("i-locked", "ClientToken", "t").status()).isEqualTo(200);
  }

  @Test
  void concurrentStops_haveOneEffect() {
    List<Reply> replies =
        Objects.requireNonNull(
            Flux.range(0, 20)
                .flatMap(
                    i -> client.call("StopInstance", "InstanceId", ID, "ClientToken", "t" + i), 20)
                .collectList()
                .block(Duration.ofSeconds(20)));
    assertThat(replies).filteredOn(reply -> reply.status() == 200).hasSize(1);
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
    assertThat(simulator.ledger().tokens(ID)).hasSize(20);
  }

  @Test
  void prepaidInstance_rejectsStopCharging() {
    Reply reply = client.stop("i-prepaid", "StoppedMode", "StopCharging");
    assertThat(reply.status()).isEqualTo(412);
    assertThat(reply.code()).isEqualTo("InvalidStoppedMode.ChargeTypeMismatch");
    assertThat(client.stop("i-prepaid", "StoppedMode", "KeepCharging").status()).isEqualTo(200);
  }

  @Test
  void eachCondition_hasDocumentedCode() {
    for (Condition condition : Condition.values()) {
      String id = "i-" + condition.name();
      simulator.add(SimulatedInstance.builder(id).condition(condition).build());
      Reply reply = client.stop(id, "StoppedMode", "StopCharging");
      assertThat(reply.code()).isEqualTo(condition.code().code());
      assertThat(reply.status()).isEqualTo(condition.code().httpStatus());
      boolean stops =
          condition == Condition.SCHEDULED || condition == Condition.TYPE_KEEPS_CHARGING;
      assertThat(client.stop(id).status() == 200).isEqualTo(stops);
    }
    simulator.setCondition(ID, Condition.CREATING_IMAGE, Duration.ofSeconds(3));
    assertThat(client.stop(ID).code()).isEqualTo("OperationDenied.InstanceIsCreatingImage");
    time.advanceTimeBy(Duration.ofSeconds(3));
    assertThat(client.stop(ID).status()).isEqualTo(200);
  }

  @Test
  void invalidOrDuplicateId_rejected() {
    assertThat(simulator.ids()).startsWith(ID, "i-sim0000000002").allMatch(this::isId);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> simulator.add(SimulatedInstance.of(ID, "RUNNING")));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> SimulatedInstance.of("not an id", "RUNNING"));
  }

  private boolean isId(String id) {
    return InstanceId.of(id).value().equals(id);
  }
}

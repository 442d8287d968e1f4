package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.TestClient.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.JsonNode;

/** What {@code StopInstances} does, over HTTP; time is virtual. */
class BatchStopOperationTest {

  private static final String A = "i-sim0000000001";
  private static final String B = "i-sim0000000002";
  private static final String C = "i-sim0000000003";

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final List<EcsSimulator> started = new ArrayList<>();
  private final EcsSimulator simulator = start(builder());

  private EcsSimulatorBuilder builder() {
    return EcsSimulator.builder()
        .scheduler(time)
        .stopDelay(Duration.ofSeconds(30))
        .instances(150)
        .instance("i-error", "ERROR")
        .instance(
            SimulatedInstance.builder("i-locked")
                .condition(Condition.LOCKED, Duration.ofSeconds(10))
                .build());
  }

  private EcsSimulator start(EcsSimulatorBuilder builder) {
    EcsSimulator simulator = builder.startNow();
    started.add(simulator);
    return simulator;
  }

  @AfterEach
  void dispose() {
    started.forEach(simulator -> simulator.disposeLater().block(Duration.ofSeconds(10)));
  }

  private static Reply stop(EcsSimulator simulator, String token, String... ids) {
    List<String> parameters = new ArrayList<>();
    for (int i = 0; i < ids.length; i++) {
      parameters.add("InstanceIds." + (i + 1));
      parameters.add(ids[i]);
    }
    if (!token.isEmpty()) {
      parameters.add("ClientToken");
      parameters.add(token);
    }
    return call(simulator, parameters.toArray(String[]::new));
  }

  private static Reply call(EcsSimulator simulator, String... parameters) {
    return TestClient.block(new TestClient(simulator).call("StopInstances", parameters));
  }

  /** The instances of a reply in its order, each with its error code. */
  private static List<String> results(Reply reply) {
    assertThat(reply.status()).as(reply.text()).isEqualTo(200);
    List<String> results = new ArrayList<>();
    for (JsonNode detail : reply.result().path("OperationDetails")) {
      JsonNode error = detail.path("Error");
      results.add(
          detail.path("InstanceId").asString()
              + (error.isNull() ? "" : " " + error.path("Code").asString()));
    }
    return results;
  }

  @Test
  void eachInstance_hasItsResult() {
    assertThat(results(stop(simulator, "t-1", A, "i-nowhere", "i-error", "i-locked", B)))
        .containsExactly(
            A,
            "i-nowhere InvalidInstance.NotFound",
            "i-error InvalidInstanceStatus",
            "i-locked OperationDenied.ResourceLocked",
            B);
    assertThat(simulator.status(A)).isEqualTo("STOPPING");
    assertThat(simulator.ledger().effects()).isEqualTo(2);
    assertThat(simulator.ledger().calls("StopInstances")).isEqualTo(1);
    assertThat(simulator.ledger().tokens("i-locked")).containsExactly("t-1");
    assertThat(simulator.ledger().effectTokens("i-locked")).isEmpty();
    assertThat(simulator.ledger().effectTokens(A)).containsExactly("t-1");
  }

  @Test
  void errorOfAnInstance_hasItsMessage() {
    JsonNode error =
        stop(simulator, "", "i-nowhere").result().path("OperationDetails").path(0).path("Error");

    assertThat(error.path("Message").asString()).isNotBlank();
  }

  @Test
  void scriptedError_isThatOfTheInstance() {
    simulator.failNext(B, EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY, 1);

    assertThat(results(stop(simulator, "t-1", A, B)))
        .containsExactly(A, B + " Insufficient.InstanceCapacity");
    assertThat(results(stop(simulator, "t-2", B))).containsExactly(B);
  }

  @Test
  void scriptedErrorOfTheAction_rejectsTheCall() {
    simulator.failNext("StopInstances", GatewayErrors.INVALID_ACTION_OR_VERSION, 1);

    assertThat(stop(simulator, "t-1", A).code()).isEqualTo("InvalidActionOrVersion");
    assertThat(simulator.ledger().effects()).isZero();
  }

  @Test
  void repeatedToken_getsTheFirstReply() {
    List<String> first = results(stop(simulator, "t-1", A, "i-locked"));
    time.advanceTimeBy(Duration.ofSeconds(11));

    assertThat(results(stop(simulator, "t-1", A, "i-locked"))).isEqualTo(first);
    assertThat(simulator.ledger().effects()).isEqualTo(1);
    assertThat(stop(simulator, "t-1", A).code()).isEqualTo("IdempotentParameterMismatch");
    assertThat(stop(simulator, "t-1", "i-locked", A).code())
        .isEqualTo("IdempotentParameterMismatch");
  }

  @Test
  void repeatedToken_isCheckedAgainIfChosen() {
    EcsSimulator checking = start(builder().replayBatches(false));
    stop(checking, "t-1", A, "i-locked");
    time.advanceTimeBy(Duration.ofSeconds(11));

    assertThat(results(stop(checking, "t-1", A, "i-locked")))
        .containsExactly(A + " InvalidInstanceStatus", "i-locked");
    assertThat(checking.ledger().effects(A)).isEqualTo(1);
  }

  @Test
  void replyOrder_isShuffledIfChosen() {
    EcsSimulator shuffled = start(builder().shuffleBatchReplies(true));
    String[] ids = shuffled.ids().subList(0, 100).toArray(String[]::new);

    assertThat(results(stop(shuffled, "t-1", ids)))
        .containsExactlyInAnyOrder(ids)
        .isNotEqualTo(List.of(ids));
  }

  @Test
  void oneError_rejectsTheCallIfChosen() {
    EcsSimulator strict = start(builder().rejectWholeBatches(true));

    assertThat(stop(strict, "t-1", A, "i-error").code()).isEqualTo("InvalidInstanceStatus");
    assertThat(strict.ledger().effects()).isZero();
    assertThat(results(stop(strict, "t-1", A, B))).containsExactly(A, B);
  }

  @Test
  void malformedRequests_areRejectedAsAWhole() {
    assertThat(call(simulator).code()).isEqualTo("MissingParameter");
    assertThat(stop(simulator, "", A, A).code()).isEqualTo("InvalidParameter");
    assertThat(stop(simulator, "", simulator.ids().subList(0, 101).toArray(String[]::new)).code())
        .isEqualTo("InvalidParameter");
    assertThat(call(simulator, "InstanceIds.1", A, "InstanceIds.3", B).code())
        .isEqualTo("InvalidParameter");
    assertThat(call(simulator, "InstanceIds.1", A, "DryRun", "true").code())
        .isEqualTo("InvalidParameter");
    assertThat(call(simulator, "InstanceIds.1", A, "StoppedMode", "Odd").code())
        .isEqualTo("InvalidStoppedMode.Malformed");
    assertThat(stop(simulator, "x".repeat(65), A).code()).isEqualTo("InvalidClientToken.Malformed");
    assertThat(simulator.ledger().effects()).isZero();
  }

  @Test
  void lostReply_hasItsEffect() {
    simulator.faultNext("StopInstances", Fault.HTML_502_AFTER, 1);

    assertThat(stop(simulator, "t-1", A, C).status()).isEqualTo(502);
    assertThat(results(stop(simulator, "t-1", A, C))).containsExactly(A, C);
    assertThat(simulator.ledger().effects(A)).isEqualTo(1);
  }

  @Test
  void quota_countsCallsAndNotInstances() {
    simulator.setQuota("StopInstances", Quota.fixedWindow(1));

    assertThat(results(stop(simulator, "t-1", A, B))).containsExactly(A, B);
    assertThat(stop(simulator, "t-2", C).code()).isEqualTo("FlowLimitExceeded");
  }
}

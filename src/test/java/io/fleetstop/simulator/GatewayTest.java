package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.ErrorCatalogue;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.TestClient.Reply;
import io.netty.handler.codec.http.HttpMethod;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Requests rejected before they reach an action, and scripted errors. */
class GatewayTest {

  private static final String ID = "i-sim0000000001";
  private static final List<String> ACTIONS =
      List.of("StopInstance", "StartInstance", "DescribeInstances");

  private final EcsSimulator simulator =
      EcsSimulator.builder()
          .instances(2)
          .region("cn-shanghai")
          .accessKey("AKLTfirst", "one")
          .accessKey("AKTPsecond", "two", "session")
          .startNow();

  @AfterEach
  void dispose() {
    simulator.disposeLater().block(Duration.ofSeconds(10));
  }

  private TestClient client() {
    TestClient client = new TestClient(simulator);
    client.region = "cn-shanghai";
    return client;
  }

  private static void assertRefused(Reply reply, ErrorCode code) {
    assertThat(reply.code()).isEqualTo(code.code());
    assertThat(reply.status()).isEqualTo(code.httpStatus());
    assertThat(reply.codeN()).isEqualTo(code.codeN());
    assertThat(reply.metadata().path("RequestId").asString()).isNotBlank();
  }

  @Test
  void eachKey_acceptedWithItsSecretAndToken() {
    assertThat(simulator.accessKeyId()).isEqualTo("AKLTfirst");
    assertThat(client().stop(ID).status()).isEqualTo(200);
    TestClient temporary = client();
    temporary.accessKeyId = "AKTPsecond";
    temporary.secret = "two";
    assertRefused(temporary.stop("i-sim0000000002"), GatewayErrors.INVALID_SECRET_TOKEN);
    temporary.token = "stale";
    assertRefused(temporary.stop("i-sim0000000002"), GatewayErrors.INVALID_SECRET_TOKEN);
    temporary.token = "session";
    assertThat(temporary.stop("i-sim0000000002").status()).isEqualTo(200);
  }

  @Test
  void unknownKey_rejected() {
    TestClient stranger = client();
    stranger.accessKeyId = "AKLTnobody";
    Reply reply = stranger.stop(ID);
    assertRefused(reply, GatewayErrors.INVALID_ACCESS_KEY);
    assertThat(reply.message()).contains("[AKLTnobody]");
    TestClient impostor = client();
    impostor.secret = "wrong";
    assertRefused(impostor.stop(ID), GatewayErrors.SIGNATURE_DOES_NOT_MATCH);
    TestClient late = client();
    late.date = "20200101T000000Z";
    assertRefused(late.stop(ID), GatewayErrors.INVALID_TIMESTAMP);
    assertThat(simulator.ledger().effects()).isZero();
  }

  @Test
  void unsignedOrUnnamedRequest_rejected() {
    String query = "/?Action=StopInstance&Version=2020-04-01&InstanceId=" + ID;
    Reply unsigned = TestClient.block(client().raw(query, Map.of()));
    assertRefused(unsigned, GatewayErrors.MISSING_AUTHENTICATION_TOKEN);
    assertThat(unsigned.metadata().has("Region")).isFalse();
    Reply malformed = TestClient.block(client().raw(query, Map.of("Authorization", "x")));
    assertRefused(malformed, GatewayErrors.INVALID_AUTHORIZATION);
    Reply actionless = TestClient.block(client().send("Version=2020-04-01"));
    assertRefused(actionless, GatewayErrors.MISSING_PARAMETER);
    assertThat(actionless.message()).isEqualTo("The request is missing Action parameter.");
    Reply versionless = TestClient.block(client().send("Action=StopInstance"));
    assertThat(versionless.message()).isEqualTo("The request is missing Version parameter.");
  }

  @Test
  void otherServiceActionVersionOrMethod_rejected() {
    TestClient other = client();
    other.service = "iam";
    assertRefused(other.stop(ID), GatewayErrors.SERVICE_NOT_FOUND);
    assertRefused(
        TestClient.block(client().call("TerminateInstance")),
        GatewayErrors.INVALID_ACTION_OR_VERSION);
    TestClient old = client();
    old.version = "2018-01-01";
    assertRefused(old.stop(ID), GatewayErrors.INVALID_ACTION_OR_VERSION);
    TestClient post = client();
    post.method = HttpMethod.POST;
    assertRefused(post.stop(ID), GatewayErrors.METHOD_NOT_ALLOWED);
  }

  @Test
  void otherPath_rejectedForEveryAction() {
    for (String action : ACTIONS) {
      TestClient lost = client();
      lost.path = "/ecs";
      assertRefused(
          TestClient.block(lost.call(action, "InstanceId", ID)),
          GatewayErrors.INVALID_ACTION_OR_VERSION);
    }
  }

  @Test
  void unknownParameter_rejectedForEveryAction() {
    for (String action : ACTIONS) {
      Reply reply = TestClient.block(client().call(action, "Mode", "fast"));
      assertThat(reply.code()).isEqualTo(EcsErrors.INVALID_PARAMETER.code());
      assertThat(reply.message()).contains("Mode");
    }
  }

  @Test
  void otherRegion_isEmpty() {
    TestClient elsewhere = client();
    elsewhere.region = "cn-beijing";
    assertThat(elsewhere.stop(ID).code()).isEqualTo("InvalidInstance.NotFound");
    assertThat(elsewhere.describe().result().path("TotalCount").asInt()).isZero();
  }

  static Stream<ErrorCode> serviceErrors() {
    return ErrorCatalogue.entries().stream().filter(code -> code.scope() != ErrorCode.Scope.CLIENT);
  }

  @ParameterizedTest
  @MethodSource("serviceErrors")
  void scriptedError_anyCodeOfTheCatalogue(ErrorCode code) {
    simulator.failNext(ID, code, 1);
    Reply reply = client().stop(ID);
    assertThat(reply.code()).isEqualTo(code.code());
    assertThat(reply.status()).isEqualTo(code.httpStatus());
    Integer number = code.codeN();
    assertThat(reply.codeN()).isEqualTo(number == null ? -1 : number);
    assertThat(reply.message()).isNotBlank().doesNotContain("%s");
    assertThat(simulator.ledger().refused(code)).isEqualTo(1);
    assertThat(client().stop(ID).status()).isEqualTo(200);
  }

  @Test
  void scriptedErrors_byInstanceOrAction() {
    simulator.failNext(ID, EcsErrors.INTERNAL_ERROR, 2);
    simulator.failNext(ID, EcsErrors.IDEMPOTENT_PROCESSING, 1);
    simulator.failAlways("DescribeInstances", GatewayErrors.ACCESS_DENIED);
    assertThat(client().stop("i-sim0000000002").status()).isEqualTo(200);
    assertThat(client().stop(ID).code()).isEqualTo("InternalError");
    assertThat(client().stop(ID).code()).isEqualTo("InternalError");
    assertThat(client().stop(ID).code()).isEqualTo("IdempotentProcessing");
    assertThat(client().stop(ID).status()).isEqualTo(200);
    for (int i = 0; i < 3; i++) {
      assertThat(client().describe().code()).isEqualTo("AccessDenied");
    }
    simulator.clearFaults("DescribeInstances");
    assertThat(client().describe().status()).isEqualTo(200);
    assertThat(simulator.ledger().codes())
        .containsEntry("InternalError", 2L)
        .containsEntry("AccessDenied", 3L);
    assertThat(simulator.ledger().refused()).isEqualTo(6);
    assertThat(simulator.calls()).isEqualTo(9);
    assertThat(simulator.ledger().calls("StopInstance")).isEqualTo(5);
  }

  @Test
  void clientCode_cannotBeScripted() {
    ErrorCode ours =
        ErrorCatalogue.entries().stream()
            .filter(code -> code.scope() == ErrorCode.Scope.CLIENT)
            .findFirst()
            .orElseThrow(() -> new AssertionError(ClientErrors.class));
    assertThatIllegalArgumentException().isThrownBy(() -> simulator.failNext(ID, ours, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> simulator.failNext(ID, EcsErrors.INTERNAL_ERROR, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> simulator.setQuota("Nonsense", Quota.unlimited()));
  }
}

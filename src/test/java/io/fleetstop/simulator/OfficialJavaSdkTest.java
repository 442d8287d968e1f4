package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.volcengine.ApiClient;
import com.volcengine.ApiException;
import com.volcengine.UniversalApi;
import com.volcengine.UniversalRequest;
import com.volcengine.sign.Credentials;
import io.fleetstop.error.EcsErrors;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The simulator as Volcengine's own Java SDK sees it. */
class OfficialJavaSdkTest {

  private static final String ID = "i-sim0000000001";

  private final EcsSimulator simulator =
      EcsSimulator.builder()
          .instances(3)
          .accessKey("AKLTpermanent", "secret+/=")
          .accessKey("AKTPtemporary", "secret", "STS.token/+==")
          .startNow();

  @AfterEach
  void dispose() {
    simulator.disposeLater().block(Duration.ofSeconds(10));
  }

  private UniversalApi api(Credentials credentials) {
    ApiClient client =
        new ApiClient()
            .setCredentials(credentials)
            .setRegion("cn-beijing")
            .setEndpoint("127.0.0.1:" + simulator.port())
            .setDisableSSL(true)
            .setAutoRetry(false);
    return new UniversalApi(client);
  }

  private UniversalApi api() {
    return api(Credentials.getCredentials("AKLTpermanent", "secret+/="));
  }

  private static Map<String, Object> stop(UniversalApi api, String id) throws ApiException {
    return api.doCall(
        new UniversalRequest("ecs", "StopInstance", "2020-04-01"),
        Map.of(
            "InstanceId",
            id,
            "StoppedMode",
            "StopCharging",
            "ForceStop",
            true,
            "ClientToken",
            "a b/c+d=e~f*(g)!'"));
  }

  @Test
  void officialSdk_stopsInstance() throws ApiException {
    stop(api(), ID);
    stop(api(), ID);
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
    assertThat(simulator.ledger().tokens(ID)).containsExactly("a b/c+d=e~f*(g)!'");
  }

  @Test
  void officialSdk_startsInstance() throws ApiException {
    simulator.setState(ID, "STOPPED");
    Map<String, Object> start = Map.of("InstanceId", ID, "ClientToken", "a b/c+d=e~f*(g)!'");
    for (int time = 1; time <= 2; time++) {
      api().doCall(new UniversalRequest("ecs", "StartInstance", "2020-04-01"), start);
    }
    assertThat(simulator.ledger().starts(ID)).isEqualTo(1);
    assertThat(simulator.status(ID)).isIn("STARTING", "RUNNING");
  }

  @Test
  void temporaryKey_stopsInstance() throws ApiException {
    stop(api(Credentials.getCredentials("AKTPtemporary", "secret", "STS.token/+==")), ID);
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
  }

  @Test
  void officialSdk_readsPages() throws ApiException {
    Map<String, Object> result =
        api()
            .doCall(
                new UniversalRequest("ecs", "DescribeInstances", "2020-04-01"),
                Map.of("InstanceIds.1", ID, "MaxResults", 100));
    assertThat(result.toString()).contains(ID).contains("RUNNING");
  }

  @Test
  void officialSdk_stopsSeveralInstances() throws ApiException {
    Map<String, Object> batch =
        Map.of(
            "InstanceIds.1",
            ID,
            "InstanceIds.2",
            "i-none",
            "StoppedMode",
            "StopCharging",
            "ClientToken",
            "a b/c+d=e~f*(g)!'");
    for (int time = 1; time <= 2; time++) {
      Map<String, Object> result =
          api().doCall(new UniversalRequest("ecs", "StopInstances", "2020-04-01"), batch);
      assertThat(result.toString())
          .contains("OperationDetails", ID, "i-none", "InvalidInstance.NotFound");
    }
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
    assertThat(simulator.ledger().tokens(ID)).containsExactly("a b/c+d=e~f*(g)!'");
  }

  @Test
  void errors_becomeSdkExceptions() {
    simulator.failNext(ID, EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED, 1);
    ApiException locked = catchThrowableOfType(ApiException.class, () -> stop(api(), ID));
    assertThat(locked.getCode()).isEqualTo(412);
    assertThat(locked.getResponseBody()).contains("\"OperationDenied.ResourceLocked\"");

    ApiException absent = catchThrowableOfType(ApiException.class, () -> stop(api(), "i-none"));
    assertThat(absent.getCode()).isEqualTo(404);
    assertThat(absent.getResponseBody()).contains("\"InvalidInstance.NotFound\"");

    simulator.setQuota(Quota.fixedWindow(1));
    ApiException first = catchThrowableOfType(ApiException.class, () -> stop(api(), "i-none"));
    assertThat(first.getCode()).isEqualTo(404);
    ApiException limited = catchThrowableOfType(ApiException.class, () -> stop(api(), ID));
    assertThat(limited.getCode()).isEqualTo(429);
    assertThat(limited.getResponseBody()).contains("\"FlowLimitExceeded\"").contains("100018");
    assertThat(simulator.ledger().effects()).isZero();
  }

  @Test
  void wrongSecret_rejected() {
    UniversalApi impostor = api(Credentials.getCredentials("AKLTpermanent", "wrong"));
    ApiException refused = catchThrowableOfType(ApiException.class, () -> stop(impostor, ID));
    assertThat(refused.getCode()).isEqualTo(401);
    assertThat(refused.getResponseBody()).contains("\"SignatureDoesNotMatch\"");
  }
}

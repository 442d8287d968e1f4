package io.fleetstop.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.model.StopInstances.InstanceResult;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** The result of a batch as an application writes it. */
class InstanceResultJsonTest {

  @Test
  void result_hasCodeAndReasonAndNoStackTrace() throws Exception {
    StopInstances.Result result =
        new StopInstances.Result(
            "req-1",
            1,
            List.of(
                new InstanceResult(InstanceId.of("i-1"), null),
                new InstanceResult(InstanceId.of("i-2"), error(Delivery.REJECTED)),
                new InstanceResult(InstanceId.of("i-3"), error(Delivery.UNKNOWN))),
            List.of());
    String expected =
        "{\"requestId\":\"req-1\",\"attempts\":1,\"instances\":["
            + "{\"instanceId\":\"i-1\",\"result\":\"ACCEPTED\",\"errorCode\":null,\"message\":null},"
            + "{\"instanceId\":\"i-2\",\"result\":\"REJECTED\","
            + "\"errorCode\":\"InvalidInstance.NotFound\",\"message\":\"gone\"},"
            + "{\"instanceId\":\"i-3\",\"result\":\"UNKNOWN\","
            + "\"errorCode\":\"InvalidInstance.NotFound\",\"message\":\"gone\"}],"
            + "\"unrequestedIds\":[]}";

    JsonMapper three = new JsonMapper();
    com.fasterxml.jackson.databind.ObjectMapper two =
        new com.fasterxml.jackson.databind.ObjectMapper();
    assertThat(three.readTree(three.writeValueAsString(result)))
        .isEqualTo(three.readTree(expected));
    assertThat(two.readTree(two.writeValueAsString(result))).isEqualTo(two.readTree(expected));
  }

  private static EcsException error(Delivery delivery) {
    return EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, delivery)
        .detail("gone")
        .build();
  }
}

package io.fleetstop;

import static io.fleetstop.EcsClientTest.client;
import static io.fleetstop.EcsClientTest.failure;
import static io.fleetstop.ScriptedExchange.lost;
import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstances;
import io.fleetstop.model.StopInstances.InstanceResult;
import io.fleetstop.observe.CallListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/** One call for several instances: a result for each of them, whatever the reply names. */
class StopInstancesCallTest {

  private static final StopInstances BATCH =
      StopInstances.of(List.of(InstanceId.of("i-1"), InstanceId.of("i-2"), InstanceId.of("i-3")));

  private static String details(String... details) {
    return "{\"ResponseMetadata\":{\"RequestId\":\"2025-r1\"},\"Result\":{\"OperationDetails\":["
        + String.join(",", details)
        + "]}}";
  }

  private static String accepted(String id) {
    return "{\"InstanceId\":\"" + id + "\",\"Error\":null}";
  }

  private static String rejected(String id, String code, String message) {
    return "{\"InstanceId\":\""
        + id
        + "\",\"Error\":{\"Code\":\""
        + code
        + "\",\"Message\":\""
        + message
        + "\"}}";
  }

  private static StopInstances.Result call(EcsClientBuilder client) {
    Mono<StopInstances.Result> call = client.build().stopInstances(BATCH);
    return Objects.requireNonNull(call.block(Duration.ofSeconds(20)));
  }

  private static StopInstances.Result call(String... details) {
    return call(client(ScriptedExchange.answering(reply(200, details(details)))));
  }

  private static EcsException error(InstanceResult result) {
    return Objects.requireNonNull(result.error(), "an error");
  }

  @Test
  void results_areInTheOrderOfTheRequest() {
    StopInstances.Result result =
        call(
            accepted("i-3"),
            rejected("i-2", "InvalidInstance.NotFound", "no such instance"),
            "{\"InstanceId\":\"i-1\"}");

    assertThat(result.requestId()).isEqualTo("2025-r1");
    assertThat(result.attempts()).isEqualTo(1);
    assertThat(result.unrequestedIds()).isEmpty();
    assertThat(result.instances())
        .extracting(one -> one.instanceId().value())
        .containsExactly("i-1", "i-2", "i-3");
    assertThat(result.instances())
        .extracting(InstanceResult::isAccepted)
        .containsExactly(true, false, true);
    EcsException error = error(result.instances().get(1));
    assertThat(error.category()).isEqualTo(Category.NOT_FOUND);
    assertThat(error.delivery()).isEqualTo(Delivery.REJECTED);
    assertThat(error.detail()).isEqualTo("no such instance");
    assertThat(error.requestId()).isEqualTo("2025-r1");
    assertThat(error.action()).isEqualTo("StopInstances");
  }

  @Test
  void missingInstances_areUnknown() {
    StopInstances.Result result = call(accepted("i-2"));

    assertThat(result.instances())
        .extracting(InstanceResult::isUnknown)
        .containsExactly(true, false, true);
    EcsException error = error(result.instances().get(0));
    assertThat(error.errorCode().code()).isEqualTo("Client.UnreadableReply");
    assertThat(error.detail()).isEqualTo("The reply does not name the instance");
  }

  @Test
  void replyWithoutDetails_leavesAllUnknown() {
    String empty = ScriptedExchange.ACCEPTED.replace("StopInstance", "StopInstances");

    assertThat(call(client(ScriptedExchange.answering(reply(200, empty)))).instances())
        .hasSize(3)
        .allMatch(InstanceResult::isUnknown);
  }

  @ParameterizedTest
  @CsvSource({
    "OperationDenied.ResourceLocked, BUSY, REJECTED",
    "Insufficient.InstanceCapacity, CAPACITY, REJECTED",
    "FlowLimitExceeded, THROTTLED, REJECTED",
    "InvalidInstanceStatus, STATE, REJECTED",
    "InternalError, SERVER, UNKNOWN",
    "IdempotentProcessing, IN_PROGRESS, UNKNOWN",
    "SomethingNew, REQUEST, UNKNOWN",
    "SomethingNew.Throttled, THROTTLED, REJECTED",
    "' ', SERVER, UNKNOWN"
  })
  void codeOfAnInstance_decidesItsResult(String code, Category category, Delivery delivery) {
    EcsException error =
        error(
            call(rejected("i-1", code, "text"), accepted("i-2"), accepted("i-3"))
                .instances()
                .get(0));

    assertThat(error.category()).isEqualTo(category);
    assertThat(error.delivery()).isEqualTo(delivery);
  }

  @Test
  void contradictions_areUnknown() {
    StopInstances.Result result =
        call(
            accepted("i-1"),
            rejected("i-1", "InvalidInstanceStatus", "text"),
            accepted("i-2"),
            accepted("i-2"),
            rejected("i-3", "InvalidInstanceStatus", "text"),
            rejected("i-3", "InvalidInstanceStatus", "another text"));

    assertThat(result.instances().get(0).isUnknown()).isTrue();
    assertThat(result.instances().get(1).isAccepted()).isTrue();
    assertThat(error(result.instances().get(2)).category()).isEqualTo(Category.STATE);
  }

  @Test
  void unrequestedIds_areIgnoredAndReported() {
    List<String> reported = new ArrayList<>();
    CallListener listener =
        new CallListener() {
          @Override
          public void unrequestedIds(String action, List<String> ids, ContextView context) {
            reported.add(action);
            reported.addAll(ids);
          }

          @Override
          public void callSucceeded(
              String action, int attempts, Duration elapsed, ContextView context) {
            reported.add("success");
          }
        };
    String more = details(accepted("i-1"), accepted("i-2"), accepted("i-3"), accepted("i-9"));
    ScriptedExchange service = ScriptedExchange.answering(reply(200, more));

    StopInstances.Result result =
        call(client(service).listener(CallListener.all(List.of(listener, CallListener.NONE))));

    assertThat(result.instances()).hasSize(3).allMatch(InstanceResult::isAccepted);
    assertThat(result.unrequestedIds()).containsExactly("i-9");
    assertThat(reported).containsExactly("StopInstances", "i-9", "success");
  }

  @Test
  void detailWithoutId_isUnrequested() {
    assertThat(call("{\"Error\":null}", "null").unrequestedIds()).containsExactly("", "");
  }

  @Test
  void credentials_areMaskedInTheErrorOfAnInstance() {
    String secret = "AKLTechoedKeyIdOfTheCaller";
    ScriptedExchange service =
        ScriptedExchange.answering(
            reply(200, details(rejected("i-1", "AccessDenied", "key " + secret), accepted("i-2"))));

    StopInstances.Result result =
        call(
            client(service)
                .credentials(CredentialsProvider.fixed(Credentials.of(secret, "some-secret"))));

    assertThat(error(result.instances().get(0))).hasMessageNotContaining(secret);
  }

  @Test
  void retry_repeatsTheSameInstancesWithTheSameToken() {
    ScriptedExchange service =
        ScriptedExchange.answering(
            lost(), reply(200, details(accepted("i-1"), accepted("i-2"), accepted("i-3"))));

    StopInstances.Result result = call(client(service));

    assertThat(result.attempts()).isEqualTo(2);
    assertThat(service.sent()).hasSize(2);
    assertThat(service.sent().get(1).uri()).isEqualTo(service.sent().get(0).uri());
    assertThat(service.sent().get(0).uri().toString())
        .contains("InstanceIds.1=i-1&InstanceIds.2=i-2&InstanceIds.3=i-3")
        .contains("ClientToken=");
  }

  @Test
  void rejectionAfterALostReply_mayBeDueToTheFirstAttempt() {
    String reply = details(accepted("i-1"), rejected("i-2", "InvalidInstanceStatus", "STOPPING"));

    StopInstances.Result afterLoss =
        call(client(ScriptedExchange.answering(lost(), reply(200, reply))));
    StopInstances.Result afterThrottling =
        call(
            client(
                ScriptedExchange.answering(
                    ScriptedExchange.error(429, "FlowLimitExceeded"), reply(200, reply))));

    assertThat(afterLoss.instances().get(0).isAccepted()).isTrue();
    assertThat(afterLoss.instances().get(1).isUnknown()).isTrue();
    assertThat(afterThrottling.instances().get(1).isUnknown()).isFalse();
  }

  @Test
  void failureOfTheWholeCall_isAnError() {
    ScriptedExchange service =
        ScriptedExchange.answering(ScriptedExchange.error(403, "AccessDenied"));

    EcsException error = failure(client(service).build().stopInstances(BATCH));

    assertThat(error.category()).isEqualTo(Category.PERMISSION);
    assertThat(error.delivery()).isEqualTo(Delivery.REJECTED);
  }

  @Test
  void request_canBeConfigured() {
    ScriptedExchange service = ScriptedExchange.answering(reply(200, details(accepted("i-1"))));
    StopInstances.Result result =
        Objects.requireNonNull(
            client(service)
                .build()
                .stopInstances(
                    batch -> batch.instanceIds(List.of(InstanceId.of("i-1"))).forceStop(true))
                .block(Duration.ofSeconds(20)));

    assertThat(result.instances()).allMatch(InstanceResult::isAccepted);
    assertThat(service.sent().get(0).uri().toString()).contains("ForceStop=true");
  }
}

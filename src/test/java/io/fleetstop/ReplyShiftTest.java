package io.fleetstop;

import static io.fleetstop.EcsClientTest.STOP;
import static io.fleetstop.EcsClientTest.client;
import static io.fleetstop.EcsClientTest.failure;
import static io.fleetstop.EcsClientTest.unrepeating;
import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.StopInstance;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection on which a reply came twice gives each call the reply to the call before. */
@Tag("guarantee:own-reply")
class ReplyShiftTest {

  private static String metadata(String more) {
    return "{\"ResponseMetadata\":{\"RequestId\":\"r\"" + more + "}";
  }

  private static EcsException failureOf(EcsAction<?> action, int status, String body) {
    ScriptedExchange exchange = ScriptedExchange.answering(reply(status, body));
    return failure(client(exchange).retryPolicy(unrepeating()).build().call(action));
  }

  private static void assertUnknown(EcsException error) {
    assertThat(error.errorCode()).isEqualTo(ClientErrors.UNREADABLE_REPLY);
    assertThat(error.delivery()).isEqualTo(Delivery.UNKNOWN);
    assertThat(error.detail()).contains("it names another action");
  }

  @Test
  void successOfAnotherAction_isNoAcceptance() {
    String described =
        metadata(",\"Action\":\"DescribeInstances\"")
            + ",\"Result\":{\"Instances\":[],\"NextToken\":\"\"}}";
    assertUnknown(failureOf(STOP, 200, described));
    assertUnknown(failureOf(STOP, 200, metadata(",\"Action\":\"StopInstances\"") + "}"));
    assertUnknown(failureOf(STOP, 200, metadata(",\"Action\":\"StopInstanc\"") + "}"));
  }

  @Test
  void acceptedStop_isNoListing() {
    String page = ",\"Result\":{\"Instances\":[],\"TotalCount\":0}}";
    DescribeInstances describe = DescribeInstances.builder().build();
    assertUnknown(failureOf(describe, 200, metadata(",\"Action\":\"StopInstance\"") + page));
  }

  @Test
  void errorOfAnotherAction_isNoRejection() {
    String rejected =
        metadata(
                ",\"Action\":\"DescribeInstances\",\"Error\":{\"Code\":\"AccessDenied\","
                    + "\"Message\":\"no\"}")
            + "}";
    assertUnknown(failureOf(STOP, 403, rejected));
    String passed =
        metadata(",\"Action\":\"StartInstance\",\"Error\":{\"Code\":\"DryRunOperation\"}") + "}";
    assertUnknown(failureOf(StopInstance.builder("i-1").dryRun(true).build(), 412, passed));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ",\"Action\":\"StopInstance\"",
        ",\"Action\":\"Stop\\u0049nstance\"",
        ",\"Action\":\"\"",
        ",\"Action\":null"
      })
  void replyOfTheAction_orOfNone_isAccepted(String action) {
    ScriptedExchange exchange =
        ScriptedExchange.answering(reply(200, metadata(action) + ",\"Result\":{}}"));
    assertThat(client(exchange).build().stopInstance(STOP).block())
        .isEqualTo(new StopInstance.Result("r", 1));
  }
}

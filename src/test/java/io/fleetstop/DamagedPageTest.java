package io.fleetstop;

import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.test.StepVerifier;

class DamagedPageTest {

  private static final String GOOD =
      "{\"InstanceId\":\"i-1\",\"Status\":\"RUNNING\",\"Tags\":[{\"Key\":\"env\"}]}";

  private static EcsClient client(String... records) {
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(CredentialsProvider.fixed(Credentials.of("AK", "SK")))
        .transport(
            ScriptedExchange.answering(
                reply(
                    200,
                    "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{\"Instances\":["
                        + String.join(",", records)
                        + "],\"NextToken\":\"\",\"TotalCount\":2}}")))
        .build();
  }

  private static List<Instance> described(DescribeInstances request, String bad) {
    return Objects.requireNonNull(
        client(GOOD, bad).describeInstances(request).collectList().block(Duration.ofSeconds(10)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"InstanceId\":\"i-2\",\"Tags\":\"nonsense\"}",
        "{\"InstanceId\":\"i-2\",\"Tags\":[{\"Key\":[],\"Value\":\"x\"}]}",
        "{\"InstanceId\":\"i-2\",\"Tags\":[7]}",
        "{\"InstanceId\":\"i-2\",\"Status\":{}}",
        "{\"InstanceId\":\"i-2\",\"ZoneId\":[1,{\"a\":null}]}"
      })
  @Tag("guarantee:protection")
  void badRecord_spoilsItselfOnlyAndIsProtected(String bad) {
    for (DescribeInstances request :
        List.of(
            DescribeInstances.builder().build(),
            DescribeInstances.ofIds(List.of(InstanceId.of("i-1"), InstanceId.of("i-2"))))) {
      List<Instance> instances = described(request, bad);

      assertThat(instances).extracting(Instance::instanceId).containsExactly("i-1", "i-2");
      assertThat(instances.get(0).hasUnreadableRecord()).isFalse();
      assertThat(instances.get(0).tag("env")).isEmpty();
      assertThat(instances.get(1))
          .returns(true, Instance::hasUnreadableRecord)
          .returns(Instance.State.UNRECOGNIZED, Instance::state)
          .returns(true, instance -> instance.isProtectedBy("fleetstop:protect", null))
          .returns(true, instance -> instance.isProtectedBy("keep", "yes"));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "{}", "7", "[]", "{\"InstanceId\":null}", "{\"InstanceId\":{}}"})
  void recordWithoutId_isLeftOutOfAList(String bad) {
    assertThat(described(DescribeInstances.builder().build(), bad))
        .extracting(Instance::instanceId)
        .containsExactly("i-1");
  }

  @Test
  void recordWithoutId_mayBeTheNamedInstanceThatIsMissing() {
    StepVerifier.create(client(GOOD, "null").poller().describe(InstanceId.of("i-2")))
        .verifyErrorSatisfies(
            error ->
                assertThat(error).hasMessageContaining("listed instances that were not requested"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"Instances\":7}", "{\"Instances\":[],\"NextToken\":{}}"})
  void damageBeyondARecord_isAnError(String result) {
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .credentials(CredentialsProvider.fixed(Credentials.of("AK", "SK")))
            .retryPolicy(io.fleetstop.retry.RetryPolicy.none())
            .transport(
                ScriptedExchange.answering(
                    reply(
                        200,
                        "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":" + result + "}")))
            .build();

    StepVerifier.create(client.describeInstances(DescribeInstances.builder().build()))
        .verifyErrorSatisfies(
            error -> assertThat(error).hasMessageContaining("Client.UnreadableReply"));
  }
}

package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.volcengine.ApiClient;
import com.volcengine.ApiException;
import com.volcengine.UniversalApi;
import com.volcengine.UniversalRequest;
import io.fleetstop.EcsClient;
import io.fleetstop.credentials.AssumeRoleOptions;
import io.fleetstop.credentials.CallerIdentity;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsOptions;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.DescribeRegions;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

/** Several accounts and regions on one port. */
class CloudSimulatorTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String FIRST = "2100000001";
  private static final String SECOND = "2100000002";

  private final CloudSimulator cloud =
      CloudSimulator.builder()
          .accounts(2)
          .regions(List.of("cn-beijing", "cn-shanghai"))
          .instances(3)
          .target(FIRST, "cn-shanghai", target -> target.instances(2))
          .target(SECOND, "cn-beijing", target -> target.denied(true))
          .startNow();

  @AfterEach
  void dispose() {
    cloud.disposeLater().block(PATIENCE);
  }

  private CredentialsProvider key(String account) {
    return CredentialsProvider.fixed(
        Credentials.of(cloud.accessKeyId(account), cloud.secretAccessKey()));
  }

  private EcsClient client(CredentialsProvider credentials, String region) {
    return EcsClient.builder()
        .endpoint(cloud.endpoint())
        .region(region)
        .credentials(credentials)
        .build();
  }

  private static List<String> listed(EcsClient client) {
    return Objects.requireNonNull(
        client
            .describeInstances(DescribeInstances.builder().build())
            .map(Instance::instanceId)
            .collectList()
            .block(PATIENCE));
  }

  @Test
  void keyAndRegion_decideWhoseInstancesAreSeenAndStopped() {
    EcsClient client = client(key(SECOND), "cn-shanghai");

    assertThat(listed(client)).isEqualTo(cloud.ids(SECOND, "cn-shanghai"));
    assertThat(cloud.ids(FIRST, "cn-shanghai"))
        .hasSize(5)
        .doesNotContainAnyElementsOf(cloud.ids(SECOND, "cn-shanghai"));
    String id = cloud.ids(SECOND, "cn-shanghai").get(0);
    client.stopInstance(request -> request.instanceId(id)).block(PATIENCE);
    client.awaitStopped(InstanceId.of(id)).block(PATIENCE);
    assertThat(cloud.status(SECOND, "cn-shanghai", id)).isEqualTo("STOPPED");
    assertThat(cloud.ledger(SECOND, "cn-shanghai").effects()).isEqualTo(1);
    assertThat(cloud.ledger(FIRST, "cn-shanghai").calls()).isZero();
    client.close();
  }

  @Test
  void assumedRole_actsInItsAccount() {
    CredentialsOptions sts = CredentialsOptions.builder().stsEndpoint(cloud.endpoint()).build();
    CredentialsProvider role =
        CredentialsProvider.assumeRole(
            key(FIRST),
            AssumeRoleOptions.builder(cloud.roleTrn(SECOND)).endpoint(cloud.endpoint()).build());

    CallerIdentity identity = CallerIdentity.of(role, sts).block(PATIENCE);

    assertThat(identity).extracting(CallerIdentity::accountId).isEqualTo(SECOND);
    EcsClient client = client(role, "cn-shanghai");
    assertThat(listed(client)).isEqualTo(cloud.ids(SECOND, "cn-shanghai"));
    client.close();
  }

  @Test
  void regions_areListedAndOthersDenied() {
    EcsClient client = client(key(SECOND), "cn-beijing");

    assertThat(
            client
                .call(DescribeRegions.first())
                .expand(page -> page.isLast() ? Mono.empty() : client.call(page.next()))
                .flatMapIterable(DescribeRegions.Page::regionIds)
                .collectList()
                .block(PATIENCE))
        .containsExactly("cn-beijing", "cn-shanghai");
    assertThatThrownBy(() -> listed(client)).hasMessageContaining("AccessDenied");
    client.close();
    EcsClient elsewhere = client(key(FIRST), "cn-guangzhou");
    assertThatThrownBy(() -> listed(elsewhere)).hasMessageContaining("AccessDenied");
    elsewhere.close();
  }

  @Test
  void officialSdk_listsTheRegions() throws ApiException {
    ApiClient official =
        new ApiClient()
            .setCredentials(
                com.volcengine.sign.Credentials.getCredentials(
                    cloud.accessKeyId(FIRST), cloud.secretAccessKey()))
            .setRegion("cn-beijing")
            .setEndpoint("127.0.0.1:" + cloud.endpoint().getPort())
            .setDisableSSL(true)
            .setAutoRetry(false);

    assertThat(
            new UniversalApi(official)
                .doCall(
                    new UniversalRequest("ecs", "DescribeRegions", "2020-04-01"),
                    Map.of("MaxResults", 20)))
        .extractingByKey("Result")
        .asString()
        .contains("[{RegionId=cn-beijing}, {RegionId=cn-shanghai}]");
  }

  @Test
  void mistakes_areNamed() {
    assertThatThrownBy(() -> CloudSimulator.builder().accounts(0)).hasMessageContaining("1 to 100");
    assertThatThrownBy(() -> CloudSimulator.builder().regions(List.of()))
        .hasMessageContaining("regions must be names");
    assertThatThrownBy(() -> CloudSimulator.builder().instances(-1))
        .hasMessageContaining("instances must be 0");
    assertThatThrownBy(() -> cloud.ledger(FIRST, "cn-x")).hasMessageContaining("no target");
    assertThatThrownBy(() -> cloud.accessKeyId("x")).hasMessageContaining("account must be one");
  }
}

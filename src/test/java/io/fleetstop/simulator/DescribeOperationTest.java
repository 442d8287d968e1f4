package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.simulator.TestClient.Reply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.databind.JsonNode;

class DescribeOperationTest {

  private static final EcsSimulator SIMULATOR =
      EcsSimulator.builder()
          .scheduler(VirtualTimeScheduler.create())
          .instances(250)
          .instance(
              SimulatedInstance.builder("i-special")
                  .status("STOPPED")
                  .name("a-special-name")
                  .zoneId("cn-beijing-z")
                  .vpcId("vpc-own")
                  .projectName("own")
                  .chargeType("PrePaid")
                  .instanceTypeId("ecs.c3i.xlarge")
                  .tag("empty", "")
                  .tag("env", "prod")
                  .build())
          .startNow();

  /** The fields of docs/6396/70466; typed clients dereference them. */
  private static final List<String> DOCUMENTED =
      List.of(
          "InstanceId,InstanceName,Description,HostName,Hostname,Uuid,Status,StoppedMode,"
              .concat("InstanceTypeId,Cpus,MemorySize,CpuOptions,InstanceChargeType,")
              .concat("SpotStrategy,SpotPriceLimit,ElasticScheduledInstanceType,")
              .concat("ScheduledInstanceId,CreatedAt,UpdatedAt,ExpiredAt,ZoneId,VpcId,")
              .concat("ProjectName,ImageId,OsName,OsType,KeyPairId,KeyPairName,EipAddress,")
              .concat("NetworkInterfaces,Volumes,LocalVolumes,Placement,DeploymentSetId,")
              .concat("DeploymentSetGroupNumber,AffinityGroupId,HpcClusterId,RdmaIpAddresses,")
              .concat("RdmaNetworkInterfaceDetails,EnableJumboFrame,DeletionProtection,")
              .concat("MetadataOptions,Tags")
              .split(",", -1));

  private final TestClient client = new TestClient(SIMULATOR);

  @AfterAll
  static void dispose() {
    SIMULATOR.disposeLater().block(Duration.ofSeconds(10));
  }

  private static List<String> ids(Reply reply) {
    assertThat(reply.code()).isEmpty();
    List<String> ids = new ArrayList<>();
    for (JsonNode instance : reply.result().path("Instances")) {
      ids.add(instance.path("InstanceId").asString());
    }
    return ids;
  }

  private static String nextToken(Reply reply) {
    return reply.result().path("NextToken").asString();
  }

  @Test
  void pages_containEachInstanceOnce() {
    List<String> seen = new ArrayList<>();
    List<Integer> sizes = new ArrayList<>();
    String token = "";
    do {
      Reply page = client.describe("MaxResults", "100", "NextToken", token);
      assertThat(page.result().path("TotalCount").asInt()).isEqualTo(251);
      seen.addAll(ids(page));
      sizes.add(ids(page).size());
      token = nextToken(page);
    } while (!token.isEmpty());
    assertThat(sizes).containsExactly(100, 100, 51);
    assertThat(seen).isEqualTo(SIMULATOR.ids());
  }

  @Test
  void laterPages_haveTheTotalOfTheFirst_soThatTheyNeedNotCount() {
    EcsSimulator changing =
        EcsSimulator.builder().scheduler(VirtualTimeScheduler.create()).instances(5).startNow();
    try {
      TestClient running = new TestClient(changing);
      Reply first = running.describe("Status", "RUNNING", "MaxResults", "2");
      assertThat(first.result().path("TotalCount").asInt()).isEqualTo(5);
      running.stop(changing.ids().get(0));
      running.stop(changing.ids().get(2));
      Reply second =
          running.describe("Status", "RUNNING", "MaxResults", "2", "NextToken", nextToken(first));
      assertThat(ids(second)).isEqualTo(changing.ids().subList(3, 5));
      assertThat(nextToken(second)).isEmpty();
      assertThat(second.result().path("TotalCount").asInt()).isEqualTo(5);
    } finally {
      changing.disposeLater().block(Duration.ofSeconds(10));
    }
  }

  @Test
  void defaultPage_hasTen_lastPageHasNoToken() {
    assertThat(ids(client.describe())).hasSize(10);
    assertThat(nextToken(client.describe())).isNotEmpty();
    Reply exact = client.describe("ProjectName", "own", "MaxResults", "1");
    assertThat(nextToken(exact)).isEmpty();
  }

  @Test
  void hundredIds_inOneRequest_unknownOnesOmitted() {
    List<String> wanted = SIMULATOR.ids().subList(100, 199);
    String[] parameters = new String[202];
    for (int i = 0; i < 100; i++) {
      parameters[2 * i] = "InstanceIds." + (i + 1);
      parameters[2 * i + 1] = i < 99 ? wanted.get(98 - i) : "i-unknown";
    }
    parameters[200] = "MaxResults";
    parameters[201] = "100";
    Reply reply = client.describe(parameters);
    assertThat(ids(reply)).isEqualTo(wanted);
    assertThat(nextToken(reply)).isEmpty();
    assertThat(reply.result().path("TotalCount").asInt()).isEqualTo(99);

    parameters[201] = "60";
    Reply first = client.describe(parameters);
    assertThat(ids(first)).isEqualTo(wanted.subList(0, 60));
    String[] more = Arrays.copyOf(parameters, 204);
    more[202] = "NextToken";
    more[203] = nextToken(first);
    assertThat(ids(client.describe(more))).isEqualTo(wanted.subList(60, 99));
  }

  @ParameterizedTest
  @CsvSource({
    "Status,STOPPED,1",
    "Status,RUNNING,250",
    "Status,ERROR,0",
    "ZoneId,cn-beijing-z,1",
    "ZoneId,cn-beijing-a,83",
    "VpcId,vpc-own,1",
    "ProjectName,own,1",
    "ProjectName,batch,84",
    "InstanceChargeType,PrePaid,1",
    "InstanceName,special,1",
    "InstanceName,sim-1,111",
    "InstanceName,'',251",
  })
  void valueFilters_matchExactly(String name, String value, int expected) {
    Reply reply = client.describe(name, value);
    assertThat(reply.result().path("TotalCount").asInt()).isEqualTo(expected);
  }

  private int tagged(String... parameters) {
    Reply reply = client.describe(parameters);
    assertThat(reply.code()).isEmpty();
    return reply.result().path("TotalCount").asInt();
  }

  @Test
  void tagFilters_matchAnyValueOfEveryKey() {
    int prod = tagged("TagFilters.1.Key", "env", "TagFilters.1.Values.1", "prod");
    int dev = tagged("TagFilters.1.Key", "env", "TagFilters.1.Values.1", "dev");
    int both =
        tagged(
            "TagFilters.1.Key", "env",
            "TagFilters.1.Values.1", "prod",
            "TagFilters.1.Values.3", "dev");
    int prodWeb =
        tagged(
            "TagFilters.1.Key", "env",
            "TagFilters.1.Values.1", "prod",
            "TagFilters.2.Key", "role",
            "TagFilters.2.Values.1", "web");
    assertThat(both).isEqualTo(prod + dev);
    assertThat(prodWeb).isPositive().isLessThan(prod);
    assertThat(tagged("TagFilters.1.Key", "env")).isEqualTo(251);
    assertThat(tagged("TagFilters.1.Key", "empty", "TagFilters.1.Values.1", "")).isEqualTo(1);
    assertThat(tagged("TagFilters.1.Key", "none")).isZero();
  }

  @Test
  void instance_hasDocumentedFields() {
    JsonNode shown =
        client.describe("InstanceIds.1", "i-special").result().path("Instances").path(0);
    assertThat(shown.path("InstanceName").asString()).isEqualTo("a-special-name");
    assertThat(shown.path("Status").asString()).isEqualTo("STOPPED");
    assertThat(shown.path("InstanceTypeId").asString()).isEqualTo("ecs.c3i.xlarge");
    assertThat(shown.path("InstanceChargeType").asString()).isEqualTo("PrePaid");
    assertThat(shown.path("ZoneId").asString()).isEqualTo("cn-beijing-z");
    assertThat(shown.propertyNames()).containsExactlyInAnyOrderElementsOf(DOCUMENTED);
    assertThat(shown.properties()).noneMatch(field -> field.getValue().isNull());
    JsonNode primary = shown.path("NetworkInterfaces").path(0);
    assertThat(primary.path("PrimaryIpAddress").asString()).startsWith("172.16.");
    assertThat(primary.path("VpcId").asString()).isEqualTo(shown.path("VpcId").asString());
    assertThat(shown.path("Tags").size()).isEqualTo(2);
    assertThat(shown.path("Tags").path(0).path("Key").asString()).isEqualTo("empty");
  }

  @ParameterizedTest
  @CsvSource({
    "MaxResults,0,InvalidArgument",
    "MaxResults,101,InvalidArgument",
    "MaxResults,ten,InvalidArgument",
    "NextToken,%%%,InvalidArgument",
    "NextToken,c29tZXRoaW5n,InvalidArgument",
    "TagFilters.1.Values.1,orphan,InvalidArgument",
    "TagFilters.11.Key,env,InvalidParameter",
    "TagFilters.1.Values.4,env,InvalidParameter",
    "EipAddresses.1,1.2.3.4,InvalidParameter",
    "InstanceIds,i-special,InvalidParameter"
  })
  void unsupportedParameter_rejected(String name, String value, String code) {
    Reply reply = client.describe(name, value);
    assertThat(reply.status()).isEqualTo(400);
    assertThat(reply.code()).isEqualTo(code);
  }

  @Test
  void moreThanHundredIds_rejected() {
    String[] parameters = new String[202];
    for (int i = 0; i < 101; i++) {
      parameters[2 * i] = "InstanceIds." + (i + 1);
      parameters[2 * i + 1] = "i-" + i;
    }
    assertThat(client.describe(parameters).code()).isEqualTo("InvalidArgument");
  }
}

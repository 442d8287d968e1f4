package io.fleetstop;

import static io.fleetstop.ScriptedExchange.reply;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.StopInstance;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

class EndpointResolverTest {

  private static final EndpointResolver BY_REGION =
      (service, region) -> URI.create("https://" + region + ".example/" + service);

  /** A reply that names no action, as it is for each of several. */
  private final ScriptedExchange exchange =
      ScriptedExchange.answering(
          reply(200, "{\"ResponseMetadata\":{\"RequestId\":\"r\"},\"Result\":{}}"));

  @Test
  void defaultEndpoint_followsTheSdks() {
    assertThat(hostFor(EcsClient.builder().region("cn-beijing")))
        .isEqualTo("open.volcengineapi.com");
    assertThat(hostFor(EcsClient.builder().region("ap-southeast-3")))
        .isEqualTo("ecs.ap-southeast-3.volcengineapi.com");
  }

  @Test
  void customEndpoint_servesEveryRegion() {
    assertThat(
            hostFor(
                EcsClient.builder()
                    .region("ap-southeast-3")
                    .endpoint(URI.create("https://ecs.example"))))
        .isEqualTo("ecs.example");
  }

  @Test
  void resolver_getsTheServiceOfEachAction() {
    EcsClient client =
        client(EcsClient.builder().region("cn-beijing").endpointResolver(BY_REGION)).build();

    send(client.stopInstance(StopInstance.of("i-1")));
    send(client.call(new DescribeVolumes()));

    assertThat(exchange.sent())
        .extracting(request -> request.uri().getHost() + request.uri().getPath())
        .containsExactly("cn-beijing.example/ecs", "cn-beijing.example/storage_ebs");
  }

  @Test
  void lastSetting_wins() {
    assertThat(
            hostFor(
                EcsClient.builder()
                    .region("cn-beijing")
                    .endpoint(URI.create("https://ecs.example"))
                    .endpointResolver(VolcengineEndpoints.standard())))
        .isEqualTo("ecs.cn-beijing.volcengineapi.com");
  }

  @Test
  void malformedEndpoint_isRefusedAtBuild() {
    EcsClientBuilder builder =
        client(EcsClient.builder().region("cn-beijing"))
            .endpointResolver((service, region) -> URI.create("ftp://" + service));

    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("endpoint must be http(s)://host[:port][/path], was ftp://ecs");
    for (String address : List.of("ftp://me:s3cret@ecs", "http://me:s3cret@my_host/")) {
      assertThatThrownBy(() -> ServiceAddress.checked(URI.create(address)))
          .hasMessageContaining("endpoint must ")
          .hasMessageNotContaining("s3cret");
    }
  }

  @Test
  void portOutOfRangeOrNoHost_isRefusedWithTheReason() {
    assertThatThrownBy(() -> ServiceAddress.checked(URI.create("https:///a_b")))
        .hasMessageStartingWith("endpoint must be http(s)://host");
    for (String port : List.of("0", "65536")) {
      assertThatThrownBy(() -> ServiceAddress.checked(URI.create("http://127.0.0.1:" + port)))
          .hasMessage("endpoint must have a port from 1 to 65535, was " + port);
    }
  }

  private String hostFor(EcsClientBuilder builder) {
    send(client(builder).build().stopInstance(StopInstance.of("i-1")));
    return exchange.sent().get(exchange.sent().size() - 1).uri().getHost();
  }

  private EcsClientBuilder client(EcsClientBuilder builder) {
    return builder
        .credentials(CredentialsProvider.fixed(Credentials.of("AK", "SK")))
        .transport(exchange);
  }

  private static void send(Mono<?> call) {
    StepVerifier.create(call).expectNextCount(1).verifyComplete();
  }

  private record DescribeVolumes() implements EcsAction<String> {

    @Override
    public String action() {
      return "DescribeVolumes";
    }

    @Override
    public String service() {
      return "storage_ebs";
    }

    @Override
    public Map<String, String> parameters() {
      return Map.of();
    }

    @Override
    public Idempotency idempotency() {
      return Idempotency.READ;
    }

    @Override
    public String decode(Reply reply) {
      return reply.requestId();
    }
  }
}

package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.model.StopInstance;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.actuate.info.Info;
import org.springframework.boot.actuate.info.InfoContributor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

class FleetstopActuatorAutoConfigurationTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static EcsSimulator simulator = EcsSimulator.builder().startNow();

  @BeforeAll
  static void start() {
    simulator.dispose();
    simulator = EcsSimulator.builder().instances(4).startNow();
    simulator.failAlways("i-sim0000000003", GatewayErrors.FLOW_LIMIT_EXCEEDED);
  }

  @AfterAll
  static void stop() {
    simulator.dispose();
  }

  private static ApplicationContextRunner runner() {
    return new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                FleetstopAutoConfiguration.class, FleetstopActuatorAutoConfiguration.class))
        .withPropertyValues(
            "fleetstop.region=cn-beijing",
            "fleetstop.endpoint=" + simulator.endpoint(),
            "fleetstop.credentials.access-key-id=" + simulator.accessKeyId(),
            "fleetstop.credentials.secret-access-key=" + simulator.secretAccessKey());
  }

  private static Health health(ApplicationContext context) {
    return Objects.requireNonNull(
        context.getBean(ReactiveHealthIndicator.class).health().block(PATIENCE));
  }

  private static Map<?, ?> details(ApplicationContext context, String client) {
    Map<?, ?> clients = (Map<?, ?>) health(context).getDetails().get("clients");
    return (Map<?, ?>) Objects.requireNonNull(Objects.requireNonNull(clients).get(client));
  }

  private static String lastReply(ApplicationContext context, String client) {
    return String.valueOf(details(context, client).get("lastReply"));
  }

  private static void call(ApplicationContext context, String id) {
    context
        .getBean(EcsClient.class)
        .stopInstance(StopInstance.of(id))
        .then()
        .onErrorComplete()
        .block(PATIENCE);
  }

  @Test
  void healthFollowsTheLastReplyAndCallsNothing() {
    runner()
        .run(
            context -> {
              long before = simulator.calls();
              assertThat(health(context).getStatus()).isEqualTo(Status.UP);
              assertThat(health(context).getDetails())
                  .containsExactly(
                      Map.entry("clients", Map.of("default", Map.of("lastReply", "none"))));
              assertThat(simulator.calls()).isEqualTo(before);

              call(context, "i-sim0000000001");
              assertThat(details(context, "default").get("throttled")).isEqualTo(false);
              assertThat(lastReply(context, "default"))
                  .startsWith("StopInstance succeeded, request ");

              Disposable throttled =
                  context
                      .getBean(EcsClient.class)
                      .stopInstance(StopInstance.of("i-sim0000000003"))
                      .subscribe(); // is repeated until its deadline
              Health health =
                  Mono.fromSupplier(() -> health(context))
                      .subscribeOn(Schedulers.boundedElastic())
                      .filter(now -> String.valueOf(now.getDetails()).contains("throttled=true"))
                      .repeatWhenEmpty(again -> again.delayElements(Duration.ofMillis(10)))
                      .block(PATIENCE);
              throttled.dispose();
              assertThat(Objects.requireNonNull(health).getStatus()).isEqualTo(Status.UP);
            });
  }

  @Test
  void rejectedCredentials_areDown() {
    runner()
        .withPropertyValues("fleetstop.credentials.secret-access-key=wrong")
        .run(
            context -> {
              call(context, "i-sim0000000001");
              assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
              assertThat(lastReply(context, "default"))
                  .startsWith("StopInstance failed with SignatureDoesNotMatch, request ");
            });
  }

  @Test
  void rejectedNamedClient_isDownAndNamed() {
    runner()
        .withPropertyValues(
            "fleetstop.clients.west.credentials.access-key-id=" + simulator.accessKeyId(),
            "fleetstop.clients.west.credentials.secret-access-key=wrong")
        .run(
            context -> {
              context
                  .getBean("westEcsClient", EcsClient.class)
                  .stopInstance(StopInstance.of("i-sim0000000002"))
                  .then()
                  .onErrorComplete()
                  .block(PATIENCE);
              call(context, "i-sim0000000002");

              assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
              assertThat(lastReply(context, "default")).contains("succeeded");
              assertThat(lastReply(context, "west"))
                  .startsWith("StopInstance failed with Signature");
            });
  }

  @Test
  void onlyNamedClients_haveHealthAndInfo() {
    runner()
        .withPropertyValues(
            "fleetstop.region=",
            "fleetstop.clients.west.region=cn-beijing",
            "fleetstop.pace.rate=7")
        .run(
            context -> {
              context
                  .getBean("westEcsClient", EcsClient.class)
                  .stopInstance(StopInstance.of("i-sim0000000004"))
                  .then()
                  .onErrorComplete()
                  .block(PATIENCE);

              assertThat(health(context).getStatus()).isEqualTo(Status.UP);
              assertThat(lastReply(context, "west")).startsWith("StopInstance succeeded");
              assertThat(info(context))
                  .contains("west={region=cn-beijing", "stopInstanceRate=7.0/s")
                  .doesNotContain("default={");
            });
  }

  @Test
  void info_hasEveryClient() {
    runner()
        .withPropertyValues("fleetstop.clients.west.region=cn-shanghai")
        .run(
            context ->
                assertThat(info(context))
                    .contains("default={region=cn-beijing", "west={region=cn-shanghai"));
  }

  @Test
  void ownClient_hasNeitherHealthNorInfo() {
    runner()
        .withBean(EcsClient.class, () -> EcsClient.builder().region("cn-beijing").build())
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .doesNotHaveBean("fleetstopHealthIndicator")
                    .doesNotHaveBean("fleetstopInfoContributor"));
  }

  private static String info(ApplicationContext context) {
    Info.Builder info = new Info.Builder();
    context.getBean(InfoContributor.class).contribute(info);
    return String.valueOf(info.build().get("fleetstop"));
  }

  @Test
  void unresolvableCredentials_areDownWithoutTheMessage() {
    runner()
        .withPropertyValues("fleetstop.health.resolve-credentials=true")
        .withBean(
            CredentialsProvider.class,
            () -> () -> Mono.error(new IllegalStateException("a secret")))
        .run(
            context -> {
              assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
              assertThat(health(context).getDetails())
                  .containsEntry("credentials", "IllegalStateException");
            });
    runner()
        .withPropertyValues("fleetstop.health.resolve-credentials=true")
        .run(
            context -> {
              assertThat(health(context).getStatus()).isEqualTo(Status.UP);
              assertThat(health(context).getDetails()).containsEntry("credentials", "resolved");
            });
  }

  @Test
  void infoNamesRegionAndEndpoint() {
    runner()
        .run(
            context ->
                assertThat(info(context))
                    .contains("region=cn-beijing", "endpoint=" + simulator.endpoint())
                    .doesNotContain(simulator.accessKeyId()));
  }

  @Test
  void noHealthApi_startsWithoutIndicator() {
    runner()
        .withClassLoader(
            new FilteredClassLoader(
                "org.springframework.boot.health", "org.springframework.boot.actuate"))
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .doesNotHaveBean("fleetstopHealthIndicator")
                    .doesNotHaveBean("fleetstopInfoContributor"));
  }

  @Test
  void disabledIndicator_isNotMade() {
    runner()
        .withPropertyValues("management.health.fleetstop.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(ReactiveHealthIndicator.class));
  }

  @Test
  void everyHealthCheck_resolvesTheCredentials() {
    AtomicInteger resolved = new AtomicInteger();
    CredentialsProvider revoked =
        () ->
            resolved.getAndIncrement() < 2
                ? Mono.just(Credentials.of("AKLTx", "secret"))
                : Mono.error(new IllegalStateException("revoked"));
    runner()
        .withPropertyValues("fleetstop.health.resolve-credentials=true")
        .withBean(CredentialsProvider.class, () -> revoked)
        .run(
            context -> {
              assertThat(health(context).getStatus()).isEqualTo(Status.UP);
              assertThat(health(context).getStatus()).isEqualTo(Status.DOWN);
            });
  }
}

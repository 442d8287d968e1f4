package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.observe.CallListener;
import io.fleetstop.simulator.EcsSimulator;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

/** Clients below {@code fleetstop.clients}, and the prototype of the builder. */
class NamedClientsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final String OTHER_KEY = "AKLTofanotheraccount";

  private static EcsSimulator own = EcsSimulator.builder().startNow();
  private static EcsSimulator other = EcsSimulator.builder().startNow();

  @BeforeAll
  static void start() {
    own.dispose();
    other.dispose();
    own = EcsSimulator.builder().instances(20).startNow();
    other = EcsSimulator.builder().instances(20).accessKey(OTHER_KEY, "secretofanother").startNow();
  }

  @AfterAll
  static void stop() {
    own.dispose();
    other.dispose();
  }

  private static ApplicationContextRunner runner() {
    return new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                FleetstopAutoConfiguration.class, FleetstopMicrometerAutoConfiguration.class))
        .withPropertyValues(
            "fleetstop.region=cn-beijing",
            "fleetstop.endpoint=" + own.endpoint(),
            "fleetstop.credentials.access-key-id=" + own.accessKeyId(),
            "fleetstop.credentials.secret-access-key=" + own.secretAccessKey(),
            "fleetstop.max-in-flight=9",
            "fleetstop.pace.rate=50",
            "fleetstop.shutdown.poll-interval=50ms");
  }

  static final class Injected {

    final EcsClient byDefault;
    final EcsClient shanghai;
    final FleetShutdown fleet;

    @Autowired
    Injected(
        EcsClient byDefault,
        @Qualifier("shanghai") EcsClient shanghai,
        @Qualifier("shanghai") FleetShutdown fleet) {
      this.byDefault = byDefault;
      this.shanghai = shanghai;
      this.fleet = fleet;
    }
  }

  @Test
  void qualifier_injectsTheNamedClient() {
    runner()
        .withPropertyValues(
            "fleetstop.clients.shanghai.region=cn-shanghai",
            "fleetstop.clients.shanghai.shutdown.dry-run=true")
        .withBean(Injected.class)
        .run(
            context -> {
              Injected injected = context.getBean(Injected.class);
              assertThat(injected.byDefault.gauges().region()).isEqualTo("cn-beijing");
              assertThat(injected.shanghai.gauges().region()).isEqualTo("cn-shanghai");
              assertThat(injected.shanghai.gauges().maxInFlight()).as("shared").isEqualTo(9);
              StepVerifier.create(injected.fleet.stop(Flux.just(InstanceId.of(own.ids().get(0)))))
                  .assertNext(outcome -> assertThat(outcome.kind()).hasToString("DRY_RUN_PASSED"))
                  .expectComplete()
                  .verify(PATIENCE);
              assertThat(context.getBean("shanghaiEcsClient")).isSameAs(injected.shanghai);
            });
  }

  @Test
  void clientsOfOneAccount_shareThePace() {
    runner()
        .withPropertyValues("fleetstop.clients.second.max-in-flight=2")
        .run(
            context -> {
              call(context.getBean(EcsClient.class), own);
              RateLimiterRegistry limiters = context.getBean(RateLimiterRegistry.class);
              assertThat(limiters.limiters()).hasSize(1);
              EcsClient second = context.getBean("secondEcsClient", EcsClient.class);
              call(second, own);
              assertThat(second.gauges().maxInFlight()).isEqualTo(2);
              assertThat(limiters.limiters())
                  .containsOnlyKeys(new Scope("default", "cn-beijing", "StopInstance"));
            });
  }

  private static void call(EcsClient client, EcsSimulator service) {
    StepVerifier.create(
            client.stopInstance(
                StopInstance.builder().instanceId(service.ids().get(1)).dryRun(true).build()))
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void ownCredentials_areAnAccountWithItsPace() {
    runner()
        .withPropertyValues(
            "fleetstop.clients.guest.endpoint=" + other.endpoint(),
            "fleetstop.clients.guest.credentials.access-key-id=" + OTHER_KEY,
            "fleetstop.clients.guest.credentials.secret-access-key=secretofanother",
            "fleetstop.clients.guest.pace.rate=7")
        .run(
            context -> {
              call(context.getBean("guestEcsClient", EcsClient.class), other);
              call(context.getBean(EcsClient.class), own);
              RateLimiterRegistry limiters = context.getBean(RateLimiterRegistry.class);
              assertThat(rate(limiters, "guest")).isEqualTo(7);
              assertThat(rate(limiters, "default")).isEqualTo(50);
            });
  }

  private static double rate(RateLimiterRegistry limiters, String account) {
    Scope scope = new Scope(account, "cn-beijing", "StopInstance");
    return Objects.requireNonNull(limiters.limiters().get(scope)).rate();
  }

  @Test
  void halfOfACredential_isNotCompletedByTheOther() {
    runner()
        .withPropertyValues("fleetstop.clients.guest.credentials.access-key-id=" + OTHER_KEY)
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .hasMessageContaining("access-key-id without secret-access-key"));
  }

  @Test
  void unequalPacesOfOneAccount_failTheStart() {
    runner()
        .withPropertyValues("fleetstop.clients.second.pace.rate=7")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .hasMessageContaining(
                        "fleetstop.clients.second.pace: clients of one account share one pace, and"
                            + " account default already has 50.0/s, not 7.0/s"));
    runner()
        .withPropertyValues("fleetstop.clients.second.pace.max-describe-rate=7")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .hasMessageContaining("already has 50.0/s, not 50.0/s; DescribeInstances: "));
  }

  @Test
  void ownMaxRate_replacesTheSharedRate() {
    runner()
        .withPropertyValues(
            "fleetstop.clients.guest.account=guest", "fleetstop.clients.guest.pace.max-rate=7")
        .run(
            context -> {
              call(context.getBean("guestEcsClient", EcsClient.class), own);
              RateLimiterRegistry limiters = context.getBean(RateLimiterRegistry.class);
              assertThat(rate(limiters, "guest")).isEqualTo(7);
            });
  }

  @Test
  void nameOfTheDefaultClient_isRejected() {
    runner()
        .withPropertyValues("fleetstop.clients.default.max-in-flight=2")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .hasMessageContaining(
                        "fleetstop.clients.default: a client must not be named default"));
  }

  @Test
  void invalidProperty_isNamedWithTheClient() {
    runner()
        .withPropertyValues("fleetstop.clients.second.retry.max-attempts=0")
        .run(
            context ->
                assertThat(
                        Objects.requireNonNull(
                                InvalidPropertyException.find(
                                    Objects.requireNonNull(context.getStartupFailure())))
                            .group())
                    .isEqualTo("fleetstop.clients.second.retry"));
  }

  @Test
  void onlyNamedClients_needARegionEach() {
    runner()
        .withPropertyValues("fleetstop.region=", "fleetstop.clients.west.max-in-flight=2")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .hasMessageContaining("fleetstop.clients.west: region must be set"));
    runner()
        .withPropertyValues("fleetstop.region=", "fleetstop.clients.west.region=cn-beijing")
        .run(
            context -> {
              call(context.getBean("westEcsClient", EcsClient.class), own);
              assertThat(context).doesNotHaveBean("ecsClient");
            });
  }

  @Test
  void eachClient_hasMeters() {
    runner()
        .withPropertyValues("fleetstop.clients.shanghai.region=cn-shanghai")
        .withBean(SimpleMeterRegistry.class)
        .run(
            context -> {
              SimpleMeterRegistry meters = context.getBean(SimpleMeterRegistry.class);
              context.getBeansOfType(MeterBinder.class).values().forEach(b -> b.bindTo(meters));
              assertThat(meters.get("fleetstop.requests.max").tag("client", "default").gauge())
                  .isNotNull();
              assertThat(
                      meters
                          .get("fleetstop.requests.max")
                          .tag("client", "shanghai")
                          .gauge()
                          .value())
                  .isEqualTo(9);
            });
  }

  @Test
  void contextCloses_runsOfNamedClientsAreDrained() {
    runner()
        .withPropertyValues("fleetstop.clients.shanghai.region=cn-shanghai")
        .run(
            context -> {
              FleetShutdown fleet = context.getBean("shanghaiFleetShutdown", FleetShutdown.class);
              context.getSourceApplicationContext().stop();
              StepVerifier.create(fleet.stop(Flux.just(InstanceId.of("i-late"))))
                  .expectComplete()
                  .verify(PATIENCE);
            });
  }

  @Test
  void builder_isANewOneForEachInjection() {
    runner()
        .run(
            context -> {
              EcsClientBuilder builder = context.getBean(EcsClientBuilder.class);
              assertThat(context.getBean(EcsClientBuilder.class)).isNotSameAs(builder);
              EcsClient client = builder.maxInFlight(3).build();
              call(client, own);
              assertThat(client.gauges().maxInFlight()).isEqualTo(3);
              StepVerifier.create(client.closeAsync()).expectComplete().verify(PATIENCE);
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"East", "eastChina", "my_east", "my-east", "[west.1]", "[cn west]"})
  void anyName_hasItsProperties(String name) {
    String prefix = "fleetstop.clients" + (name.startsWith("[") ? name : "." + name);
    String bean = name.replaceAll("[\\[\\]]", "");
    runner()
        .withPropertyValues(
            prefix + ".shutdown.dry-run=true",
            prefix + ".endpoint=" + other.endpoint(),
            prefix + ".credentials.access-key-id=" + OTHER_KEY,
            prefix + ".credentials.secret-access-key=secretofanother")
        .run(
            context -> {
              assertThat(context).hasNotFailed().hasBean(bean + "EcsClient");
              FleetShutdown fleet = context.getBean(bean + "FleetShutdown", FleetShutdown.class);
              StepVerifier.create(fleet.stop(Flux.just(InstanceId.of(other.ids().get(3)))))
                  .assertNext(outcome -> assertThat(outcome.kind()).hasToString("DRY_RUN_PASSED"))
                  .expectComplete()
                  .verify(PATIENCE);
            });
  }

  @Test
  void ownShutdownOptions_areNotReplacedByProperties() {
    ShutdownOptions protective = ShutdownOptions.builder().exclude(instance -> true).build();
    ApplicationContextRunner runner =
        runner().withBean("ownOptions", ShutdownOptions.class, () -> protective);
    runner
        .withPropertyValues("fleetstop.clients.west.shutdown.poll-interval=20ms")
        .run(
            context ->
                assertThat(context)
                    .getFailure()
                    .rootCause()
                    .hasMessageContaining("fleetstop.clients.west.shutdown:")
                    .hasMessageContaining("ShutdownOptionsCustomizer"));
    runner
        .withPropertyValues("fleetstop.clients.west.max-in-flight=2")
        .run(
            context ->
                StepVerifier.create(
                        context
                            .getBean("westFleetShutdown", FleetShutdown.class)
                            .stop(Flux.just(InstanceId.of(own.ids().get(4)))))
                    .assertNext(outcome -> assertThat(outcome.kind()).hasToString("SKIPPED"))
                    .expectComplete()
                    .verify(PATIENCE));
  }

  @Test
  void onlyNamedClients_callsAreLogged() {
    runner()
        .withPropertyValues("fleetstop.region=", "fleetstop.clients.west.region=cn-beijing")
        .run(
            context -> {
              CallLog log = context.getBean(CallLog.class);
              assertThat(context.getBeansOfType(CallListener.class)).containsValue(log);
              call(context.getBean("westEcsClient", EcsClient.class), own);
              LastReply reply =
                  context.getBean("westEcsClientLifecycle", EcsClientLifecycle.class).lastReply();
              assertThat(String.valueOf(reply.details().get("lastReply")))
                  .startsWith("StopInstance succeeded");
            });
  }
}

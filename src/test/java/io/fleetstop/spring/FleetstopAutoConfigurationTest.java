package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.transport.HttpExchange;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.Logger;
import org.slf4j.helpers.MessageFormatter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.context.ContextView;

class FleetstopAutoConfigurationTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Scope STOP = new Scope("default", "cn-beijing", "StopInstance");
  private static final Scope DESCRIBE = new Scope("default", "cn-beijing", "DescribeInstances");

  private static EcsSimulator simulator = EcsSimulator.builder().startNow();

  @BeforeAll
  static void start() {
    simulator.dispose();
    simulator =
        EcsSimulator.builder()
            .instances(20)
            .accessKey("AKLTofproperties0000", "secretofproperties")
            .stopDelay(Duration.ofMillis(10))
            .startNow();
  }

  @AfterAll
  static void stop() {
    simulator.dispose();
  }

  private static ApplicationContextRunner bare() {
    return new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                FleetstopAutoConfiguration.class, FleetstopWebClientAutoConfiguration.class));
  }

  private static ApplicationContextRunner runner() {
    return bare()
        .withPropertyValues(
            "fleetstop.region=cn-beijing",
            "fleetstop.endpoint=" + simulator.endpoint(),
            "fleetstop.credentials.access-key-id=AKLTofproperties0000",
            "fleetstop.credentials.secret-access-key=secretofproperties");
  }

  @Test
  void propertiesAloneStopAFleet() {
    runner()
        .run(
            context -> {
              FleetShutdown shutdown = context.getBean(FleetShutdown.class);
              StepVerifier.create(shutdown.stop(Flux.just(InstanceId.of("i-sim0000000001"))))
                  .assertNext(outcome -> assertThat(outcome.isSuccess()).isTrue())
                  .expectComplete()
                  .verify(PATIENCE);
              assertThat(context).hasBean("ecsClient").hasBean("fleetShutdown");
            });
  }

  @Test
  void twoClients_startWithoutFleetShutdown() {
    runner()
        .withBean("north", EcsClient.class, () -> client("cn-beijing"))
        .withBean("east", EcsClient.class, () -> client("cn-shanghai"))
        .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(FleetShutdown.class));
  }

  private static EcsClient client(String region) {
    return EcsClient.builder().region(region).build();
  }

  @Test
  void autoConfigurationsAreListedInImports() {
    assertThat(
            ImportCandidates.load(AutoConfiguration.class, getClass().getClassLoader())
                .getCandidates())
        .contains(
            FleetstopAutoConfiguration.class.getName(),
            FleetstopWebClientAutoConfiguration.class.getName(),
            FleetstopWebFluxAutoConfiguration.class.getName(),
            FleetstopActuatorAutoConfiguration.class.getName());
  }

  @Test
  void noRegion_startsWithoutClient() {
    bare()
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .doesNotHaveBean(EcsClient.class)
                    .doesNotHaveBean(FleetShutdown.class)
                    .doesNotHaveBean(SigningFilter.class)
                    .hasSingleBean(CredentialsProvider.class)
                    .hasSingleBean(RateLimiterRegistry.class));
  }

  @ParameterizedTest
  @CsvSource({"cn-shanghai, cn-shanghai", "' ', cn-beijing", ", cn-beijing"})
  void regionFallsBackToTheEnvironmentVariable(@Nullable String property, String region) {
    bare()
        .withPropertyValues("VOLCENGINE_REGION=cn-beijing")
        .withPropertyValues(property == null ? "x=y" : "fleetstop.region=" + property)
        .run(
            context -> {
              assertThat(context)
                  .hasSingleBean(SigningFilter.class)
                  .hasSingleBean(RetryFilter.class);
              assertThat(context.getBean(EcsClient.class).gauges().region()).isEqualTo(region);
            });
  }

  @Test
  void startIsLoggedInOneLineWithoutTheKey() {
    List<String> lines = new ArrayList<>();
    runner()
        .run(
            context ->
                StartupLog.log(
                    recording(lines),
                    context.getBean(FleetstopProperties.class),
                    "cn-beijing",
                    context.getBeanFactory()));

    assertThat(lines)
        .singleElement()
        .asString()
        .contains("calls ECS in cn-beijing at " + simulator.endpoint())
        .contains(
            "credentials: access key AKLT***; StopInstance: adaptive, at most 100.0/s;"
                + " fleets: batch size 1, no dry run")
        .doesNotContain("AKLTo", "secretofproperties");
  }

  /** A logger of level INFO, whatever level the process's own loggers were made with. */
  private static Logger recording(List<String> lines) {
    return (Logger)
        Proxy.newProxyInstance(
            Logger.class.getClassLoader(),
            new Class<?>[] {Logger.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("info")) {
                Object[] values = (Object[]) arguments[1];
                lines.add(MessageFormatter.basicArrayFormat((String) arguments[0], values));
                return null;
              }
              return method.getName().equals("isInfoEnabled");
            });
  }

  @Test
  void noWebFlux_startsWithoutFilters() {
    runner()
        .withClassLoader(new FilteredClassLoader(WebClient.class.getPackageName()))
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .hasSingleBean(EcsClient.class)
                    .doesNotHaveBean("fleetstopSigningFilter")
                    .doesNotHaveBean("fleetstopRetryFilter"));
    runner()
        .run(
            context ->
                assertThat(context)
                    .hasSingleBean(SigningFilter.class)
                    .hasSingleBean(RetryFilter.class));
  }

  @Test
  void userDefinedBeansReplaceDefaults() {
    CredentialsProvider credentials = CredentialsProvider.environment();
    RateLimiterRegistry limiters = RateLimiterRegistry.standard();
    RetryPolicy policy = RetryPolicy.defaults();
    EcsClient client = EcsClient.create("cn-shanghai");
    FleetShutdown shutdown = FleetShutdown.create(client, ShutdownOptions.defaults());
    runner()
        .withBean("ownCredentials", CredentialsProvider.class, () -> credentials)
        .withBean("ownLimiters", RateLimiterRegistry.class, () -> limiters)
        .withBean("ownPolicy", RetryPolicy.class, () -> policy)
        .run(
            context -> {
              assertThat(context).getBean(CredentialsProvider.class).isSameAs(credentials);
              assertThat(context).getBean(RateLimiterRegistry.class).isSameAs(limiters);
              assertThat(context).getBean(RetryPolicy.class).isSameAs(policy);
              assertThat(context).hasSingleBean(EcsClient.class);
            });
    runner()
        .withBean("ownClient", EcsClient.class, () -> client)
        .run(
            context -> {
              assertThat(context).getBean(EcsClient.class).isSameAs(client);
              assertThat(context).doesNotHaveBean(EcsClientLifecycle.class);
              assertThat(context).hasSingleBean(FleetShutdown.class);
            });
    runner()
        .withBean("ownShutdown", FleetShutdown.class, () -> shutdown)
        .run(context -> assertThat(context).getBean(FleetShutdown.class).isSameAs(shutdown));
    client.closeAsync().subscribe();
  }

  @Configuration(proxyBeanMethods = false)
  static class Customizers {

    final List<String> called = new CopyOnWriteArrayList<>();

    @Bean
    @Order(2)
    EcsClientBuilderCustomizer second() {
      return builder -> called.add("client 2");
    }

    @Bean
    @Order(1)
    EcsClientBuilderCustomizer first() {
      return builder -> called.add("client 1");
    }

    @Bean
    RetryPolicyCustomizer policy() {
      return builder -> builder.maxAttempts(9);
    }

    @Bean
    ShutdownOptionsCustomizer options() {
      return builder -> builder.dryRun(true);
    }

    @Bean
    TransportOptionsCustomizer transport() {
      return builder -> called.add("transport");
    }
  }

  @Test
  void customizersRunAfterProperties() {
    runner()
        .withPropertyValues("fleetstop.retry.max-attempts=3")
        .withUserConfiguration(Customizers.class)
        .run(
            context -> {
              assertThat(context.getBean(Customizers.class).called)
                  .containsExactly("transport", "client 1", "client 2");
              assertThat(context.getBean(RetryPolicy.class).maxAttempts()).isEqualTo(9);
              StepVerifier.create(
                      context
                          .getBean(FleetShutdown.class)
                          .stop(Flux.just(InstanceId.of("i-sim0000000002"))))
                  .assertNext(
                      outcome ->
                          assertThat(outcome).isInstanceOf(ShutdownOutcome.DryRunPassed.class))
                  .expectComplete()
                  .verify(PATIENCE);
            });
  }

  @Test
  void transportAndListenerBeansAreUsed() {
    AtomicInteger exchanges = new AtomicInteger();
    HttpExchange transport =
        (request, maySend) -> {
          exchanges.incrementAndGet();
          return Mono.error(new IllegalStateException("no network here"));
        };
    AtomicInteger started = new AtomicInteger();
    CallListener listener = counting(started);
    runner()
        .withPropertyValues("fleetstop.retry.max-attempts=1")
        .withBean("ownTransport", HttpExchange.class, () -> transport)
        .withBean("one", CallListener.class, () -> listener)
        .withBean("another", CallListener.class, () -> listener)
        .run(
            context -> {
              StepVerifier.create(
                      context.getBean(EcsClient.class).stopInstance(StopInstance.of("i-1")))
                  .expectError()
                  .verify(PATIENCE);
              assertThat(exchanges).hasValue(1);
              assertThat(started).hasValue(2);
            });
  }

  @Test
  void retryBudget_boundsTheRetries() {
    runner()
        .withPropertyValues("fleetstop.retry.budget=1")
        .withBean(
            "ownTransport",
            HttpExchange.class,
            () ->
                (request, maySend) ->
                    Mono.error(
                        EcsException.builder(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN)
                            .build()))
        .run(
            context ->
                StepVerifier.create(
                        context.getBean(EcsClient.class).stopInstance(StopInstance.of("i-1")))
                    .expectErrorMatches(
                        failure ->
                            failure instanceof EcsException error
                                && error.attempts() == 2
                                && error.exhaustedLimit() == EcsException.Limit.RETRY_BUDGET)
                    .verify(PATIENCE));
  }

  @Test
  void customizerListenerIsAddedToTheOthers() {
    AtomicInteger customized = new AtomicInteger();
    AtomicInteger bean = new AtomicInteger();
    runner()
        .withBean("ownTransport", HttpExchange.class, () -> (request, maySend) -> Mono.never())
        .withBean("one", CallListener.class, () -> counting(bean))
        .withBean(
            EcsClientBuilderCustomizer.class,
            () -> builder -> builder.listener(counting(customized)))
        .run(
            context -> {
              Disposable call =
                  context.getBean(EcsClient.class).stopInstance(StopInstance.of("i-1")).subscribe();

              assertThat(customized).hasValue(1);
              assertThat(bean).hasValue(1);
              CallsInFlight calls = context.getBean(EcsClientLifecycle.class).calls();
              assertThat(calls.running()).as("calls that the lifecycle waits for").isEqualTo(1);
              call.dispose();
            });
  }

  private static CallListener counting(AtomicInteger started) {
    return new CallListener() {
      @Override
      public void callStarted(String action, ContextView context) {
        started.incrementAndGet();
      }
    };
  }

  @Test
  void pacePropertiesReachTheLimiter() {
    runner()
        .withPropertyValues("fleetstop.pace.rate=7", "fleetstop.pace.burst=3")
        .run(
            context -> {
              RateLimiter limiter = context.getBean(RateLimiterRegistry.class).limiter(STOP);
              assertThat(limiter.rate()).isEqualTo(7);
              assertThat(limiter.available()).isEqualTo(3);
            });
    runner()
        .withPropertyValues("fleetstop.pace.max-rate=0.5")
        .run(
            context ->
                assertThat(context.getBean(RateLimiterRegistry.class).limiter(STOP).rate())
                    .isEqualTo(0.5));
    runner()
        .withPropertyValues("fleetstop.pace.max-describe-rate=0.5")
        .run(
            context -> {
              RateLimiterRegistry limiters = context.getBean(RateLimiterRegistry.class);
              assertThat(limiters.limiter(STOP).rate()).isEqualTo(10);
              assertThat(limiters.limiter(DESCRIBE).rate()).isEqualTo(0.5);
            });
  }

  @Test
  void clientAndFilterShareTheLimiters() {
    runner()
        .run(
            context -> {
              StepVerifier.create(
                      context
                          .getBean(EcsClient.class)
                          .stopInstance(StopInstance.of("i-sim0000000003")))
                  .expectNextCount(1)
                  .expectComplete()
                  .verify(PATIENCE);
              assertThat(context.getBean(RateLimiterRegistry.class).limiters()).containsKey(STOP);
            });
  }

  @Test
  void clientPropertiesReachTheClient() {
    runner()
        .withPropertyValues(
            "fleetstop.max-in-flight=7", "fleetstop.max-open-instances=70", "fleetstop.account=ops")
        .run(
            context -> {
              EcsClient client = context.getBean(EcsClient.class);
              assertThat(client.gauges().maxInFlight()).isEqualTo(7);
              assertThat(client.openInstances().maxInFlight()).isEqualTo(70);
              assertThat(client.gauges().region()).isEqualTo("cn-beijing");
              StepVerifier.create(client.stopInstance(StopInstance.of("i-sim0000000004")))
                  .expectNextCount(1)
                  .expectComplete()
                  .verify(PATIENCE);
              assertThat(context.getBean(RateLimiterRegistry.class).limiters())
                  .containsKey(new Scope("ops", "cn-beijing", "StopInstance"));
            });
  }

  @Test
  void credentialsPropertiesReachTheProvider() {
    runner()
        .run(
            context ->
                StepVerifier.create(context.getBean(CredentialsProvider.class).resolve())
                    .expectNext(Credentials.of("AKLTofproperties0000", "secretofproperties"))
                    .expectComplete()
                    .verify(PATIENCE));
  }
}

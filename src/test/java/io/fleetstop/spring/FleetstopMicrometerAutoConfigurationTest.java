package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.micrometer.CallObservationConvention;
import io.fleetstop.micrometer.ClientMetrics;
import io.fleetstop.micrometer.DefaultCallObservationConvention;
import io.fleetstop.micrometer.FleetMetrics;
import io.fleetstop.micrometer.FleetstopMeter;
import io.fleetstop.micrometer.ObservationCallListener;
import io.fleetstop.micrometer.RateLimiterMetrics;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.simulator.EcsSimulator;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

class FleetstopMicrometerAutoConfigurationTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static ApplicationContextRunner runner() {
    return new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                FleetstopAutoConfiguration.class, FleetstopMicrometerAutoConfiguration.class))
        .withPropertyValues("fleetstop.region=cn-beijing");
  }

  private static final class RecordingHandler implements ObservationHandler<Observation.Context> {

    final Queue<String> stopped = new ConcurrentLinkedQueue<>();

    @Override
    public void onStop(Observation.Context context) {
      stopped.add(String.valueOf(context.getName()));
    }

    @Override
    public boolean supportsContext(Observation.Context context) {
      return true;
    }
  }

  private static ObservationRegistry registry(RecordingHandler names) {
    ObservationRegistry registry = ObservationRegistry.create();
    registry.observationConfig().observationHandler(names);
    return registry;
  }

  @Test
  void registriesPresent_callsAreObservedAndMetered() {
    RecordingHandler names = new RecordingHandler();
    EcsSimulator simulator = EcsSimulator.builder().instances(1).startNow();
    try {
      runner()
          .withBean(ObservationRegistry.class, () -> registry(names))
          .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
          .withPropertyValues(
              "fleetstop.endpoint=" + simulator.endpoint(),
              "fleetstop.credentials.access-key-id=" + simulator.accessKeyId(),
              "fleetstop.credentials.secret-access-key=" + simulator.secretAccessKey())
          .run(
              context -> {
                MeterRegistry meters = context.getBean(MeterRegistry.class);
                context.getBean(RateLimiterMetrics.class).bindTo(meters);
                context.getBean(ClientMetrics.class).bindTo(meters);
                StepVerifier.create(
                        context
                            .getBean(FleetShutdown.class)
                            .stop(Flux.just(InstanceId.of("i-sim0000000001"))))
                    .expectNextCount(1)
                    .expectComplete()
                    .verify(PATIENCE);
                assertThat(names.stopped).isNotEmpty();
                assertThat(meters.find(FleetstopMeter.LIMITER_RATE.getName()).gauge()).isNotNull();
                assertThat(meters.find(FleetstopMeter.REQUESTS_MAX.getName()).gauge()).isNotNull();
                assertThat(meters.find(FleetstopMeter.FLEET_OUTCOMES.getName()).counter())
                    .isNotNull();
              });
    } finally {
      simulator.dispose();
    }
  }

  @Test
  void conventionBeanNamesTheObservations() {
    RecordingHandler names = new RecordingHandler();
    CallObservationConvention named =
        new DefaultCallObservationConvention() {
          @Override
          public String getName() {
            return "custom.name";
          }
        };
    runner()
        .withBean(ObservationRegistry.class, () -> registry(names))
        .withBean(CallObservationConvention.class, () -> named)
        .withPropertyValues(
            "fleetstop.endpoint=http://127.0.0.1:1",
            "fleetstop.retry.max-attempts=1",
            "fleetstop.credentials.access-key-id=AKLTx",
            "fleetstop.credentials.secret-access-key=secret")
        .run(
            context -> {
              StepVerifier.create(
                      context.getBean(EcsClient.class).stopInstance(StopInstance.of("i-1")))
                  .expectError()
                  .verify(PATIENCE);
              assertThat(names.stopped).containsExactly("custom.name");
            });
  }

  @Test
  void noRegistryOrNoMicrometer_noMetricsBeans() {
    runner()
        .run(
            context ->
                assertThat(context)
                    .hasSingleBean(EcsClient.class)
                    .doesNotHaveBean(ObservationCallListener.class)
                    .doesNotHaveBean(RateLimiterMetrics.class)
                    .doesNotHaveBean(ClientMetrics.class)
                    .doesNotHaveBean(FleetMetrics.class));
    runner()
        .withClassLoader(new FilteredClassLoader("io.micrometer"))
        .run(
            context ->
                assertThat(context)
                    .hasNotFailed()
                    .hasSingleBean(EcsClient.class)
                    .doesNotHaveBean("fleetstopObservationCallListener")
                    .doesNotHaveBean("fleetstopRateLimiterMetrics"));
  }

  @Test
  void userDefinedClientIsNotMetered() {
    EcsClient own = EcsClient.create("cn-shanghai");
    runner()
        .withBean(MeterRegistry.class, SimpleMeterRegistry::new)
        .withBean(EcsClient.class, () -> own)
        .run(
            context ->
                assertThat(context)
                    .doesNotHaveBean(ClientMetrics.class)
                    .hasSingleBean(RateLimiterMetrics.class));
    own.closeAsync().subscribe();
  }
}

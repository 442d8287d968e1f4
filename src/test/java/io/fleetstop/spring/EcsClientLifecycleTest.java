package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.model.StopInstance;
import io.fleetstop.simulator.EcsSimulator;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.context.Context;

class EcsClientLifecycleTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static CallsInFlight calls() {
    return new CallsInFlight();
  }

  @Test
  void idleClient_stopsAtOnce() {
    EcsClientLifecycle lifecycle = new EcsClientLifecycle(calls(), Duration.ofSeconds(20));
    AtomicInteger stopped = new AtomicInteger();
    lifecycle.start();
    assertThat(lifecycle.isRunning()).isTrue();

    lifecycle.stop(stopped::incrementAndGet);

    assertThat(stopped).hasValue(1);
    assertThat(lifecycle.isRunning()).isFalse();
  }

  @Test
  void stop_completesWhenTheLastCallEnds() {
    CallsInFlight calls = calls();
    EcsClientLifecycle lifecycle = new EcsClientLifecycle(calls, Duration.ofSeconds(20));
    AtomicInteger stopped = new AtomicInteger();
    calls.callStarted("StopInstance", Context.empty());
    calls.callStarted("StopInstance", Context.empty());

    lifecycle.stop(stopped::incrementAndGet);
    calls.callSucceeded("StopInstance", 1, Duration.ZERO, Context.empty());
    assertThat(stopped).hasValue(0);
    calls.callCancelled("StopInstance", Delivery.UNKNOWN, Duration.ZERO, Context.empty());

    assertThat(stopped).hasValue(1);
  }

  @Test
  void stop_completesAfterTheTimeout() {
    VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    CallsInFlight calls = calls();
    EcsClientLifecycle lifecycle = new EcsClientLifecycle(calls, Duration.ofSeconds(20));
    AtomicInteger stopped = new AtomicInteger();
    calls.callStarted("StopInstance", Context.empty());

    lifecycle.stop(stopped::incrementAndGet);
    time.advanceTimeBy(Duration.ofMillis(19_999));
    assertThat(stopped).hasValue(0);
    time.advanceTimeBy(Duration.ofMillis(1));

    assertThat(stopped).hasValue(1);
  }

  @Test
  void closeTimeoutProperty_isUsed() {
    new ApplicationContextRunner()
        .withConfiguration(AutoConfigurations.of(FleetstopAutoConfiguration.class))
        // A chain that looks for credentials in the background would share the virtual time.
        .withPropertyValues(
            "fleetstop.region=cn-beijing",
            "fleetstop.close-timeout=3s",
            "fleetstop.credentials.access-key-id=AKLTexample",
            "fleetstop.credentials.secret-access-key=secret")
        .run(
            context -> {
              VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
              EcsClientLifecycle lifecycle = context.getBean(EcsClientLifecycle.class);
              AtomicInteger stopped = new AtomicInteger();
              lifecycle.calls().callStarted("StopInstance", Context.empty());

              lifecycle.stop(stopped::incrementAndGet);
              time.advanceTimeBy(Duration.ofMillis(2_999));
              assertThat(stopped).hasValue(0);
              time.advanceTimeBy(Duration.ofMillis(1));

              assertThat(stopped).hasValue(1);
            });
  }

  @Test
  void phase_isAfterTheWebServer() {
    assertThat(new EcsClientLifecycle(calls(), Duration.ZERO).getPhase())
        .isLessThan(Integer.MAX_VALUE - 2_048);
  }

  @Test
  void contextCloses_callInFlightFinishesFirst() throws InterruptedException {
    EcsSimulator simulator =
        EcsSimulator.builder().instances(1).latency(Duration.ofMillis(300)).startNow();
    Sinks.One<EcsClient> closed = Sinks.one();
    Sinks.One<StopInstance.Result> result = Sinks.one();
    CountDownLatch arrived = new CountDownLatch(1);
    try {
      new ApplicationContextRunner()
          .withConfiguration(AutoConfigurations.of(FleetstopAutoConfiguration.class))
          .withPropertyValues(
              "fleetstop.region=cn-beijing",
              "fleetstop.endpoint=" + simulator.endpoint(),
              "fleetstop.credentials.access-key-id=" + simulator.accessKeyId(),
              "fleetstop.credentials.secret-access-key=" + simulator.secretAccessKey())
          .run(
              context -> {
                EcsClient client = context.getBean(EcsClient.class);
                closed.tryEmitValue(client);
                client
                    .stopInstance(StopInstance.of("i-sim0000000001"))
                    .doOnSubscribe(subscription -> arrived.countDown())
                    .subscribe(result::tryEmitValue, result::tryEmitError);
                assertThat(arrived.await(10, TimeUnit.SECONDS)).isTrue();
              });
      // Closing the context did not cancel the call, whose result may still be in flight.
      StepVerifier.create(result.asMono()).expectNextCount(1).expectComplete().verify(PATIENCE);
      StepVerifier.create(
              closed
                  .asMono()
                  .flatMap(client -> client.stopInstance(StopInstance.of("i-sim0000000001"))))
          .expectErrorSatisfies(
              failure ->
                  assertThat(((EcsException) failure).errorCode().code())
                      .isEqualTo("Client.Closed"))
          .verify(PATIENCE);
    } finally {
      simulator.dispose();
    }
  }

  @Test
  void everyTerminationOfACall_isCountedOnce() {
    CallsInFlight calls = calls();
    for (int i = 0; i < 3; i++) {
      calls.callStarted("StopInstance", Context.empty());
    }
    assertThat(calls.running()).isEqualTo(3);
    calls.callSucceeded("StopInstance", 3, Duration.ZERO, Context.empty());
    calls.callCancelled("StopInstance", Delivery.NOT_SENT, Duration.ZERO, Context.empty());
    calls.callFailed(
        "StopInstance",
        EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT).build(),
        Duration.ZERO,
        Context.empty());

    assertThat(calls.running()).isZero();
    StepVerifier.create(calls.whenIdle().thenReturn("idle")).expectNext("idle").verifyComplete();
  }
}

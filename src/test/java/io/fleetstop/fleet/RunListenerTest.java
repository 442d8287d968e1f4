package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.context.Context;

class RunListenerTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final List<String> events = new ArrayList<>();
  private final List<Throwable> dropped = new ArrayList<>();
  private final FleetShutdown.Builder fleet =
      FleetShutdown.builder(new StubClient())
          .options(ShutdownOptions.builder().protectTag("").awaitStopped(false).build());

  @BeforeEach
  void keepDroppedErrors() {
    Hooks.onErrorDropped(dropped::add);
  }

  @AfterEach
  void resetHooks() {
    Hooks.resetOnErrorDropped();
  }

  private RunListener listener(String name, boolean failing) {
    return new RunListener() {
      private void record(String event) {
        events.add(name + " " + event);
        if (failing) {
          throw new IllegalStateException(event);
        }
      }

      @Override
      public void runStarted(ShutdownRun run) {
        record("started");
      }

      @Override
      public void outcomeEmitted(ShutdownRun run, ShutdownOutcome outcome) {
        record(outcome.instanceId().value());
      }

      @Override
      public void runTerminated(ShutdownRun run) {
        record("terminated");
      }
    };
  }

  @Test
  void events_comeInOrder() {
    StepVerifier.create(
            fleet
                .listener(listener("a", false))
                .listener(listener("b", false))
                .build()
                .stop(Mono.just(InstanceId.of("i-1"))))
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(events)
        .containsExactly(
            "a started", "b started", "a i-1", "b i-1", "a terminated", "b terminated");
  }

  @Test
  void failingListener_affectsNeitherRunNorOthers() {
    StepVerifier.create(
            fleet
                .listener(listener("a", true))
                .listener(listener("b", false))
                .build()
                .stop(Mono.just(InstanceId.of("i-1"))))
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(events).contains("b started", "b i-1", "b terminated");
    assertThat(dropped).hasSize(3);
  }

  @Test
  void failedAndCancelledRuns_terminate() {
    FleetShutdown listened = fleet.listener(listener("a", false)).build();
    StepVerifier.create(listened.stop(Flux.error(new IllegalStateException("no ids"))))
        .expectError(IllegalStateException.class)
        .verify(PATIENCE);
    listened.stop(Flux.never()).subscribe().dispose();
    assertThat(events).containsExactly("a started", "a terminated", "a started", "a terminated");
  }

  @Test
  void listenerOfTheContext_isNotifiedToo() {
    StepVerifier.create(
            fleet
                .listener(listener("a", false))
                .build()
                .stop(Mono.just(InstanceId.of("i-1")))
                .contextWrite(Context.of(RunListener.CONTEXT_KEY, listener("b", false))))
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(events)
        .containsExactly(
            "a started", "b started", "a i-1", "b i-1", "a terminated", "b terminated");
  }

  @Test
  void terminatedRun_hasTheErrorThatItEndedWith() {
    List<String> errors = new ArrayList<>();
    FleetShutdown listened =
        fleet
            .listener(
                new RunListener() {
                  @Override
                  public void runStarted(ShutdownRun run) {
                    errors.add("started " + run.error());
                  }

                  @Override
                  public void runTerminated(ShutdownRun run) {
                    errors.add("terminated " + run.error());
                  }
                })
            .build();
    StepVerifier.create(listened.stop(Flux.error(new IllegalStateException("no ids"))))
        .expectError(IllegalStateException.class)
        .verify(PATIENCE);
    listened.stop(Flux.never()).subscribe().dispose();

    assertThat(errors)
        .containsExactly(
            "started null",
            "terminated java.lang.IllegalStateException: no ids",
            "started null",
            "terminated null");
  }
}

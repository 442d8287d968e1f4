package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.ShutdownOutcome.Kind;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** All runs of a shutdown are drained together. */
class ActiveRunsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final StubClient client = new StubClient();
  private final FleetShutdown fleet =
      FleetShutdown.create(client, ShutdownOptions.builder().protectTag("").build());

  private void accept(AtomicInteger calls) {
    client.onStop =
        request -> {
          calls.incrementAndGet();
          return Mono.just(new StopInstance.Result("req", 1));
        };
  }

  private static Flux<InstanceId> ids(String prefix) {
    return Flux.range(0, 3).map(i -> InstanceId.of(prefix + i)).concatWith(Flux.never());
  }

  @Test
  void everyRunDeliversItsOutcomesBeforeDrainCompletes() {
    accept(new AtomicInteger());
    List<ShutdownOutcome> outcomes = new CopyOnWriteArrayList<>();
    AtomicInteger completed = new AtomicInteger();
    for (String prefix : List.of("i-a", "i-b")) {
      fleet.stop(ids(prefix)).doOnComplete(completed::incrementAndGet).subscribe(outcomes::add);
    }
    assertThat(outcomes).isEmpty();

    StepVerifier.create(fleet.drain().doOnSuccess(nothing -> assertThat(completed).hasValue(2)))
        .expectComplete()
        .verify(PATIENCE);

    assertThat(outcomes)
        .hasSize(6)
        .allSatisfy(outcome -> assertThat(outcome.kind()).isEqualTo(Kind.UNCONFIRMED));
  }

  @Test
  void runAfterDrain_startsNothing() {
    AtomicInteger calls = new AtomicInteger();
    accept(calls);
    StepVerifier.create(fleet.drain()).expectComplete().verify(PATIENCE);

    StepVerifier.create(fleet.stop(ids("i-late"))).expectComplete().verify(PATIENCE);
    StepVerifier.create(fleet.drain()).expectComplete().verify(PATIENCE);

    assertThat(calls).hasValue(0);
  }

  @Test
  void cancelledRun_isNotWaitedFor() {
    accept(new AtomicInteger());
    Disposable run = fleet.stop(ids("i-left")).subscribe();

    run.dispose();

    StepVerifier.create(fleet.drain()).expectComplete().verify(PATIENCE);
  }

  @Test
  void reopened_runsStartAgain() {
    AtomicInteger calls = new AtomicInteger();
    accept(calls);
    StepVerifier.create(fleet.drain()).expectComplete().verify(PATIENCE);

    fleet.reopen();
    Disposable run = fleet.stop(ids("i-again")).subscribe();

    assertThat(calls).hasValue(3);
    StepVerifier.create(fleet.drain()).expectComplete().verify(PATIENCE);
    assertThat(run.isDisposed()).as("drained").isTrue();
  }

  @Test
  void reopenedWhileDraining_theWaitEnds() {
    client.onStop = request -> Mono.never();
    Disposable run = fleet.stop(ids("i-slow")).subscribe();
    StepVerifier.create(fleet.drain()).then(fleet::reopen).expectComplete().verify(PATIENCE);
    run.dispose();
  }
}

package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.test.util.RaceTestUtils;

/** Concurrent requests admit each id exactly once. */
class DemandGateRaceTest {

  private static final int ROUNDS = 20_000;

  @Tag("guarantee:one-outcome")
  @Test
  void concurrentRequests_admitEachIdOnce() {
    for (int round = 0; round < ROUNDS; round++) {
      DemandGate gate = new DemandGate(1, () -> true, () -> 0);
      gate.request(Long.MAX_VALUE);
      List<Integer> admitted = new CopyOnWriteArrayList<>();
      BaseSubscriber<Integer> consumer =
          new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {}

            @Override
            protected void hookOnNext(Integer id) {
              admitted.add(id);
            }
          };
      Flux.range(0, 4).concatMapDelayError(gate::admit, 0).subscribe(consumer);
      RaceTestUtils.race(() -> consumer.request(1), () -> consumer.request(1));
      consumer.request(8);

      assertThat(admitted).containsExactly(0, 1, 2, 3);
    }
  }
}

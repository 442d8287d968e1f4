package io.fleetstop.fleet;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import reactor.core.Disposable;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

/** Whoever waits is told once, however a look meets those who come, leave or are given up. */
public final class StopWaiterStress {

  private static final int INTERVAL_SECONDS = 2;

  private StopWaiterStress() {}

  /** A waiter and one who waits, for an instance that the next look will show as stopped. */
  private static final class Waiting {

    private final HandScheduler time = new HandScheduler();
    private final StubClient client = new StubClient();
    private final Sinks.Empty<Void> end = Sinks.empty();
    private final AtomicInteger first = new AtomicInteger();
    private final AtomicInteger second = new AtomicInteger();
    private final Duration interval = Duration.ofSeconds(INTERVAL_SECONDS);
    private final StopWaiter waiter =
        new StopWaiter(
            client, new PollInterval(interval, interval), end.asMono(), Context.empty(), time);
    private final Disposable waiting = await("i-1", first);

    Disposable await(String id, AtomicInteger told) {
      client.states.put(id, "STOPPED");
      return waiter
          .await(InstanceId.of(id), state -> state == State.STOPPED, Duration.ofHours(1))
          .subscribe(sighting -> told.incrementAndGet());
    }

    void look() {
      time.moveBySeconds(INTERVAL_SECONDS);
    }
  }

  /** The last one is seen while another comes. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both are told once.")
  @org.openjdk.jcstress.annotations.State
  public static class ComesAsTheLastLeaves {

    private final Waiting waiting = new Waiting();

    @Actor
    public void look() {
      waiting.look();
    }

    @Actor
    public void come() {
      waiting.await("i-2", waiting.second);
    }

    @Arbiter
    public void count(II_Result result) {
      waiting.look();
      result.r1 = waiting.first.get();
      result.r2 = waiting.second.get();
    }
  }

  /** It is seen while all are given up. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "It is told once, of one or the other.")
  @org.openjdk.jcstress.annotations.State
  public static class SeenAsAllIsEnded {

    private final Waiting waiting = new Waiting();

    @Actor
    public void look() {
      waiting.look();
    }

    @Actor
    public void end() {
      waiting.end.tryEmitEmpty();
    }

    @Arbiter
    public void count(I_Result result) {
      result.r1 = waiting.first.get();
    }
  }

  /** It is seen while it leaves. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "It was told, and nobody is looked at again.")
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "It had left, and nobody is looked at again.")
  @org.openjdk.jcstress.annotations.State
  public static class LeavesDuringALook {

    private final Waiting waiting = new Waiting();

    @Actor
    public void look() {
      waiting.look();
    }

    @Actor
    public void leave() {
      waiting.waiting.dispose();
    }

    @Arbiter
    public void count(II_Result result) {
      int looks = waiting.client.described.get();
      waiting.look();
      waiting.look();
      result.r1 = waiting.first.get();
      result.r2 = waiting.client.described.get() - looks;
    }
  }
}

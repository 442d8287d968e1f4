package io.fleetstop.fleet;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.AwaitOptions;
import io.fleetstop.poll.StateWaiter;
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

/** Each waiter gets one result, however a poll races with arrivals, cancellations and the end. */
public final class StateWaiterStress {

  private static final int INTERVAL_SECONDS = 2;

  private StateWaiterStress() {}

  /** A waiter with one subscriber, for an instance that the next poll shows as stopped. */
  private static final class Waiting {

    private final HandScheduler time = new HandScheduler();
    private final StubClient client = new StubClient();
    private final Sinks.Empty<Void> end = Sinks.empty();
    private final AtomicInteger first = new AtomicInteger();
    private final AtomicInteger second = new AtomicInteger();
    private final Duration interval = Duration.ofSeconds(INTERVAL_SECONDS);
    private final StateWaiter waiter =
        StateWaiter.create(
            client.poller(),
            AwaitOptions.builder().pollInterval(interval).maxPollInterval(interval).build(),
            end.asMono(),
            Context.empty(),
            time);
    private final Disposable waiting = await("i-1", first);

    Disposable await(String id, AtomicInteger results) {
      client.states.put(id, "STOPPED");
      return waiter
          .await(InstanceId.of(id), state -> state == State.STOPPED, Duration.ofHours(1))
          .subscribe(result -> results.incrementAndGet());
    }

    void poll() {
      time.moveBySeconds(INTERVAL_SECONDS);
    }
  }

  /** The last instance is resolved while another arrives. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both get one result.")
  @org.openjdk.jcstress.annotations.State
  public static class ArrivesAsTheLastIsResolved {

    private final Waiting waiting = new Waiting();

    @Actor
    public void poll() {
      waiting.poll();
    }

    @Actor
    public void arrive() {
      waiting.await("i-2", waiting.second);
    }

    @Arbiter
    public void count(II_Result result) {
      waiting.poll();
      result.r1 = waiting.first.get();
      result.r2 = waiting.second.get();
    }
  }

  /** It is resolved while the waiter ends. */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "It gets one result, from either.")
  @org.openjdk.jcstress.annotations.State
  public static class ResolvedAsTheWaiterEnds {

    private final Waiting waiting = new Waiting();

    @Actor
    public void poll() {
      waiting.poll();
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

  /** It is resolved while it is cancelled. */
  @JCStressTest
  @Outcome(
      id = "1, 0",
      expect = ACCEPTABLE,
      desc = "It got its result, and nothing is polled again.")
  @Outcome(
      id = "0, 0",
      expect = ACCEPTABLE,
      desc = "It was cancelled, and nothing is polled again.")
  @org.openjdk.jcstress.annotations.State
  public static class CancelledDuringAPoll {

    private final Waiting waiting = new Waiting();

    @Actor
    public void poll() {
      waiting.poll();
    }

    @Actor
    public void cancel() {
      waiting.waiting.dispose();
    }

    @Arbiter
    public void count(II_Result result) {
      int polls = waiting.client.described.get();
      waiting.poll();
      waiting.poll();
      result.r1 = waiting.first.get();
      result.r2 = waiting.client.described.get() - polls;
    }
  }
}

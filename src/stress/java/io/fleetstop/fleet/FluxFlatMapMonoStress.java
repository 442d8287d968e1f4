package io.fleetstop.fleet;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Sinks;

/** Each result is emitted once, and the end once, however results, requests and a cancel race. */
public final class FluxFlatMapMonoStress {

  private FluxFlatMapMonoStress() {}

  /** Two publishers whose results are merged. */
  private static final class Merging extends BaseSubscriber<Integer> {

    private final Sinks.One<Integer> first = Sinks.one();
    private final Sinks.One<Integer> second = Sinks.one();
    private final Sinks.Many<Integer> source = Sinks.many().unicast().onBackpressureBuffer();
    private final AtomicInteger results = new AtomicInteger();
    private final AtomicInteger ends = new AtomicInteger();

    Merging() {
      new FluxFlatMapMono<>(source.asFlux(), number -> (number == 0 ? first : second).asMono(), 2)
          .subscribe(this);
    }

    static Merging started() {
      Merging merging = new Merging();
      merging.source.tryEmitNext(0);
      merging.source.tryEmitNext(1);
      merging.source.tryEmitComplete();
      return merging;
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      // The actors request.
    }

    @Override
    protected void hookOnNext(Integer result) {
      results.incrementAndGet();
    }

    @Override
    protected void hookOnComplete() {
      ends.incrementAndGet();
    }

    int subscribers() {
      return first.currentSubscriberCount() + second.currentSubscriberCount();
    }
  }

  /** Two results at once, and the demand for both. */
  @JCStressTest
  @Outcome(id = "2, 1", expect = ACCEPTABLE, desc = "Both, and the end.")
  @State
  public static class TwoResultsAndDemand {

    private final Merging merging = Merging.started();

    @Actor
    public void first() {
      merging.first.tryEmitValue(0);
    }

    @Actor
    public void secondAndDemand() {
      merging.second.tryEmitValue(1);
      merging.request(2);
    }

    @Arbiter
    public void count(II_Result result) {
      result.r1 = merging.results.get();
      result.r2 = merging.ends.get();
    }
  }

  /** The source ends while the last result arrives. */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The result, and the end.")
  @State
  public static class LastResultAndEnd {

    private final Merging merging = new Merging();

    public LastResultAndEnd() {
      merging.source.tryEmitNext(0);
      merging.request(1);
    }

    @Actor
    public void result() {
      merging.first.tryEmitValue(0);
    }

    @Actor
    public void end() {
      merging.source.tryEmitComplete();
    }

    @Arbiter
    public void count(II_Result result) {
      result.r1 = merging.results.get();
      result.r2 = merging.ends.get();
    }
  }

  /** A publisher starts while the subscriber cancels. */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Nothing is left subscribed.")
  @State
  public static class StartAndCancel {

    private final Merging merging = new Merging();

    @Actor
    public void start() {
      merging.source.tryEmitNext(0);
    }

    @Actor
    public void cancel() {
      merging.cancel();
    }

    @Arbiter
    public void count(II_Result result) {
      result.r1 = merging.subscribers();
      result.r2 = merging.ends.get();
    }
  }
}

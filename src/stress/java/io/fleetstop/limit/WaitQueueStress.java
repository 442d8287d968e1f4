package io.fleetstop.limit;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A permit is spent by one who got it, or is still there; a place is free when its call is over.
 */
public final class WaitQueueStress {

  private WaitQueueStress() {}

  /** A queue with one due permit that is not granted yet, and one queued subscriber. */
  private static final class Line {

    private final StillScheduler time = new StillScheduler();
    private final AtomicInteger begun = new AtomicInteger();
    private final TokenBucketLimiter limiter =
        new TokenBucketLimiter(TokenBucketOptions.of(1, 1).withScheduler(() -> time));

    Disposable waiting() {
      limiter.acquire().subscribe();
      Disposable waiting = call();
      time.moveBySeconds(1);
      return waiting;
    }

    Disposable call() {
      return limiter.limit(Mono.never().doOnSubscribe(s -> begun.incrementAndGet())).subscribe();
    }

    void grant() {
      limiter.changeRate(1);
    }
  }

  /** Grant against cancel. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "It got the permit before it left.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "It left before, and the permit stayed.")
  @State
  public static class GrantAgainstCancel {

    private final Line line = new Line();
    private final Disposable waiting = line.waiting();

    @Actor
    public void grant() {
      line.grant();
    }

    @Actor
    public void cancel() {
      waiting.dispose();
    }

    @Arbiter
    public void count(II_Result result) {
      result.r1 = line.begun.get();
      result.r2 = line.limiter.available();
    }
  }

  /** Grant against cancel, with another subscriber queued behind. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "One of both got the one permit.")
  @State
  public static class NextInLine {

    private final Line line = new Line();
    private final Disposable first = line.waiting();
    private final Disposable second = line.call();

    @Actor
    public void grant() {
      line.grant();
    }

    @Actor
    public void cancel() {
      first.dispose();
    }

    @Arbiter
    public void count(II_Result result) {
      line.grant();
      result.r1 = line.begun.get();
      result.r2 = line.limiter.available();
      second.dispose();
    }
  }

  /** Two subscribers for one permit, one of which cancels. */
  @JCStressTest
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "One of both got the one permit.")
  @State
  public static class ArrivalAgainstArrival {

    private final Line line = new Line();

    @Actor
    public void arriveAndLeave() {
      line.call().dispose();
    }

    @Actor
    public void arrive() {
      line.call();
    }

    @Arbiter
    public void count(II_Result result) {
      line.grant();
      result.r1 = line.begun.get();
      result.r2 = line.limiter.available();
    }
  }

  /** The end of a call against its cancel. */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "Its place is free, and was given back once.")
  @State
  public static class EndAgainstCancel {

    private final ConcurrencyLimiter limiter = ConcurrencyLimiter.of(1);
    private final Sinks.One<Integer> reply = Sinks.one();
    private final Disposable call = limiter.limit(reply.asMono()).subscribe();

    @Actor
    public void end() {
      reply.tryEmitValue(1);
    }

    @Actor
    public void cancel() {
      call.dispose();
    }

    @Arbiter
    public void count(I_Result result) {
      result.r1 = limiter.inFlight();
    }
  }
}

package io.fleetstop.credentials;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.III_Result;
import org.openjdk.jcstress.infra.results.II_Result;
import reactor.core.publisher.Mono;

/** One question for all who find no value, and no value once it was refused. */
public final class RefreshingCredentialsStress {

  private static final InstantSource CLOCK = InstantSource.fixed(Instant.EPOCH);

  private RefreshingCredentialsStress() {}

  /** A source that answers at once: 1 to the first question, 2 to the second. */
  private static final class Counted {

    private final AtomicInteger questions = new AtomicInteger();
    private final RefreshingCredentials credentials =
        new RefreshingCredentials(
            () -> Mono.fromSupplier(() -> numbered(questions.incrementAndGet())), CLOCK, () -> 0);

    static Credentials numbered(int number) {
      return Credentials.of(Integer.toString(number), "secret");
    }

    int resolve() {
      int[] got = new int[1];
      credentials.resolve().subscribe(c -> got[0] = Integer.parseInt(c.accessKeyId()));
      return got[0];
    }
  }

  /** Two that find no value. */
  @JCStressTest
  @Outcome(id = "1, 1, 1", expect = ACCEPTABLE, desc = "Both got the answer to one question.")
  @Outcome(id = "0, 1, 1", expect = ACCEPTABLE, desc = "The first will get the second one's.")
  @Outcome(id = "1, 0, 1", expect = ACCEPTABLE, desc = "The second will get the first one's.")
  @State
  public static class OneQuestion {

    private final Counted counted = new Counted();

    @Actor
    public void first(III_Result result) {
      result.r1 = counted.resolve();
    }

    @Actor
    public void second(III_Result result) {
      result.r2 = counted.resolve();
    }

    @Arbiter
    public void count(III_Result result) {
      result.r3 = counted.questions.get();
    }
  }

  /** One resolution, and one report that the service rejected the value. */
  @JCStressTest
  @Outcome(id = "1, 2", expect = ACCEPTABLE, desc = "It resolved before the report.")
  @Outcome(id = "2, 2", expect = ACCEPTABLE, desc = "It resolved after the report.")
  @State
  public static class Rejected {

    private final Counted counted = new Counted();

    public Rejected() {
      counted.resolve();
    }

    @Actor
    public void resolve(II_Result result) {
      result.r1 = counted.resolve();
    }

    @Actor
    public void reject() {
      counted.credentials.invalidate(Counted.numbered(1));
    }

    @Arbiter
    public void resolveAgain(II_Result result) {
      result.r2 = counted.resolve();
    }
  }
}

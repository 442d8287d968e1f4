package io.fleetstop.retry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZI_Result;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/** No retry is given twice, and none is lost. */
public final class RetryBudgetStress {

  private RetryBudgetStress() {}

  /** Two that want the last one. */
  @JCStressTest
  @Outcome(
      id = {"true, false", "false, true"},
      expect = ACCEPTABLE,
      desc = "One of both got it.")
  @State
  public static class LastRetry {

    private final RetryBudget budget = RetryBudget.ofRetries(1);

    @Actor
    public void first(ZZ_Result result) {
      result.r1 = budget.tryWithdraw();
    }

    @Actor
    public void second(ZZ_Result result) {
      result.r2 = budget.tryWithdraw();
    }
  }

  /** One that wants a retry, and one that gives one back. */
  @JCStressTest
  @Outcome(id = "true, 0", expect = ACCEPTABLE, desc = "Taken after it was given back.")
  @Outcome(id = "false, 1", expect = ACCEPTABLE, desc = "Given back too late; still there.")
  @State
  public static class GivenBack {

    private final RetryBudget budget = RetryBudget.ofRetries(1);

    public GivenBack() {
      budget.tryWithdraw();
    }

    @Actor
    public void withdraw(ZI_Result result) {
      result.r1 = budget.tryWithdraw();
    }

    @Actor
    public void succeed() {
      budget.recordSuccess(1);
    }

    @Arbiter
    public void count(ZI_Result result) {
      result.r2 = budget.remainingRetries();
    }
  }
}

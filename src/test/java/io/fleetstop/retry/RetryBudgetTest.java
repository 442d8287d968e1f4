package io.fleetstop.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import reactor.test.util.RaceTestUtils;

class RetryBudgetTest {

  @Test
  void fullBudget_grantsItsSize() {
    RetryBudget budget = RetryBudget.ofRetries(3);
    assertThat(IntStream.range(0, 5).filter(i -> budget.tryWithdraw()).count()).isEqualTo(3);
    assertThat(budget.remainingRetries()).isZero();
  }

  @Test
  void successAfterRetries_returnsThem() {
    RetryBudget budget = RetryBudget.ofRetries(3);
    budget.tryWithdraw();
    budget.tryWithdraw();
    budget.recordSuccess(2);
    assertThat(budget.remainingRetries()).isEqualTo(3);
  }

  @Test
  void successesWithoutRetry_earnARetrySlowly() {
    RetryBudget budget = RetryBudget.ofRetries(1);
    assertThat(budget.tryWithdraw()).isTrue();
    IntStream.range(0, 13).forEach(i -> budget.recordSuccess());
    assertThat(budget.tryWithdraw()).isFalse();
    budget.recordSuccess();
    assertThat(budget.tryWithdraw()).isTrue();
  }

  @Test
  void success_isRemembered() {
    RetryBudget budget = RetryBudget.ofRetries(1);
    assertThat(budget.hasSucceeded()).isFalse();
    budget.recordSuccess();
    assertThat(budget.hasSucceeded()).isTrue();
  }

  @Test
  void deposits_neverExceedTheSize() {
    RetryBudget budget = RetryBudget.ofRetries(2);
    budget.recordSuccess(100);
    assertThat(budget.remainingRetries()).isEqualTo(2);
  }

  @Test
  void concurrentWithdrawals_neverTakeTheSameRetry() {
    for (int round = 0; round < 1_000; round++) {
      RetryBudget budget = RetryBudget.ofRetries(1);
      AtomicInteger granted = new AtomicInteger();
      Runnable withdraw =
          () -> {
            if (budget.tryWithdraw()) {
              granted.incrementAndGet();
            }
          };
      RaceTestUtils.race(withdraw, withdraw);
      assertThat(granted).hasValue(1);
    }
  }

  @Test
  void sizeBelowOne_isRejected() {
    assertThatThrownBy(() -> RetryBudget.ofRetries(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("retries must be 1 to")
        .hasMessageContaining("was 0");
  }

  @Test
  void largestBudget_doesNotOverflow() {
    int largest = Integer.MAX_VALUE / 14;
    RetryBudget budget = RetryBudget.ofRetries(largest);
    budget.tryWithdraw();

    budget.recordSuccess(2);

    assertThat(budget.remainingRetries()).isEqualTo(largest);
    assertThat(budget.tryWithdraw()).isTrue();
  }
}

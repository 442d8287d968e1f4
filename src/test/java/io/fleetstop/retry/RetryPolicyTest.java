package io.fleetstop.retry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCatalogue;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.retry.RetryPolicy.Decision;
import io.fleetstop.retry.RetryPolicy.Decision.Retry;
import io.fleetstop.retry.RetryPolicy.Decision.Stop;
import io.fleetstop.retry.RetryPolicy.Failure;
import io.fleetstop.retry.RetryPolicy.Remedy;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RetryPolicyTest {

  private static final Set<Category> WAITED_OUT =
      EnumSet.of(Category.THROTTLED, Category.BUSY, Category.IN_PROGRESS);
  private static final Set<Category> REPEATED =
      EnumSet.of(Category.SERVER, Category.NETWORK, Category.CAPACITY);
  private static final Set<Category> CURED = EnumSet.of(Category.CLOCK);

  private final RetryPolicy policy =
      RetryPolicy.builder().maxAttempts(3).deadline(Duration.ofSeconds(60)).build();

  static ErrorCode codeOf(Category category) {
    return ErrorCatalogue.entries().stream()
        .filter(entry -> entry.category() == category)
        .findFirst()
        .orElseThrow();
  }

  private static Failure failure(ErrorCode code, Delivery delivery, boolean repeatable) {
    return new Failure(code, delivery, repeatable, false, 1, 1, Duration.ofSeconds(1), null, 0.5);
  }

  /** The whole table: category x delivery x repeatable x attempts left x time left. */
  @ParameterizedTest
  @EnumSource(Category.class)
  void decidesEveryCombination(Category category) {
    ErrorCode code = codeOf(category);
    for (Delivery delivery : Delivery.values()) {
      for (boolean repeatable : new boolean[] {true, false}) {
        for (int failures = 1; failures <= 4; failures++) {
          for (Duration elapsed : new Duration[] {Duration.ZERO, Duration.ofSeconds(60)}) {
            for (Duration hint : new Duration[] {null, Duration.ofSeconds(20)}) {
              Failure failure =
                  new Failure(code, delivery, repeatable, false, failures, 1, elapsed, hint, 0.5);
              assertThat(policy.decide(failure) instanceof Retry)
                  .as("%s", failure)
                  .isEqualTo(isRetried(category, failure));
            }
          }
        }
      }
    }
  }

  private static boolean isRetried(Category category, Failure failure) {
    boolean safe = failure.repeatable() || failure.delivery() != Delivery.UNKNOWN;
    boolean hasTime = failure.elapsed().isZero();
    boolean hasAttempts = failure.failures() < 3;
    return hasTime
        && (CURED.contains(category)
            || (WAITED_OUT.contains(category) && safe)
            || (REPEATED.contains(category) && safe && hasAttempts));
  }

  static Set<ErrorCode> catalogue() {
    return Set.copyOf(ErrorCatalogue.entries());
  }

  @ParameterizedTest
  @MethodSource("catalogue")
  void decidesEveryDocumentedCode(ErrorCode code) {
    Decision decision = policy.decide(failure(code, Delivery.REJECTED, true));
    boolean retried =
        WAITED_OUT.contains(code.category())
            || REPEATED.contains(code.category())
            || CURED.contains(code.category())
            || code.equals(GatewayErrors.INVALID_SECRET_TOKEN);
    assertThat(decision instanceof Retry).isEqualTo(retried);
  }

  @Test
  void unknownDeliveryWithoutToken_isNotRepeated() {
    Decision decision =
        policy.decide(failure(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN, false));
    assertThat(decision)
        .isEqualTo(new Stop(null, "the service may have acted, and a repetition would act twice"));
  }

  @Test
  void maxAttempts_endsTheRetries() {
    Failure third =
        new Failure(
            EcsErrors.INTERNAL_ERROR,
            Delivery.UNKNOWN,
            true,
            false,
            3,
            3,
            Duration.ZERO,
            null,
            0.5);
    assertThat(policy.decide(third))
        .isEqualTo(new Stop(Limit.ATTEMPTS, "3 attempts are the limit"));
  }

  @Test
  void throttling_countsNoFailureAndNoBudget() {
    Failure fiftieth =
        new Failure(
            GatewayErrors.FLOW_LIMIT_EXCEEDED,
            Delivery.REJECTED,
            false,
            false,
            0,
            50,
            Duration.ofSeconds(30),
            null,
            0.5);
    assertThat(policy.decide(fiftieth))
        .isEqualTo(new Retry(Duration.ofSeconds(5), Remedy.NONE, false));
  }

  @Test
  void onlyFailuresSpendTheBudget() {
    assertThat(again(EcsErrors.INTERNAL_ERROR).spendsBudget()).isTrue();
    assertThat(again(ClientErrors.CONNECTION_LOST).spendsBudget()).isTrue();
    assertThat(again(EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED).spendsBudget()).isFalse();
    assertThat(again(EcsErrors.IDEMPOTENT_PROCESSING).spendsBudget()).isFalse();
    assertThat(again(EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY).spendsBudget()).isFalse();
  }

  @Test
  void requestThatWasNotSent_spendsNoBudget() {
    assertThat(policy.decide(failure(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT, false)))
        .isEqualTo(new Retry(Duration.ofMillis(375), Remedy.NONE, false));
  }

  @Test
  void outageAfterASuccess_countsNoAttempt() {
    for (Delivery delivery : Delivery.values()) {
      for (boolean reached : new boolean[] {false, true}) {
        Failure fourth =
            new Failure(
                ClientErrors.CONNECT_FAILED,
                delivery,
                true,
                reached,
                4,
                4,
                Duration.ofSeconds(5),
                null,
                0);
        assertThat(policy.decide(fourth) instanceof Retry)
            .as("%s", fourth)
            .isEqualTo(reached && delivery == Delivery.NOT_SENT);
      }
    }
  }

  @Test
  void networkFailures_areRetriedForAtLeast1750Millis() {
    Duration total = Duration.ZERO;
    for (int failures = 1; failures < RetryPolicy.defaults().maxAttempts(); failures++) {
      Failure failure =
          new Failure(
              ClientErrors.CONNECT_FAILED,
              Delivery.NOT_SENT,
              true,
              false,
              failures,
              failures,
              total,
              null,
              0);
      total = total.plus(((Retry) RetryPolicy.defaults().decide(failure)).delay());
    }
    assertThat(total).isEqualTo(Duration.ofMillis(1_750));
  }

  @Test
  void eachCategory_hasItsOwnBackoff() {
    assertThat(again(ClientErrors.CONNECTION_LOST).delay()).isEqualTo(Duration.ofMillis(375));
    assertThat(again(EcsErrors.INTERNAL_ERROR).delay()).isEqualTo(Duration.ofMillis(100));
    assertThat(again(GatewayErrors.FLOW_LIMIT_EXCEEDED).delay()).isEqualTo(Duration.ofMillis(500));
    assertThat(again(EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED).delay())
        .isEqualTo(Duration.ofSeconds(2));
    assertThat(again(EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY).delay())
        .isEqualTo(Duration.ofMillis(2_500));
    assertThat(again(EcsErrors.IDEMPOTENT_PROCESSING).delay()).isEqualTo(Duration.ofMillis(250));
  }

  @Test
  void customBackoff_replacesTheDefault() {
    RetryPolicy changed =
        policy.mutate().backoff(Category.SERVER, (retry, random) -> Duration.ofSeconds(7)).build();
    assertThat(changed.decide(failure(EcsErrors.INTERNAL_ERROR, Delivery.UNKNOWN, true)))
        .isEqualTo(new Retry(Duration.ofSeconds(7), Remedy.NONE, true));
    assertThatThrownBy(() -> policy.mutate().backoff(Category.REQUEST, Backoff.none()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("category must be one that is retried after a delay, was REQUEST");
  }

  private Retry again(ErrorCode code) {
    return (Retry) policy.decide(failure(code, Delivery.REJECTED, true));
  }

  @Test
  void retryAfter_isALowerBound() {
    assertThat(withHint(Duration.ofSeconds(20)))
        .isEqualTo(new Retry(Duration.ofSeconds(20), Remedy.NONE, false));
    assertThat(withHint(Duration.ofMillis(1)))
        .isEqualTo(new Retry(Duration.ofMillis(500), Remedy.NONE, false));
  }

  @Test
  void retryAfterPastDeadline_endsTheCall() {
    assertThat(withHint(Duration.ofSeconds(60)))
        .isEqualTo(
            new Stop(Limit.DEADLINE, "the next attempt would start after the deadline of 1m"));
  }

  /** {@code Retry-After} may be a date of any year; nanoseconds end after 292 years. */
  @Test
  void retryAfterOfCenturies_isBounded() {
    assertThat(withHint(policy.mutate().noDeadline().build(), Duration.ofDays(3_000_000)))
        .isEqualTo(new Retry(Duration.ofDays(365), Remedy.NONE, false));
  }

  private Decision withHint(Duration hint) {
    return withHint(policy, hint);
  }

  private static Decision withHint(RetryPolicy policy, Duration hint) {
    return policy.decide(
        new Failure(
            GatewayErrors.FLOW_LIMIT_EXCEEDED,
            Delivery.REJECTED,
            true,
            false,
            0,
            1,
            Duration.ofSeconds(1),
            hint,
            0.5));
  }

  @Test
  void delayUntilTheDeadline_isNotStarted() {
    RetryPolicy fixed =
        policy.mutate().backoff(Category.SERVER, (n, random) -> Duration.ofSeconds(10)).build();
    assertThat(fixed.decide(at(Duration.ofMillis(49_999)))).isInstanceOf(Retry.class);
    assertThat(fixed.decide(at(Duration.ofSeconds(50)))).isInstanceOf(Stop.class);
    assertThat(fixed.mutate().noDeadline().build().decide(at(Duration.ofDays(1))))
        .isInstanceOf(Retry.class);
  }

  private static Failure at(Duration elapsed) {
    return new Failure(
        EcsErrors.INTERNAL_ERROR, Delivery.UNKNOWN, true, false, 1, 1, elapsed, null, 0.5);
  }

  @Test
  void remedies_areAppliedOnce() {
    for (ErrorCode code :
        Set.of(GatewayErrors.INVALID_TIMESTAMP, GatewayErrors.INVALID_SECRET_TOKEN)) {
      Failure first = failure(code, Delivery.REJECTED, true);
      Failure second =
          new Failure(code, Delivery.REJECTED, true, false, 2, 2, Duration.ofSeconds(1), null, 0.5);
      assertThat(policy.decide(first)).isInstanceOf(Retry.class);
      assertThat(policy.decide(second)).isInstanceOf(Stop.class);
    }
    assertThat(again(GatewayErrors.INVALID_TIMESTAMP).remedy()).isEqualTo(Remedy.CORRECT_CLOCK);
    assertThat(again(GatewayErrors.INVALID_SECRET_TOKEN).remedy())
        .isEqualTo(Remedy.REFRESH_CREDENTIALS);
  }

  @Test
  void neverRetry_stopsACategory() {
    RetryPolicy leaving = policy.mutate().neverRetry(Category.BUSY).build();
    Failure busy = failure(EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED, Delivery.REJECTED, true);
    assertThat(policy.decide(busy)).isInstanceOf(Retry.class);
    assertThat(leaving.mutate().build().decide(busy))
        .isEqualTo(new Stop(null, "BUSY is never retried by this policy"));
  }

  @Test
  void overrideCategory_changesTheDecision() {
    Failure notFound = failure(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.REJECTED, true);
    assertThat(policy.decide(notFound)).isInstanceOf(Stop.class);
    assertThat(
            policy
                .mutate()
                .overrideCategory("InvalidInstance.NotFound", Category.SERVER)
                .build()
                .decide(notFound))
        .isInstanceOf(Retry.class);
  }

  @Test
  void rejectsInvalidOptions() {
    assertThatThrownBy(() -> RetryPolicy.builder().maxAttempts(0))
        .hasMessage("maxAttempts must be at least 1, was 0");
    assertThatThrownBy(() -> RetryPolicy.builder().deadline(Duration.ZERO))
        .hasMessage("deadline must be 1 ms to 365 days, was 0s");
    assertThatThrownBy(() -> RetryPolicy.builder().attemptTimeout(Duration.ofSeconds(-1)))
        .hasMessage("attemptTimeout must be 1 ms to 365 days, was -1s");
  }

  @Test
  void acceptsExtremeOptions() {
    RetryPolicy smallest =
        RetryPolicy.builder()
            .maxAttempts(1)
            .deadline(Duration.ofMillis(1))
            .attemptTimeout(Duration.ofMillis(1))
            .build();
    assertThat(smallest.maxAttempts()).isEqualTo(1);
    assertThat(smallest.deadline()).isEqualTo(Duration.ofMillis(1));
    assertThat(smallest.attemptTimeout()).isEqualTo(Duration.ofMillis(1));
    assertThat(RetryPolicy.builder().deadline(Duration.ofDays(365)).build().deadline())
        .isEqualTo(Duration.ofDays(365));
    assertThatThrownBy(() -> RetryPolicy.builder().deadline(Duration.ofDays(365).plusNanos(1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void mutate_keepsEveryOption() {
    RetryPolicy copy =
        policy
            .mutate()
            .attemptTimeout(Duration.ofSeconds(3))
            .backoff(Category.SERVER, (retry, random) -> Duration.ofSeconds(7))
            .overrideCategory("InvalidInstance.NotFound", Category.SERVER)
            .neverRetry(Category.BUSY)
            .build()
            .mutate()
            .build();

    assertThat(copy.maxAttempts()).isEqualTo(3);
    assertThat(copy.deadline()).isEqualTo(Duration.ofSeconds(60));
    assertThat(copy.attemptTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(copy.decide(failure(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.REJECTED, true)))
        .isEqualTo(new Retry(Duration.ofSeconds(7), Remedy.NONE, true));
    assertThat(copy.decide(failure(codeOf(Category.BUSY), Delivery.REJECTED, true)))
        .isInstanceOf(Stop.class);
  }
}

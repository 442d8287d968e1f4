package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

class BatchRulesTest {

  private static final long UNBOUNDED = Long.MAX_VALUE;

  private static EcsException error(ErrorCode code, Delivery delivery) {
    return EcsException.builder(code, delivery).build();
  }

  @Test
  void fullBatch_isSentAtOnce() {
    assertThat(BatchRules.nextSize(250, 100, 0, UNBOUNDED, false)).isEqualTo(100);
    assertThat(BatchRules.nextSize(99, 100, 0, UNBOUNDED, false)).isZero();
    assertThat(BatchRules.nextSize(99, 100, 0, UNBOUNDED, true)).isEqualTo(99);
  }

  @Test
  void onlyBatch_isCutToFit() {
    assertThat(BatchRules.nextSize(250, 100, 0, 1, false)).isEqualTo(1);
    assertThat(BatchRules.nextSize(250, 100, 0, 8, false)).isEqualTo(8);
    assertThat(BatchRules.nextSize(5, 100, 0, 8, false)).isZero();
  }

  @Test
  void furtherBatch_waitsUntilItFitsAsAWhole() {
    assertThat(BatchRules.nextSize(250, 100, 100, 199, true)).isZero();
    assertThat(BatchRules.nextSize(250, 100, 100, 200, true)).isEqualTo(100);
    assertThat(BatchRules.nextSize(3, 100, 100, 103, true)).isEqualTo(3);
  }

  @Test
  void delays_endInStep() {
    assertThat(BatchRules.inStep(Duration.ofMillis(100), 0)).isEqualTo(Duration.ofMillis(250));
    assertThat(BatchRules.inStep(Duration.ofMillis(250), 0)).isEqualTo(Duration.ofMillis(250));
    assertThat(BatchRules.inStep(Duration.ofMillis(100), -50_000_000))
        .isEqualTo(Duration.ofMillis(300));
    assertThat(BatchRules.inStep(Duration.ZERO, 1_000_000)).isEqualTo(Duration.ofMillis(249));
  }

  @Test
  void batchesDouble_untilTheFailureLimitAllowsThatAllFail() {
    List<Integer> sizes = new ArrayList<>();
    for (int done = 0; done < 800; done += sizes.get(sizes.size() - 1)) {
      long allowed = BatchRules.allowed(FailureLimit.percent(20), 0, done, done, 0, 100);
      sizes.add(BatchRules.nextSize(1_000, 100, 0, allowed, true));
    }
    assertThat(sizes).startsWith(1, 2, 4, 8, 16, 32, 64, 100);
    assertThat(BatchRules.allowed(FailureLimit.percent(20), 0, 400, 400, 0, 100))
        .isEqualTo(UNBOUNDED);
  }

  @Test
  void everyCallFails_oneAtATime() {
    assertThat(BatchRules.allowed(FailureLimit.percent(20), 7, 7, 0, 0, 100)).isEqualTo(1);
    assertThat(BatchRules.allowed(FailureLimit.none(), 7, 7, 0, 0, 100)).isEqualTo(UNBOUNDED);
    assertThat(BatchRules.allowed(FailureLimit.count(120), 7, 7, 0, 0, 100)).isEqualTo(UNBOUNDED);
    assertThat(BatchRules.allowed(FailureLimit.count(120), 7, 7, 0, 100, 100)).isEqualTo(1);
  }

  @Test
  void reasonsOfOneInstance() {
    Predicate<ErrorCode> isSplit = code -> BatchRules.isReasonOfOne(error(code, Delivery.REJECTED));
    assertThat(isSplit)
        .accepts(
            EcsErrors.INVALID_INSTANCE_NOT_FOUND,
            EcsErrors.INVALID_INSTANCE_STATUS,
            EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED,
            EcsErrors.INVALID_STOPPED_MODE_CONFLICT,
            EcsErrors.INVALID_PARAMETER);
    assertThat(isSplit)
        .rejects(
            EcsErrors.IDEMPOTENT_PARAMETER_MISMATCH,
            EcsErrors.INSUFFICIENT_INSTANCE_CAPACITY,
            GatewayErrors.FLOW_LIMIT_EXCEEDED,
            GatewayErrors.MISSING_REQUEST_INFO,
            GatewayErrors.ACCESS_DENIED,
            ClientErrors.QUEUE_TIMEOUT);
    assertThat(
            BatchRules.isReasonOfOne(error(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.UNKNOWN)))
        .isFalse();
  }

  @Test
  void unavailableAction_onlyIfNothingWasDone() {
    Predicate<ErrorCode> isUnavailable =
        code -> BatchRules.isUnavailable(error(code, Delivery.REJECTED));
    assertThat(isUnavailable)
        .accepts(
            GatewayErrors.ACCESS_DENIED,
            GatewayErrors.LACK_POLICY,
            GatewayErrors.INVALID_ACTION_OR_VERSION);
    assertThat(isUnavailable).rejects(EcsErrors.INVALID_PARAMETER, EcsErrors.INTERNAL_ERROR);
    assertThat(BatchRules.isUnavailable(error(GatewayErrors.ACCESS_DENIED, Delivery.UNKNOWN)))
        .isFalse();
  }

  @Test
  void token_dependsOnRunParametersMembersOrderAndNumber() {
    ShutdownOptions options = ShutdownOptions.defaults();
    InstanceId a = InstanceId.of("i-a");
    InstanceId b = InstanceId.of("i-b");
    String token = new RunTokens("night", options).tokenFor(1, List.of(a, b));

    assertThat(token)
        .hasSize(40)
        .isEqualTo(new RunTokens("night", options).tokenFor(1, List.of(a, b)));
    assertThat(
            List.of(
                token,
                new RunTokens("night", options).tokenFor(2, List.of(a, b)),
                new RunTokens("night", options).tokenFor(1, List.of(b, a)),
                new RunTokens("night", options).tokenFor(1, List.of(a)),
                new RunTokens("day", options).tokenFor(1, List.of(a, b)),
                new RunTokens("night", options.mutate().forceStop(true).build())
                    .tokenFor(1, List.of(a, b)),
                new RunTokens("night", options).tokenFor(a)))
        .doesNotHaveDuplicates();
  }

  private static int callsToSplit(int size, List<Integer> culprits, List<Integer> served) {
    int[] calls = {0};
    BatchSplit.send(
            IntStream.range(0, size).boxed().toList(),
            members -> {
              calls[0]++;
              boolean rejected = members.stream().anyMatch(culprits::contains);
              if (!rejected || members.size() == 1) {
                served.addAll(members);
              }
              return Mono.just(rejected);
            })
        .block();
    return calls[0];
  }

  @Test
  void oneReason_isFoundByAtMostTwoCallsAHalving() {
    for (int size = 2; size <= 100; size++) {
      int bound = (int) (2 * Math.log(size) / Math.log(2));
      for (int culprit = 0; culprit < size; culprit++) {
        List<Integer> served = new ArrayList<>();
        assertThat(callsToSplit(size, List.of(culprit), served) - 1)
            .as("%s of %s", culprit, size)
            .isLessThanOrEqualTo(bound);
        assertThat(served).containsExactlyElementsOf(IntStream.range(0, size).boxed().toList());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 5, 100})
  void anyNumberOfReasons_eachMemberIsServedOnce(int culprits) {
    List<Integer> served = new ArrayList<>();
    List<Integer> wrong = IntStream.range(0, culprits).map(i -> 99 - i * 97 % 100).boxed().toList();
    int calls = callsToSplit(100, wrong, served);
    assertThat(served).containsExactlyElementsOf(IntStream.range(0, 100).boxed().toList());
    assertThat(calls - 1).isLessThanOrEqualTo(13 * culprits);
  }
}

package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fleetstop.simulator.TestClient.Reply;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.test.scheduler.VirtualTimeScheduler;

class QuotaTest {

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final EcsSimulator simulator =
      EcsSimulator.builder().scheduler(time).instances(50).startNow();
  private final TestClient client = new TestClient(simulator);

  @AfterEach
  void dispose() {
    simulator.disposeLater().block(Duration.ofSeconds(10));
  }

  private int passed(int calls) {
    int passed = 0;
    for (int i = 0; i < calls; i++) {
      passed += client.stop("i-absent").status() == 404 ? 1 : 0;
    }
    return passed;
  }

  @Test
  void tokenBucket_allowsBurstThenRate() {
    simulator.setQuota("StopInstance", Quota.tokenBucket(4, 10));
    assertThat(passed(15)).isEqualTo(10);
    time.advanceTimeBy(Duration.ofMillis(249));
    assertThat(passed(1)).isZero();
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(passed(2)).isEqualTo(1);
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(passed(6)).isEqualTo(4);
    time.advanceTimeBy(Duration.ofHours(1));
    assertThat(passed(15)).isEqualTo(10);
  }

  @Test
  void fixedWindow_restartsEverySecond() {
    simulator.setQuota("StopInstance", Quota.fixedWindow(3));
    time.advanceTimeBy(Duration.ofMillis(900));
    assertThat(passed(5)).isEqualTo(3);
    time.advanceTimeBy(Duration.ofMillis(100));
    assertThat(passed(5)).isEqualTo(3);
    time.advanceTimeBy(Duration.ofMillis(999));
    assertThat(passed(1)).isZero();
    time.advanceTimeBy(Duration.ofSeconds(10));
    assertThat(passed(5)).isEqualTo(3);
  }

  @Test
  void quota_isPerActionAndReplaceable() {
    simulator.setQuota(Quota.fixedWindow(1));
    assertThat(passed(2)).isEqualTo(1);
    assertThat(client.describe().status()).isEqualTo(200);
    assertThat(client.describe().status()).isEqualTo(429);
    simulator.setQuota("StopInstance", Quota.unlimited());
    assertThat(passed(20)).isEqualTo(20);
    assertThat(client.describe().status()).isEqualTo(429);
  }

  @Test
  void exhaustedQuota_rejectsLikeGateway() {
    simulator.setQuota("StopInstance", Quota.tokenBucket(0.25, 1));
    client.stop("i-absent");
    Reply reply = client.stop("i-sim0000000001");
    assertThat(reply.status()).isEqualTo(429);
    assertThat(reply.code()).isEqualTo("FlowLimitExceeded");
    assertThat(reply.codeN()).isEqualTo(100018);
    assertThat(reply.headers().contains("Retry-After")).isFalse();
    assertThat(simulator.status("i-sim0000000001")).isEqualTo("RUNNING");

    simulator.setQuota("StopInstance", Quota.tokenBucket(0.25, 1).withRetryAfter());
    client.stop("i-absent");
    assertThat(client.stop("i-absent").headers().get("Retry-After")).isEqualTo("4");

    simulator.setQuota("StopInstance", Quota.fixedWindow(1).accountLevel().withRetryAfter());
    client.stop("i-absent");
    Reply account = client.stop("i-absent");
    assertThat(account.status()).isEqualTo(400);
    assertThat(account.code()).isEqualTo("AccountFlowLimitExceeded");
    assertThat(account.codeN()).isEqualTo(100027);
    assertThat(account.headers().get("Retry-After")).isEqualTo("1");
  }

  @Test
  void gate_neverExceedsQuotaOverAnySpan() {
    Quota.Gate gate = new Quota.Gate(Quota.tokenBucket(1000, 5), -7);
    long passed = 0;
    for (long now = -7; now < TimeUnit.SECONDS.toNanos(2) - 7; now += 100_003) {
      passed += gate.tryAcquire(now) == 0 ? 1 : 0;
    }
    assertThat(passed).isBetween(1_995L, 2_005L);
  }

  @Test
  void invalidQuota_rejected() {
    assertThatIllegalArgumentException().isThrownBy(() -> Quota.tokenBucket(0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> Quota.tokenBucket(Double.NaN, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> Quota.tokenBucket(1, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> Quota.fixedWindow(0));
    assertThat(Quota.tokenBucket(4, 10)).hasToString("Quota[4.0 per second, burst 10]");
  }
}

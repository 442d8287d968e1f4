package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fleetstop.simulator.TestClient.Reply;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.netty.ChannelBindException;
import reactor.test.StepVerifier;

/** Start, capacity and disposal of a simulator. */
class EcsSimulatorTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @Test
  void start_onePerSubscription() {
    var starting = EcsSimulator.builder().instances(1).start();
    EcsSimulator first = Objects.requireNonNull(starting.block(PATIENCE));
    EcsSimulator second = Objects.requireNonNull(starting.block(PATIENCE));
    assertThat(first.port()).isNotEqualTo(second.port());
    assertThat(first.endpoint()).hasToString("http://127.0.0.1:" + first.port());
    assertThat(first.accessKeyId()).isEqualTo(EcsSimulator.SAMPLE_ACCESS_KEY_ID);
    assertThat(first.secretAccessKey()).isEqualTo(EcsSimulator.SAMPLE_SECRET_ACCESS_KEY);
    assertThat(first.region()).isEqualTo("cn-beijing");
    assertThat(new TestClient(first).stop("i-sim0000000001").status()).isEqualTo(200);
    assertThat(second.ledger().effects()).isZero();
    assertThat(first.toString()).contains("effects=1");

    StepVerifier.create(EcsSimulator.builder().port(first.port()).start())
        .verifyError(ChannelBindException.class);
    assertThatExceptionOfType(ChannelBindException.class)
        .isThrownBy(() -> EcsSimulator.builder().port(first.port()).startNow());

    first.disposeLater().block(PATIENCE);
    assertThat(first.isDisposed()).isTrue();
    assertThat(second.isDisposed()).isFalse();
    second.dispose();
    second.onDispose().block(PATIENCE);
    EcsSimulator again = EcsSimulator.builder().port(first.port()).startNow();
    again.disposeLater().block(PATIENCE);
  }

  @Test
  void longReply_isCompressedIfTheClientAcceptsIt() {
    EcsSimulator simulator = EcsSimulator.builder().instances(100).startNow();
    try {
      TestClient client = new TestClient(simulator);
      assertThat(client.describe("MaxResults", "100").headers().contains("Content-Encoding"))
          .isFalse();
      client.acceptEncoding = "gzip";
      assertThat(client.describe("MaxResults", "100").headers().get("Content-Encoding"))
          .isEqualTo("gzip");
      assertThat(client.stop("i-sim0000000001").headers().contains("Content-Encoding")).isFalse();
    } finally {
      simulator.dispose();
    }
  }

  @Test
  void dispose_endsHungCalls() {
    EcsSimulator simulator = EcsSimulator.builder().instances(1).startNow();
    simulator.faultAlways("StopInstance", Fault.HUNG);
    var call = new TestClient(simulator).call("StopInstance", "InstanceId", "i-sim0000000001");
    var pending = call.toFuture();
    TestWait.until(() -> simulator.ledger().effects() == 1);
    simulator.disposeLater().block(PATIENCE);
    assertThat(pending).failsWithin(PATIENCE);
  }

  @Test
  void gracefulDisposal_finishesCallsInProgress() {
    EcsSimulator simulator =
        EcsSimulator.builder().instances(1).latency(Duration.ofMillis(300)).startNow();
    var call = new TestClient(simulator).call("StopInstance", "InstanceId", "i-sim0000000001");
    var pending = call.toFuture();
    TestWait.until(() -> simulator.ledger().effects() == 1);
    simulator.disposeGracefully(PATIENCE).block(PATIENCE);
    assertThat(pending.orTimeout(20, TimeUnit.SECONDS).join().status()).isEqualTo(200);
    assertThat(simulator.isDisposed()).isTrue();
  }

  @Test
  void largeFleet_eachInstanceStoppedOnce() {
    EcsSimulator simulator = EcsSimulator.builder().instances(10_000).startNow();
    try {
      TestClient client = new TestClient(simulator);
      Flux.fromIterable(simulator.ids().subList(0, 2_000))
          .flatMap(id -> client.call("StopInstance", "InstanceId", id, "ClientToken", id), 16)
          .map(Reply::status)
          .distinct()
          .as(StepVerifier::create)
          .expectNext(200)
          .expectComplete()
          .verify(Duration.ofSeconds(60));
      assertThat(simulator.ledger().effects()).isEqualTo(2_000);
      assertThat(simulator.ledger().stoppedRepeatedly()).isEmpty();
      assertThat(simulator.ledger().recent("StopInstance")).hasSize(2_000);
    } finally {
      simulator.dispose();
    }
  }

  @Test
  void ledger_keepsLastCallsAndFirstTokens() {
    Ledger ledger = new Ledger();
    for (int i = 0; i < Ledger.MAX_RECENT + 10; i++) {
      long number = ledger.recordArrival("StopInstance", true);
      ledger.recordStopCall("i-one", "token-" + i);
      ledger.recordReply(new Ledger.Call(number, i, "StopInstance", "i-one", null, 200, "", null));
    }
    assertThat(ledger.recent()).hasSize(Ledger.MAX_RECENT);
    assertThat(ledger.recent().get(0).number()).isEqualTo(10);
    assertThat(ledger.tokens("i-one")).hasSize(Ledger.MAX_TOKENS);
    assertThat(ledger.calls()).isEqualTo(Ledger.MAX_RECENT + 10);
    assertThat(ledger.stopCalls("i-one")).isEqualTo(Ledger.MAX_RECENT + 10);
  }

  @Test
  void invalidOptions_rejected() {
    EcsSimulatorBuilder builder = EcsSimulator.builder();
    assertThatIllegalArgumentException().isThrownBy(() -> builder.port(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.instances(0));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.latency(Duration.ofMillis(-1)));
    assertThatIllegalArgumentException().isThrownBy(() -> builder.maxClockSkew(Duration.ZERO));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.stopDelay(Duration.ofDays(366)))
        .withMessageContaining("stopDelay must be 0 to 365 days");
  }
}

package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fleetstop.simulator.TestClient.Reply;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.netty.http.client.PrematureCloseException;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import tools.jackson.core.JacksonException;

/** Every kind of fault, as seen by a client and by the ledger. */
class FaultTest {

  private static final String ID = "i-sim0000000001";

  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();
  private final EcsSimulator simulator =
      EcsSimulator.builder().scheduler(time).instances(200).startNow();
  private final TestClient client = new TestClient(simulator);

  @AfterEach
  void dispose() {
    simulator.disposeLater().block(Duration.ofSeconds(10));
  }

  private Mono<Reply> stop() {
    return client.call("StopInstance", "InstanceId", ID, "ClientToken", "t");
  }

  private Throwable failure() {
    Throwable thrown = catchThrowable(() -> TestClient.block(stop()));
    assertThat(thrown).isNotNull();
    return Exceptions.unwrap(thrown);
  }

  @Test
  void reset_failsConnection() {
    simulator.faultNext(ID, Fault.RESET_BEFORE, 1);
    assertThat(failure()).isInstanceOf(IOException.class).hasMessageContaining("reset");
    assertThat(simulator.ledger().effects(ID)).isZero();
    simulator.faultNext(ID, Fault.RESET_AFTER, 1);
    assertThat(failure()).isInstanceOf(IOException.class).hasMessageContaining("reset");
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
  }

  @Test
  void lostReply_closesConnectionAfterEffect() {
    simulator.faultNext(ID, Fault.LOST_REPLY, 1);
    assertThat(failure()).isInstanceOf(PrematureCloseException.class);
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
    assertThat(TestClient.block(stop()).status()).isEqualTo(200);
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
    assertThat(simulator.ledger().faults(Fault.LOST_REPLY)).isEqualTo(1);
  }

  @Test
  void truncatedReply_breaksOff() {
    simulator.faultNext(ID, Fault.TRUNCATED, 1);
    assertThat(failure()).isInstanceOf(PrematureCloseException.class);
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"HTML_502_BEFORE", "HTML_502_AFTER", "GARBAGE", "EMPTY_BODY"})
  void unreadableReply_afterEffect(Fault fault) {
    simulator.faultNext(ID, fault, 1);
    Reply reply = TestClient.block(stop());
    boolean page = fault == Fault.HTML_502_BEFORE || fault == Fault.HTML_502_AFTER;
    assertThat(reply.status()).isEqualTo(page ? 502 : 200);
    assertThat(reply.headers().get("Content-Type")).contains(page ? "text/html" : "json");
    if (fault == Fault.EMPTY_BODY) {
      assertThat(reply.text()).isEmpty();
    } else {
      assertThat(catchThrowable(reply::json)).isInstanceOf(JacksonException.class);
    }
    assertThat(simulator.ledger().effects(ID)).isEqualTo(fault.isBeforeEffect() ? 0 : 1);
  }

  @Test
  void injectedErrors_haveTheirCodesAndEffects() {
    simulator.faultNext(ID, Fault.THROTTLE, 1);
    simulator.faultNext(ID, Fault.PROCESSING, 1);
    simulator.faultNext(ID, Fault.INTERNAL_ERROR_BEFORE, 1);
    simulator.faultNext(ID, Fault.INTERNAL_ERROR_AFTER, 1);
    List<String> seen = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Reply reply = TestClient.block(stop());
      seen.add(reply.status() + reply.code() + simulator.ledger().effects(ID));
    }
    assertThat(seen)
        .containsExactly(
            "429FlowLimitExceeded0",
            "412IdempotentProcessing0",
            "500InternalError0",
            "500InternalError1",
            "2001");
    assertThat(simulator.ledger().tokens(ID)).containsExactly("t");
  }

  @Test
  void slowReply_tokenInProcessUntilSent() {
    simulator.setFaults(
        RandomFaults.builder().fault(Fault.SLOW, 1).slowBy(Duration.ofSeconds(7)).build());
    var slow = stop().toFuture();
    TestWait.until(() -> time.getScheduledTaskCount() == 1);
    simulator.setFaults(RandomFaults.none());
    time.advanceTimeBy(Duration.ofMillis(6_999));
    assertThat(TestClient.block(stop()).code()).isEqualTo("IdempotentProcessing");
    assertThat(slow).isNotDone();
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(slow.orTimeout(20, TimeUnit.SECONDS).join().status()).isEqualTo(200);
    assertThat(TestClient.block(stop()).status()).isEqualTo(200);
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(names = {"HUNG", "HUNG_BEFORE"})
  void hungCall_neverAnswered(Fault fault) {
    simulator.faultNext(ID, fault, 1);
    StepVerifier.create(stop())
        .expectSubscription()
        .expectNoEvent(Duration.ofMillis(300))
        .thenCancel()
        .verify(Duration.ofSeconds(10));
    assertThat(simulator.ledger().effects(ID)).isEqualTo(fault.isBeforeEffect() ? 0 : 1);
    assertThat(TestClient.block(stop()).status()).isEqualTo(200);
    assertThat(simulator.ledger().effects(ID)).isEqualTo(1);
  }

  @Test
  void sameSeed_sameFaults() {
    RandomFaults plan =
        RandomFaults.builder()
            .fault(Fault.THROTTLE, 0.2)
            .fault(Fault.INTERNAL_ERROR_AFTER, 0.2)
            .actions("StopInstance")
            .build();
    List<String> first = codesOf(plan, 42);
    assertThat(codesOf(plan, 42)).isEqualTo(first);
    assertThat(codesOf(plan, 43)).isNotEqualTo(first);
    assertThat(first.stream().filter(String::isEmpty).count()).isBetween(85L, 135L);
    assertThat(first).contains("FlowLimitExceeded", "InternalError");
  }

  private static List<String> codesOf(RandomFaults plan, long seed) {
    EcsSimulator other = EcsSimulator.builder().instances(190).seed(seed).faults(plan).startNow();
    try {
      TestClient client = new TestClient(other);
      List<String> codes = new ArrayList<>();
      for (String id : other.ids()) {
        assertThat(client.describe("InstanceIds.1", id).status()).isEqualTo(200);
        codes.add(client.stop(id).code());
      }
      assertThat(other.ledger().effects()).isEqualTo(190 - other.ledger().faults(Fault.THROTTLE));
      return codes;
    } finally {
      other.dispose();
    }
  }

  @Test
  void parse_readsNamesAndProbabilities() {
    RandomFaults plan = RandomFaults.parse("lost-reply=5%, html-502=0.03,hang=1%,throttle=10%");
    assertThat(plan.probabilities())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                Fault.LOST_REPLY, 0.05,
                Fault.HTML_502_AFTER, 0.03,
                Fault.HUNG, 0.01,
                Fault.THROTTLE, 0.1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "lost-reply",
        "lost-reply=",
        "lost-reply=x",
        "lost-reply=5%,",
        "lost=5%",
        "lost-reply=-1%",
        "lost-reply=101%",
        "hang=60%,slow=50%",
        "hang=1%,hung=1%"
      })
  void parse_rejectsInvalidText(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RandomFaults.parse(text))
        .withMessageMatching("(fault|probabilit).*");
  }

  @Test
  void invalidPlan_rejected() {
    assertThatIllegalArgumentException().isThrownBy(() -> RandomFaults.of(Fault.HUNG, 1.5));
    assertThatIllegalArgumentException().isThrownBy(() -> RandomFaults.of(Fault.HUNG, Double.NaN));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> RandomFaults.builder().fault(Fault.HUNG, 0.6).fault(Fault.SLOW, 0.6).build());
    assertThat(RandomFaults.of(Fault.HUNG, 0.25).pick(0.2)).isEqualTo(Fault.HUNG);
    assertThat(RandomFaults.of(Fault.HUNG, 0.25).pick(0.25)).isNull();
    assertThat(RandomFaults.none().appliesTo("StopInstance")).isFalse();
  }
}

package io.fleetstop.simulator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.management.ThreadMXBean;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.simulator.SignatureVerifier.SignedRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What a caller without a key can make the simulator allocate and keep. */
class PreAuthMemoryTest {

  private static final int MAX_KEPT = 256;

  private final EcsSimulator simulator = EcsSimulator.builder().instances(1).startNow();
  private final TestClient client = new TestClient(simulator);
  private final SignatureVerifier verifier =
      new SignatureVerifier(
          Map.of("AK", new SignatureVerifier.Key("SK", null)),
          InstantSource.fixed(Instant.parse("2026-11-29T00:00:00Z")),
          Duration.ofMinutes(15));

  @AfterEach
  void close() {
    simulator.disposeLater().block(Duration.ofSeconds(10));
  }

  private static SignedRequest preSigned(String region, String signedHeaders) {
    String target =
        "/?Action=StopInstance&Version=2020-04-01&X-Algorithm=HMAC-SHA256&X-Credential=AK/20261129/"
            + region
            + "/ecs/request&X-Date=20261129T000000Z&X-Signature=0"
            + "&X-SignedQueries=Action;Version;X-Algorithm;X-Credential;X-Date;X-SignedHeaders"
            + "&X-SignedHeaders="
            + signedHeaders;
    return SignedRequest.of(
        "GET", target, new DefaultHttpHeaders().set("abc", "v".repeat(7_000)), new byte[0]);
  }

  private void assertRefusedCheaply(SignedRequest request) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Throwable refusal = catchThrowable(() -> verifier.verify(request));
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;
    assertThat(refusal)
        .isInstanceOfSatisfying(
            ApiError.class,
            error -> assertThat(error.code()).isEqualTo(GatewayErrors.INVALID_AUTHORIZATION));
    assertThat(allocated).isLessThan(20_000_000);
  }

  @Test
  void headerSignedAgainAndAgain_isRefusedBeforeItIsRead() {
    assertRefusedCheaply(preSigned("cn-beijing", "abc;".repeat(16_000) + "abc"));
    assertRefusedCheaply(preSigned("cn-beijing", "abc;Abc;aBc;abC;ABc;AbC;aBC;ABC"));
  }

  @Test
  void longScope_isRefusedBeforeItsKeyIsDerived() {
    Throwable refusal = catchThrowable(() -> verifier.verify(preSigned("r".repeat(60_000), "abc")));

    assertThat(refusal)
        .isInstanceOfSatisfying(
            ApiError.class,
            error -> assertThat(error.code()).isEqualTo(GatewayErrors.INVALID_CREDENTIAL));
  }

  @Test
  void ledger_keepsOnlyTheStartOfEachText() {
    String id = simulator.ids().get(0);
    String stop = "/?Action=StopInstance&Version=2020-04-01&InstanceId=";
    TestClient.block(client.raw(stop + id + "&ClientToken=" + "t".repeat(60_000), Map.of()));
    TestClient.block(client.raw(stop + "i".repeat(60_000), Map.of()));
    TestClient.block(client.raw("/?Action=" + "a".repeat(60_000), Map.of()));

    assertThat(simulator.ledger().recent())
        .hasSize(3)
        .allSatisfy(
            call -> {
              assertThat(call.action()).hasSizeLessThanOrEqualTo(MAX_KEPT);
              assertThat(String.valueOf(call.instanceId())).hasSizeLessThanOrEqualTo(MAX_KEPT);
              assertThat(String.valueOf(call.clientToken())).hasSizeLessThanOrEqualTo(MAX_KEPT);
            });
    assertThat(simulator.ledger().tokens(id)).containsExactly("t".repeat(MAX_KEPT));
  }
}

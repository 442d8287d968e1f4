package io.fleetstop.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.model.EcsAction.Idempotency;
import io.fleetstop.model.EcsAction.Reply;
import io.fleetstop.model.StopInstance.Result;
import io.fleetstop.model.StopInstance.StoppedMode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StopInstanceTest {

  private static final StopInstance PLAIN = StopInstance.of("i-1");

  @Test
  void defaultStoppedMode_isSent() {
    assertThat(PLAIN.parameters())
        .hasSize(3)
        .containsEntry("InstanceId", "i-1")
        .containsEntry("ForceStop", "false")
        .containsEntry("StoppedMode", "KeepCharging");
  }

  @Test
  void sendsEveryParameterThatIsSet() {
    StopInstance full =
        StopInstance.builder("i-1")
            .forceStop(true)
            .stoppedMode(StoppedMode.STOP_CHARGING)
            .clientToken("token-1")
            .dryRun(true)
            .build();

    assertThat(full.parameters())
        .hasSize(5)
        .containsEntry("InstanceId", "i-1")
        .containsEntry("ForceStop", "true")
        .containsEntry("StoppedMode", "StopCharging")
        .containsEntry("ClientToken", "token-1")
        .containsEntry("DryRun", "true");
  }

  @Test
  void stopInstance_isAnEcsActionWithAToken() {
    assertThat(PLAIN.action()).isEqualTo("StopInstance");
    assertThat(PLAIN.version()).isEqualTo("2020-04-01");
    assertThat(PLAIN.service()).isEqualTo("ecs");
    assertThat(PLAIN.idempotency()).isEqualTo(Idempotency.TOKEN);
    assertThat(PLAIN.clientToken()).isNull();
  }

  @Test
  void token_isAddedToACopy() {
    assertThat(PLAIN.withClientToken("token-1").clientToken()).isEqualTo("token-1");
    assertThat(PLAIN.clientToken()).isNull();
  }

  @Test
  void mutate_keepsEverySetting() {
    StopInstance full =
        StopInstance.builder("i-1")
            .forceStop(true)
            .stoppedMode(StoppedMode.STOP_CHARGING)
            .clientToken("token-1")
            .dryRun(true)
            .build();

    assertThat(full.mutate().build()).usingRecursiveComparison().isEqualTo(full);
    assertThat(full.isForceStop()).isTrue();
    assertThat(full.isDryRun()).isTrue();
    assertThat(full.stoppedMode()).isEqualTo(StoppedMode.STOP_CHARGING);
    assertThat(full.instanceId()).isEqualTo(InstanceId.of("i-1"));
  }

  @Test
  void token_hasOneTo64Characters() {
    String longest = "x".repeat(64);
    assertThat(PLAIN.withClientToken(longest).clientToken()).isEqualTo(longest);
    assertThatThrownBy(() -> PLAIN.withClientToken("x".repeat(65)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("ClientToken must have 1 to 64 characters, has 65: \"" + "x".repeat(65) + "\"");
    assertThatThrownBy(() -> PLAIN.withClientToken(""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("ClientToken must have 1 to 64 characters, has 0: \"\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\u00e9", "a\n", "\u007f", "\ud83d"})
  void token_isPrintableAscii(String token) {
    assertThatThrownBy(() -> PLAIN.withClientToken(token))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("ClientToken must be printable ASCII, was " + Text.quote(token));
  }

  @Test
  void stoppedModes_haveWireNames() {
    assertThat(StoppedMode.ofWireName("KeepCharging")).isEqualTo(StoppedMode.KEEP_CHARGING);
    assertThat(StoppedMode.ofWireName("StopCharging")).isEqualTo(StoppedMode.STOP_CHARGING);
    assertThatThrownBy(() -> StoppedMode.ofWireName("keepcharging"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("StoppedMode must be KeepCharging or StopCharging, was \"keepcharging\"");
  }

  @Test
  void dryRunOperation_isSuccessOfADryRunOnly() {
    StopInstance dryRun = StopInstance.builder("i-1").dryRun(true).build();

    assertThat(dryRun.isSuccess(EcsErrors.DRY_RUN_OPERATION)).isTrue();
    assertThat(PLAIN.isSuccess(EcsErrors.DRY_RUN_OPERATION)).isFalse();
    assertThat(dryRun.isSuccess(EcsErrors.INTERNAL_ERROR)).isFalse();
  }

  @Test
  void resultHasRequestIdAndAttempts() {
    Reply reply =
        new Reply() {
          @Override
          public String requestId() {
            return "req-1";
          }

          @Override
          public int attempts() {
            return 2;
          }

          @Override
          public <B> B result(Class<B> type) {
            throw new AssertionError("a stop has no result to read");
          }
        };

    assertThat(PLAIN.decode(reply)).isEqualTo(new Result("req-1", 2));
  }
}

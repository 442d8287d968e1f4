package io.fleetstop.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.model.EcsAction.Idempotency;
import org.junit.jupiter.api.Test;

class StartInstanceTest {

  private static final StartInstance PLAIN = StartInstance.of("i-1");

  @Test
  void sendsEveryParameterThatIsSet() {
    assertThat(PLAIN.parameters()).hasSize(1).containsEntry("InstanceId", "i-1");
    assertThat(StartInstance.builder("i-1").clientToken("token-1").dryRun(true).build())
        .satisfies(
            full ->
                assertThat(full.parameters())
                    .hasSize(3)
                    .containsEntry("InstanceId", "i-1")
                    .containsEntry("ClientToken", "token-1")
                    .containsEntry("DryRun", "true"))
        .satisfies(
            full -> assertThat(full.mutate().build()).usingRecursiveComparison().isEqualTo(full));
  }

  @Test
  void startInstance_isAnEcsActionWithAToken() {
    assertThat(PLAIN.action()).isEqualTo("StartInstance");
    assertThat(PLAIN.version()).isEqualTo("2020-04-01");
    assertThat(PLAIN.idempotency()).isEqualTo(Idempotency.TOKEN);
    assertThat(PLAIN.clientToken()).isNull();
    assertThat(PLAIN.withClientToken("token-1").clientToken()).isEqualTo("token-1");
  }

  @Test
  void dryRunOperation_isSuccessOfADryRunOnly() {
    StartInstance dryRun = StartInstance.builder("i-1").dryRun(true).build();
    assertThat(dryRun.isSuccess(EcsErrors.DRY_RUN_OPERATION)).isTrue();
    assertThat(dryRun.isPlainSuccess()).isFalse();
    assertThat(PLAIN.isSuccess(EcsErrors.DRY_RUN_OPERATION)).isFalse();
    assertThat(PLAIN.isPlainSuccess()).isTrue();
  }

  @Test
  void instanceIsRequired() {
    assertThatThrownBy(() -> StartInstance.builder().build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("InstanceId must be set, call instanceId(\"i-...\")");
    assertThatThrownBy(() -> PLAIN.withClientToken("x".repeat(65)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("ClientToken must have 1 to 64 characters, has 65");
  }
}

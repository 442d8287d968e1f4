package io.fleetstop.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.model.EcsAction.Idempotency;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StopInstancesTest {

  private static List<InstanceId> ids(int count) {
    return IntStream.rangeClosed(1, count).mapToObj(n -> InstanceId.of("i-" + n)).toList();
  }

  @Test
  void parameters_numberTheIdsInOrder() {
    StopInstances full =
        StopInstances.builder(List.of(InstanceId.of("i-b"), InstanceId.of("i-a")))
            .forceStop(true)
            .stoppedMode(StoppedMode.STOP_CHARGING)
            .clientToken("token-1")
            .build();

    assertThat(full.parameters())
        .hasSize(5)
        .containsEntry("InstanceIds.1", "i-b")
        .containsEntry("InstanceIds.2", "i-a")
        .containsEntry("ForceStop", "true")
        .containsEntry("StoppedMode", "StopCharging")
        .containsEntry("ClientToken", "token-1");
    assertThat(full.mutate().build()).usingRecursiveComparison().isEqualTo(full);
  }

  @Test
  void stopInstances_isAnEcsActionWithAToken() {
    StopInstances plain = StopInstances.of(ids(1));

    assertThat(plain.action()).isEqualTo("StopInstances");
    assertThat(plain.version()).isEqualTo("2020-04-01");
    assertThat(plain.service()).isEqualTo("ecs");
    assertThat(plain.idempotency()).isEqualTo(Idempotency.TOKEN);
    assertThat(plain.parameters())
        .containsEntry("ForceStop", "false")
        .containsEntry("StoppedMode", "KeepCharging")
        .hasSize(3);
    assertThat(plain.withClientToken("token-1").clientToken()).isEqualTo("token-1");
    assertThat(plain.clientToken()).isNull();
  }

  @Test
  void ids_areOneToOneHundred() {
    assertThat(StopInstances.of(ids(100)).instanceIds()).hasSize(100);
    assertThatThrownBy(() -> StopInstances.of(ids(101)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("InstanceIds must have 1 to 100 entries, has 101; send several requests");
    assertThatThrownBy(() -> StopInstances.of(List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("InstanceIds must have 1 to 100 entries, has 0; send several requests");
    assertThatThrownBy(() -> StopInstances.builder().build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("InstanceIds must be set, call instanceIds(");
  }

  @Test
  void duplicateId_isRefused() {
    List<InstanceId> twice = List.of(InstanceId.of("i-1"), InstanceId.of("i-1"));

    assertThatThrownBy(() -> StopInstances.of(twice))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("InstanceIds must be distinct, has i-1 twice; remove one of them");
  }

  @Test
  void token_hasTheRulesOfStopInstance() {
    assertThatThrownBy(() -> StopInstances.builder(ids(1)).clientToken("x".repeat(65)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("ClientToken must have 1 to 64 characters, has 65");
  }
}

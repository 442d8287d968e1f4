package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.fleetstop.model.Instance.State;
import io.fleetstop.model.StopInstance.StoppedMode;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class OperationTest {

  @Test
  void messages_nameTheOperation() {
    assertThat(texts(Operation.STOP))
        .containsExactly("StopInstance", "stop", "stopped", "stopping");
    assertThat(texts(Operation.START))
        .containsExactly("StartInstance", "start", "running", "starting");
  }

  private static List<String> texts(Operation operation) {
    return List.of(
        operation.action(), operation.noun(), operation.goalText(), operation.leadingText());
  }

  @Test
  void waits_endAtTheGoalOrInError() {
    for (Operation operation : Operation.values()) {
      Set<State> ends =
          Stream.of(State.values()).filter(operation::endsWait).collect(Collectors.toSet());
      assertThat(ends).containsExactlyInAnyOrder(operation.goal(), State.ERROR);
    }
  }

  @Test
  void stoppingInstance_isWaitedForBeforeItIsStarted() {
    assertThat(Operation.START.isPassing(State.STOPPING)).isTrue();
    assertThat(Operation.STOP.isPassing(State.STOPPING)).isFalse();
    assertThat(Operation.START.isPassing(State.STARTING)).isFalse();
    assertThat(Operation.STOP.isPassing(State.STARTING)).isTrue();
    assertThat(Operation.START.isPassing(State.RUNNING)).isFalse();
  }

  @Test
  void optionsOfStops_areRefusedForStarts() {
    ShutdownOptions plain = ShutdownOptions.builder().operation(Operation.START).build();
    assertThat(Operation.START.checked(plain)).isSameAs(plain);
    for (ShutdownOptions stop :
        List.of(
            ShutdownOptions.builder().forceStop(true).build(),
            ShutdownOptions.builder().stoppedMode(StoppedMode.STOP_CHARGING).build(),
            ShutdownOptions.builder().batchSize(2).build(),
            ShutdownOptions.builder().stopIfUnreadable(true).build())) {
      assertThat(Operation.STOP.checked(stop)).isSameAs(stop);
      assertThatIllegalArgumentException()
          .as("%s", stop)
          .isThrownBy(() -> Operation.START.checked(stop))
          .withMessageContaining("operation START excludes");
    }
  }
}

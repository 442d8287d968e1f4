package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Waves;
import io.fleetstop.redis.SharedRunStatus.Budget;
import io.fleetstop.redis.SharedRunStatus.State;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("guarantee:protection")
class AgreedParametersTest {

  private final SharedRunParameters run =
      SharedRunParameters.of(
              ShutdownOptions.builder().scope("cn-beijing").build(),
              Waves.of(Waves.Size.count(1), Waves.Size.count(10)),
              Duration.ofSeconds(1),
              "all")
          .at("2100000001", "https://a.example")
          .protectedBy("keep", "on");
  private final Map<String, String> head = run.fieldsByName();

  private long total = 10;

  private SharedRunStatus status(State state) {
    return new SharedRunStatus(
        "r",
        SharedRunParameters.ofFields(head),
        state,
        "",
        total,
        10,
        0,
        0,
        1,
        1,
        Map.of(),
        0,
        new Budget(0, 0, 0, 0),
        null,
        null);
  }

  @Test
  void everyFieldOfTheHead_isCompared() {
    assertThat(SharedRunParameters.NAMES).containsExactlyInAnyOrderElementsOf(head.keySet());
  }

  @ParameterizedTest
  @CsvSource({
    "scope, cn-shanghai",
    "account, 2100000002",
    "endpoint, https://b.example",
    "force, true",
    "mode, StopCharging",
    "dryRun, true",
    "await, false",
    "limit, 100%",
    "selection, others",
    "protect, other",
    "protectValue, off",
    "'waves', '1,100'",
    "wavePause, 0",
    "waveSizes, 100%",
    "beyondWaves, 7",
  })
  void changedField_isNamed(String field, String value) {
    AgreedParameters joined = new AgreedParameters(null);
    AgreedParameters shown = new AgreedParameters(run);
    assertThat(joined.change(status(State.RUNNING))).isNull();
    assertThat(shown.change(status(State.RUNNING))).isNull();
    head.put(field, value);
    assertThat(joined.change(status(State.PAUSED))).isEqualTo(field);
    assertThat(shown.change(status(State.PAUSED))).isEqualTo(field);
    assertThat(joined.change(status(State.LOADING))).isEqualTo(field);
  }

  /** No more outcomes are read than the run has instances. */
  @Test
  void numberOfInstances_isAgreedTo() {
    AgreedParameters joined = new AgreedParameters(null);
    assertThat(joined.change(status(State.RUNNING))).isNull();
    total = 2_000_000;
    assertThat(joined.change(status(State.RUNNING))).isEqualTo("total");
  }

  /** Another loader may bring another list of ids with its waves. */
  @Test
  void waves_areAgreedToOnceTheListIsComplete() {
    AgreedParameters joined = new AgreedParameters(null);
    assertThat(joined.change(status(State.LOADING))).isNull();
    head.put("waves", "5,10");
    assertThat(joined.change(status(State.RUNNING))).isNull();
    head.put("waves", "1,10");
    assertThat(joined.change(status(State.RUNNING))).isEqualTo("waves");
  }
}

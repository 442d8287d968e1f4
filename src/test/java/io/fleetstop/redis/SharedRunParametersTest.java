package io.fleetstop.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Waves;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SharedRunParametersTest {

  private final SharedRunParameters run =
      SharedRunParameters.of(
              ShutdownOptions.builder().scope("cn-beijing").build(),
              Waves.none(),
              Duration.ZERO,
              "all")
          .at("2100000001", "https://a.example");

  @Test
  void place_isKeptAndCompared() {
    List<String> fields = run.toFields();
    Map<String, String> head = new HashMap<>();
    for (int i = 0; i < fields.size(); i += 2) {
      head.put(fields.get(i), fields.get(i + 1));
    }
    assertThat(SharedRunParameters.ofFields(head)).isEqualTo(run);
    assertThat(run.difference(run.at("2100000002", "https://a.example")))
        .isEqualTo("account 2100000001, this command has 2100000002");
    assertThat(run.difference(run.at("2100000001", "https://b.example")))
        .isEqualTo("endpoint https://a.example, this command has https://b.example");
  }

  @Test
  void unknownPlace_isNotCompared() {
    assertThat(run.difference(run.at(null, null))).isNull();
    assertThat(run.at(null, null).difference(run)).isNull();
  }
}

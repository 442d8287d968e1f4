package io.fleetstop.credentials;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.time.Instant;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class JsonTest {

  @ParameterizedTest
  @CsvSource({
    "2026-11-29T10:00:00Z, 2026-11-29T10:00:00Z",
    "2026-11-29t18:00:00+08:00, 2026-11-29T10:00:00Z",
    "1764410400, 2025-11-29T10:00:00Z",
    "1764410400000, 2025-11-29T10:00:00Z",
    "+10000-01-01T00:00:00Z,",
    "+999999999-12-31T23:59:59Z,",
    "-999999999-01-01T00:00:00Z,",
    "soon,",
  })
  void instant_isReadInEveryFormWithinTheYearsOfClocks(String text, Instant expected) {
    assertThat(Json.instant(Json.MAPPER.createObjectNode().put("end", text), "end"))
        .isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 0, 3_600, Long.MAX_VALUE})
  void lifetime_canBeAddedToAnyInstantThatIsRead(long seconds) {
    JsonNode reply =
        Json.MAPPER
            .createObjectNode()
            .put("issued_at", "9999-12-31T23:59:59Z")
            .put("expires_in", seconds);
    Instant issued = Objects.requireNonNull(Json.instant(reply, "issued_at"));
    assertThatNoException()
        .isThrownBy(() -> issued.plusSeconds(Json.lifetimeSeconds(reply, "expires_in")));
  }

  @Test
  void lifetime_isThatOfTheService() {
    JsonNode reply = Json.MAPPER.createObjectNode().put("expires_in", 3_600);
    assertThat(Json.lifetimeSeconds(reply, "expires_in")).isEqualTo(3_600);
    assertThat(Json.lifetimeSeconds(reply, "absent")).isZero();
  }
}

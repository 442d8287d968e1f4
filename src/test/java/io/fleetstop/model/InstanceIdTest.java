package io.fleetstop.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InstanceIdTest {

  @ParameterizedTest
  @ValueSource(strings = {"i-3tiefmkskq3vj0example", "A", "0", "i_1-2", "i--"})
  void acceptsSafeCharacters(String value) {
    assertThat(InstanceId.of(value)).hasToString(value).isEqualTo(new InstanceId(value));
  }

  @Test
  void rejectsEmptyIds() {
    assertThatThrownBy(() -> InstanceId.of(""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("InstanceId must not be empty");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {" i-1", "i-1 ", "-i", "_i", "i.1", "i/1", "i&Action=x", "i\u00e4", "\u0661"})
  void rejectsOtherCharacters(String value) {
    assertThatThrownBy(() -> InstanceId.of(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "InstanceId must hold letters, digits, '-' and '_' only, and start with a letter or"
                + " digit, was "
                + Text.quote(value));
  }

  @Test
  void rejectedValue_isEscaped() {
    assertThatThrownBy(() -> InstanceId.of("i-1\r\nINFO stopped"))
        .hasMessageEndingWith("was \"i-1\\u000d\\u000aINFO stopped\"");
  }

  @Test
  void longestId_has128Characters() {
    assertThat(InstanceId.of("i".repeat(128)).value()).hasSize(128);
    assertThatThrownBy(() -> InstanceId.of("i".repeat(129)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "InstanceId must have at most 128 characters, has 129: \""
                + "i".repeat(80)
                + "\u2026\"");
  }

  @Test
  void order_isThatOfTheValues() {
    assertThat(Stream.of("i-b", "i-a", "i-10", "i-2").map(InstanceId::of).sorted())
        .extracting(InstanceId::value)
        .containsExactly("i-10", "i-2", "i-a", "i-b");
  }
}

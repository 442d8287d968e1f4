package io.fleetstop.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.model.Instance.Tag;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class InstanceTest {

  private static Instance instance(String id, List<Tag> tags) {
    return new Instance(id, null, "RUNNING", null, null, null, null, null, null, null, null, tags);
  }

  @Test
  void tag_returnsTheValue() {
    Instance instance = instance("i-1", List.of(new Tag("env", "dev"), new Tag("keep", "")));

    assertThat(instance.tag("env")).isEqualTo("dev");
    assertThat(instance.tag("keep")).isEmpty();
    assertThat(instance.tag("ENV")).isNull();
    assertThat(instance("i-2", List.of()).tag("env")).isNull();
  }

  @ParameterizedTest
  @CsvSource({"keep, on, true", "KEEP, ON, true", "keep, off, false", "***, on, false"})
  void tag_protectsByKeyAndValue(String key, String value, boolean isProtected) {
    Instance instance = instance("i-1", List.of(new Tag(key, value)));

    assertThat(instance.isProtectedBy("keep", "on")).isEqualTo(isProtected);
  }

  @ParameterizedTest
  @CsvSource({"keep, on, true", "keep, off, false", "kept, on, false"})
  void maskedTag_protectsByWhatWasSent(String key, String value, boolean isProtected) {
    Instance sent = instance("i-1", List.of(new Tag(key, value)));
    Instance masked = sent.masked(text -> "***", id -> true);

    assertThat(masked.isProtectedBy("keep", "on")).isEqualTo(isProtected);
    assertThat(masked.received()).isSameAs(sent);
    assertThat(masked.tags()).containsExactly(new Tag("***", "***"));
    Instance other = instance("i-1", List.of(new Tag("team", "search")));
    for (Instance both : List.of(masked.withTagsOf(other), other.withTagsOf(masked))) {
      assertThat(both.isProtectedBy("keep", "on")).isEqualTo(isProtected);
      assertThat(both.isProtectedBy("team", "search")).isTrue();
      assertThat(both.tags())
          .containsExactlyInAnyOrder(new Tag("***", "***"), new Tag("team", "search"));
    }
  }

  @Test
  void instanceWithoutAMaskedText_isItself() {
    Instance sent = instance("i-1", List.of(new Tag("keep", "on")));

    assertThat(sent.masked(text -> text, id -> false)).isSameAs(sent).isSameAs(sent.received());
  }

  @ParameterizedTest
  @CsvSource({
    "i-3tiefmkskq3vj0exampl, false, i-3tiefmkskq3vj0exampl",
    "i-3tiefmkskq3vj0example, false, ***",
    "i-Odd, false, ***",
    "i-Odd, true, i-Odd"
  })
  void id_isMaskedUnlessItIsSentBack(String id, boolean isRequested, String shown) {
    Instance masked = instance(id, List.of()).masked(text -> "***", any -> isRequested);

    assertThat(masked.instanceId()).isEqualTo(shown);
  }

  @Test
  @SuppressWarnings("NullAway")
  void idIsRequired() {
    assertThatThrownBy(() -> instance(null, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an instance must have an InstanceId");
  }
}

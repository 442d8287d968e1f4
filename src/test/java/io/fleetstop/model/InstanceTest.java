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
  @CsvSource({
    "keep, on, true",
    "KEEP, ON, true",
    "keep, off, false",
    "keep, ***, true",
    "keep, o***, true",
    "keep, o***n, true",
    "keep, on***on, false",
    "keep, off***, false",
    "***, on, true",
    "k***p***, on, true",
    "***x, on, false"
  })
  void tag_protectsUnlessItCertainlyIsAnother(String key, String value, boolean isProtected) {
    Instance instance = instance("i-1", List.of(new Tag(key, value)));

    assertThat(instance.isProtectedBy("keep", "on")).isEqualTo(isProtected);
  }

  @Test
  @SuppressWarnings("NullAway")
  void idIsRequired() {
    assertThatThrownBy(() -> instance(null, List.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("an instance must have an InstanceId");
  }
}

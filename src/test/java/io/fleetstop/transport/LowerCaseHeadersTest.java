package io.fleetstop.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LowerCaseHeadersTest {

  private final HttpHeaders headers =
      new DefaultHttpHeaders()
          .add("Retry-After", "3")
          .add("X-Seen-By", "a")
          .add("x-seen-by", "b")
          .add("DATE", "today");
  private final Map<String, List<String>> map = new LowerCaseHeaders(headers);

  @Test
  void names_areLowerCase() {
    assertThat(map)
        .isEqualTo(
            Map.of(
                "retry-after", List.of("3"),
                "x-seen-by", List.of("a", "b"),
                "date", List.of("today")));
  }

  @Test
  void lookup_findsOnlyItsEntries() {
    map.forEach((name, values) -> assertThat(map.get(name)).isEqualTo(values));

    assertThat(map.get("Retry-After")).isNull();
    assertThat(map.get("absent")).isNull();
    assertThat(map.get(null)).isNull();
    assertThat(map).containsKey("date").doesNotContainKey("DATE");
  }

  @Test
  void map_isUnmodifiable() {
    assertThatThrownBy(() -> map.put("date", List.of("tomorrow")))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(map::clear).isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> map.getOrDefault("date", List.of()).add("tomorrow"))
        .isInstanceOf(UnsupportedOperationException.class);
  }
}

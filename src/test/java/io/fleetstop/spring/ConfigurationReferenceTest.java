package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.samples.GeneratedBlock;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The configuration page contains every property with its description and default. */
class ConfigurationReferenceTest {

  @Test
  void reference_containsEveryProperty() throws IOException {
    Map<String, String> rows = new TreeMap<>();
    for (JsonNode property : metadata().path("properties")) {
      String name = property.path("name").asString();
      String description = property.path("description").asString();
      assertThat(description).as(name).isNotBlank();
      rows.put(name, row(name, property.path("defaultValue"), description));
    }
    assertThat(rows).hasSizeGreaterThan(30).containsKey("fleetstop.shutdown.max-failures");
    GeneratedBlock.requireUpToDate(
        "configuration.md",
        "properties",
        "| property | default | description |\n|---|---|---|\n"
            + rows.values().stream().collect(Collectors.joining("\n")));
  }

  private static String row(String name, JsonNode value, String description) {
    String shown = value.isMissingNode() || value.asString("").isEmpty() ? "" : code(value);
    return "| `%s` | %s | %s |".formatted(name, shown, sentence(description).replace("|", "\\|"));
  }

  private static String code(JsonNode value) {
    return "`" + value.asString() + "`";
  }

  private static String sentence(String description) {
    String text = description.strip().replaceAll("\\s+", " ");
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }

  private static JsonNode metadata() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            ConfigurationReferenceTest.class.getResourceAsStream(
                "/META-INF/spring-configuration-metadata.json"))) {
      return JsonMapper.builder().build().readTree(in);
    }
  }
}

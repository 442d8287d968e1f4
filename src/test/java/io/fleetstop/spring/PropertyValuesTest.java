package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Every property with odd values: the application starts, or the value is explained. */
class PropertyValuesTest {

  /** A value of the wrong type, a negative one, zero, a blank and an absurdly large one. */
  private static final Map<String, List<String>> VALUES =
      Map.of(
          "java.time.Duration", List.of("abc", "-1s", "0s", "", "99999999d"),
          "java.lang.Integer", List.of("abc", "-1", "0", "", "99999999999"),
          "java.lang.Double", List.of("abc", "-1", "0", "", "1e300"),
          "org.springframework.util.unit.DataSize", List.of("abc", "-1B", "0B", "", "99999999TB"),
          "java.net.URI", List.of("no url", "-1", "0", "", "http://" + "x".repeat(10_000)));

  private static final List<String> TEXTS = List.of("abc", "-1", "0", "", "x".repeat(10_000));

  /** Not shown; the address of Redis may hold a password. */
  private static final Set<String> SECRETS =
      Set.of("access-key-id", "secret-access-key", "session-token", "password", "url");

  /** What an application accepts, beside a blank value, which is unset. */
  private static final Set<String> ACCEPTED =
      Set.of(
          "fleetstop.account=abc",
          "fleetstop.redis.enabled=0",
          "fleetstop.account=-1",
          "fleetstop.account=0",
          "fleetstop.account=long",
          "fleetstop.close-timeout=0s",
          "fleetstop.credentials.metadata.enabled=0",
          "fleetstop.endpoint=long",
          "fleetstop.health.resolve-credentials=0",
          "fleetstop.region=abc",
          "fleetstop.region=0",
          "fleetstop.region=long",
          "fleetstop.shutdown.await-stopped=0",
          "fleetstop.shutdown.dry-run=0",
          "fleetstop.shutdown.force-stop=0",
          "fleetstop.shutdown.max-failures=0",
          "fleetstop.shutdown.protect-tag=abc",
          "fleetstop.shutdown.protect-tag=-1",
          "fleetstop.shutdown.protect-tag=0",
          "fleetstop.transport.application-name=abc",
          "fleetstop.transport.application-name=-1",
          "fleetstop.transport.application-name=0",
          "fleetstop.transport.application-name=long",
          "fleetstop.transport.proxy-from-environment=0");

  static Stream<List<String>> oddValues() throws IOException {
    return StreamSupport.stream(properties().spliterator(), false)
        .flatMap(
            property -> {
              String type = property.path("type").asString();
              String name = property.path("name").asString();
              return type.startsWith("java.util.Map")
                  ? Stream.empty()
                  : VALUES.getOrDefault(type, TEXTS).stream().map(value -> List.of(name, value));
            });
  }

  private static JsonNode properties() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            PropertyValuesTest.class.getResourceAsStream(
                "/META-INF/spring-configuration-metadata.json"))) {
      return JsonMapper.builder().build().readTree(in).path("properties");
    }
  }

  @ParameterizedTest(name = "{index}")
  @MethodSource("oddValues")
  void oddValue_isAcceptedOrExplained(List<String> property) {
    String name = property.get(0);
    String value = property.get(1);
    String key = name.substring(name.lastIndexOf('.') + 1);
    Map<String, String> properties = new LinkedHashMap<>();
    properties.put("fleetstop.credentials.access-key-id", "AKLTx");
    properties.put("fleetstop.credentials.secret-access-key", "secret");
    properties.put(name, value);

    FailureAnalysis analysis = AnalyzedStart.with(properties);

    String shown = name + "=" + (value.length() > 20 ? "long" : value);
    if (SECRETS.contains(key)) {
      assertThat(analysis == null || !analysis.getDescription().contains("Value: ")).isTrue();
      return;
    }
    if (value.isEmpty() || ACCEPTED.contains(shown)) {
      assertThat(analysis).as(shown).isNull();
      return;
    }
    assertThat(analysis).as(shown).isNotNull();
    String description = Objects.requireNonNull(analysis).getDescription();
    assertThat(description)
        .hasSizeLessThan(1_000)
        .contains("Property: " + name + "\n    Value: \"", "Origin: application.properties - 3:29");
    String rule = description.substring(description.indexOf("    Rule: "));
    assertThat(rule.replaceAll("\"[^\"]*\"", ""))
        .containsPattern("    Rule: " + key + "\\b.* must (not )?(be|name|exist)")
        .doesNotContainPattern("[a-z][A-Z]");
    assertThat(analysis.getAction()).contains(name);
  }
}

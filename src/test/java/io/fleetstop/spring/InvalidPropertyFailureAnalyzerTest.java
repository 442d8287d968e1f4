package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.env.Environment;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.support.SpringFactoriesLoader;

class InvalidPropertyFailureAnalyzerTest {

  private static FailureAnalysis analyze(String name, String value) {
    return analyze(Map.of(name, value));
  }

  private static FailureAnalysis analyze(Map<String, String> values) {
    return Objects.requireNonNull(AnalyzedStart.with(values), "the application started");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fleetstop.region | Beijing | region must be lower-case",
        "fleetstop.max-in-flight | 0 | max-in-flight must be at least 1",
        "fleetstop.close-timeout | -1s | close-timeout must be 0 to 365 days",
        "fleetstop.retry.max-attempts | 0 | max-attempts must be at least 1",
        "fleetstop.pace.rate | 0 | rate must be",
        "fleetstop.pace.max-rate | -1 | max-rate must be",
        "fleetstop.transport.max-body-size | 0B | max-body-size must be",
        "fleetstop.shutdown.max-failures | some | max-failures must be",
        "fleetstop.credentials.profile | no-such | profile must exist:",
        "fleetstop.credentials.metadata.timeout | 0s | timeout must be 1 ms to 365 days",
        "fleetstop.transport.ssl.bundle | none | bundle must name a bundle below spring.ssl.bundle",
        "fleetstop.clients.west.retry.max-attempts | 0 | max-attempts must be at least 1",
        "fleetstop.clients.west.credentials.profile | no-such | profile must exist:",
        "fleetstop.clients[west.1].retry.max-attempts | 0 | max-attempts must be at least 1",
        "fleetstop.close-timeout | abc | close-timeout must be a duration such as",
        "fleetstop.clients.west.close-timeout | abc | close-timeout must be a duration such as",
        "fleetstop.transport.protocol | http | protocol must be one of http-1-1, http-2",
        "fleetstop.retry | abc | retry must be a group of properties",
        "fleetstop.clients.west.close-timeout | -1s | close-timeout must be 0 to 365 days",
      })
  void invalidProperty_isReportedWithValueOriginRuleAndAction(
      String name, String value, String rule) {
    FailureAnalysis analysis = analyze(name, value);

    assertThat(analysis.getDescription())
        .contains(
            "Property: " + name,
            "Value: \"" + value + "\"",
            "Origin: application.properties - 3:29",
            rule);
    assertThat(analysis.getAction()).startsWith("Set " + name + " to a value");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fleetstop.shutdown.batchsiz | batchsiz is no property of fleetstop.shutdown; these are"
            + " await-stopped, batch-size, busy-timeout, dry-run,",
        "fleetstop.shutdwn.batch-size | shutdwn is no property of fleetstop; these are account,",
        "fleetstop.access-key-id | access-key-id is no property of fleetstop; these are account,",
        "fleetstop.clients.west.retry.max | max is no property of fleetstop.clients.west.retry;",
        "fleetstop.redis.ur | ur is no property of fleetstop.redis; these are enabled, ",
        "fleetstop.credentials.metadata.on | on is no property of fleetstop.credentials.metadata;",
      })
  void unknownProperty_isReportedWithTheKnownOnesAndWithoutItsValue(String name, String rule) {
    FailureAnalysis analysis = analyze(name, "perhaps-secret");

    assertThat(analysis.getDescription())
        .contains("Property: " + name, "Origin: application.properties - 3:29", rule)
        .doesNotContain("perhaps-secret");
    assertThat(analysis.getAction()).isEqualTo("Correct the name of the property, or remove it.");
  }

  @ParameterizedTest
  @CsvSource({
    "fleetstop.shutdown.batchSize, 7",
    "fleetstop.shutdown.batch_size, 7",
    "fleetstop.transport.ssl.bundle, ''",
    "fleetstop.health.resolve-credentials, true",
    "fleetstop.redis.url, redis://127.0.0.1:1",
    "fleetstop.redis.enabled, false",
    "fleetstop.clients.west.shutdown.maxOpen, 7",
  })
  void relaxedNames_areKnown(String name, String value) {
    assertThat(AnalyzedStart.with(Map.of(name, value))).isNull();
  }

  @Test
  void invalidCredentials_areReportedWithoutTheirValue() {
    FailureAnalysis analysis =
        analyze("fleetstop.credentials.secret-access-key", "verysecretindeed");

    assertThat(analysis.getDescription())
        .contains("secret-access-key without access-key-id", "secret-access-key")
        .doesNotContain("verysecretindeed");
  }

  @Test
  void secretOfANamedClient_isNotShown() {
    FailureAnalysis analysis =
        analyze("fleetstop.clients.west.credentials.secret-access-key", "verysecretindeed");

    assertThat(analysis.getDescription())
        .contains(
            "Property: fleetstop.clients.west.credentials.secret-access-key",
            "secret-access-key without access-key-id")
        .doesNotContain("verysecretindeed");
  }

  /** A key in place of the group, and user information where none is allowed. */
  @ParameterizedTest
  @CsvSource({
    "fleetstop.credentials, AKLTabc:verysecretindeed",
    "fleetstop.clients.west.credentials, AKLTabc:verysecretindeed",
    "fleetstop.endpoint, https://alice:verysecretindeed@ecs.example",
    "fleetstop.endpoint, https://alice:very@/secretindeed@ecs.example",
    "fleetstop.endpoint, https://alice:very secretindeed@ecs.example",
    "fleetstop.endpoint, https://alice:very\"secretindeed@ecs.example",
    "fleetstop.endpoint, alice:secretindeed@ecs.example",
    "fleetstop.endpoint, https:/alice:secretindeed@ecs.example"
  })
  void secretInTheWrongPlace_isNotShown(String name, String value) {
    assertThat(analyze(name, value).getDescription())
        .contains("Property: " + name)
        .doesNotContain("secretindeed", "AKLTabc");
  }

  @Test
  void analyzerIsRegistered() {
    assertThat(
            SpringFactoriesLoader.forDefaultResourceLocation()
                .load(
                    FailureAnalyzer.class,
                    SpringFactoriesLoader.ArgumentResolver.of(
                        Environment.class, new StandardEnvironment()),
                    (type, name, failure) -> {}))
        .anySatisfy(
            analyzer -> assertThat(analyzer).isInstanceOf(InvalidPropertyFailureAnalyzer.class));
  }

  @Test
  void twoPacesSet_bothAreNamedWithValueAndOrigin() {
    FailureAnalysis analysis =
        analyze(Map.of("fleetstop.pace.rate", "20", "fleetstop.pace.max-rate", "30"));

    assertThat(analysis.getDescription())
        .contains(
            "Property: fleetstop.pace.rate\n    Value: \"20\"\n    Origin: application.properties",
            "Property: fleetstop.pace.max-rate\n    Value: \"30\"\n    Origin: application",
            "Rule: rate must not be set together with max-rate");
    assertThat(analysis.getAction())
        .isEqualTo(
            "Correct or remove fleetstop.pace.rate or fleetstop.pace.max-rate, so that the rule is"
                + " satisfied.");
  }

  @Test
  void unequalPacesOfOneAccount_areBothNamed() {
    FailureAnalysis analysis =
        analyze(Map.of("fleetstop.clients.west.pace.rate", "20", "fleetstop.pace.max-rate", "30"));

    assertThat(analysis.getDescription())
        .contains(
            "Property: fleetstop.clients.west.pace.rate\n    Value: \"20\"\n    Origin: app",
            "Property: fleetstop.pace.max-rate\n    Value: \"30\"\n    Origin: app",
            "clients of one account share one pace");
  }

  @Test
  void invalidRegionOfTheVariable_isReported() {
    FailureAnalysis analysis =
        analyze(Map.of("fleetstop.region", "", "VOLCENGINE_REGION", "Beijing"));

    assertThat(analysis.getDescription())
        .contains(
            "Property: VOLCENGINE_REGION\n    Value: \"Beijing\"\n    Origin: application.prop",
            "region must be lower-case",
            "it is the value of VOLCENGINE_REGION");
  }
}

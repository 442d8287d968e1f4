package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.env.OriginTrackedMapPropertySource;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginTrackedValue;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.Environment;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import org.springframework.core.io.support.SpringFactoriesLoader;

class InvalidPropertyFailureAnalyzerTest {

  private static FailureAnalysis analyze(String name, String value) {
    return analyze(Map.of(name, value));
  }

  private static FailureAnalysis analyze(Map<String, String> values) {
    StandardEnvironment environment = new StandardEnvironment();
    Origin origin =
        new Origin() {
          @Override
          public String toString() {
            return "application.properties - 3:29";
          }
        };
    environment
        .getPropertySources()
        .addFirst(
            new OriginTrackedMapPropertySource(
                "test",
                values.entrySet().stream()
                    .collect(
                        Collectors.toMap(
                            Map.Entry::getKey,
                            entry -> OriginTrackedValue.of(entry.getValue(), origin)))));
    environment
        .getPropertySources()
        .addLast(new MapPropertySource("region", Map.of("fleetstop.region", "cn-beijing")));
    Throwable failure =
        catchThrowable(
            () ->
                new ApplicationContextRunner()
                    .withConfiguration(AutoConfigurations.of(FleetstopAutoConfiguration.class))
                    .withConfiguration(AutoConfigurations.of(SslAutoConfiguration.class))
                    .withInitializer(context -> context.setEnvironment(environment))
                    .run(
                        context -> {
                          throw Objects.requireNonNull(context.getStartupFailure());
                        }));
    return Objects.requireNonNull(new InvalidPropertyFailureAnalyzer(environment).analyze(failure));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fleetstop.region | Beijing | region must be lower-case",
        "fleetstop.max-in-flight | 0 | maxInFlight must be at least 1",
        "fleetstop.close-timeout | -1s | closeTimeout must not be negative",
        "fleetstop.retry.max-attempts | 0 | maxAttempts must be at least 1",
        "fleetstop.pace.rate | 0 | permitsPerSecond must be",
        "fleetstop.pace.max-rate | -1 | must be",
        "fleetstop.transport.max-body-size | 0B | maxBodySize must be",
        "fleetstop.shutdown.max-failures | some | maxFailures must be",
        "fleetstop.credentials.profile | no-such | profile must exist:",
        "fleetstop.credentials.metadata.timeout | 0s | timeout must be positive",
        "fleetstop.transport.ssl.bundle | none | bundle must name a bundle below spring.ssl.bundle",
        "fleetstop.clients.west.retry.max-attempts | 0 | maxAttempts must be at least 1",
        "fleetstop.clients.west.credentials.profile | no-such | profile must exist:",
        "fleetstop.clients[west.1].retry.max-attempts | 0 | maxAttempts must be at least 1",
        "fleetstop.clients.west.close-timeout | -1s | closeTimeout must not be negative",
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

  @Test
  void invalidCredentials_areReportedWithoutTheirValue() {
    FailureAnalysis analysis =
        analyze("fleetstop.credentials.secret-access-key", "verysecretindeed");

    assertThat(analysis.getDescription())
        .contains("secretAccessKey without accessKeyId", "secret-access-key")
        .doesNotContain("verysecretindeed");
  }

  @Test
  void secretOfANamedClient_isNotShown() {
    FailureAnalysis analysis =
        analyze("fleetstop.clients.west.credentials.secret-access-key", "verysecretindeed");

    assertThat(analysis.getDescription())
        .contains(
            "Property: fleetstop.clients.west.credentials.secret-access-key",
            "secretAccessKey without accessKeyId")
        .doesNotContain("verysecretindeed");
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
  void invalidRegionOfTheVariable_isReported() {
    FailureAnalysis analysis =
        analyze(Map.of("fleetstop.region", "", "VOLCENGINE_REGION", "Beijing"));

    assertThat(analysis.getDescription())
        .contains("region must be lower-case", "it is the value of VOLCENGINE_REGION");
  }
}

package io.fleetstop.spring;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.env.OriginTrackedMapPropertySource;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.OriginTrackedValue;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;

/** Starts an application with properties of a file, and analyses the failure of the start. */
final class AnalyzedStart {

  private static final Origin FILE =
      new Origin() {
        @Override
        public String toString() {
          return "application.properties - 3:29";
        }
      };

  private AnalyzedStart() {}

  /**
   * Returns the analysis of the failure; {@code null} if the application started.
   *
   * @throws AssertionError if the start failed without an analysis
   */
  static @Nullable FailureAnalysis with(Map<String, String> properties) {
    StandardEnvironment environment = new StandardEnvironment();
    environment
        .getPropertySources()
        .addFirst(
            new OriginTrackedMapPropertySource(
                "test",
                properties.entrySet().stream()
                    .collect(
                        Collectors.toMap(
                            Map.Entry::getKey,
                            entry -> OriginTrackedValue.of(entry.getValue(), FILE)))));
    environment
        .getPropertySources()
        .addLast(new MapPropertySource("region", Map.of("fleetstop.region", "cn-beijing")));
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    new ApplicationContextRunner()
        .withConfiguration(
            AutoConfigurations.of(
                FleetstopAutoConfiguration.class,
                FleetstopRedisAutoConfiguration.class,
                SslAutoConfiguration.class))
        .withInitializer(context -> context.setEnvironment(environment))
        .run(context -> failure.set(context.getStartupFailure()));
    Throwable thrown = failure.get();
    return thrown == null ? null : analysis(environment, thrown);
  }

  private static FailureAnalysis analysis(StandardEnvironment environment, Throwable failure) {
    FailureAnalysis analysis = new InvalidPropertyFailureAnalyzer(environment).analyze(failure);
    if (analysis == null) {
      throw new AssertionError("the failure is not analysed", failure);
    }
    return Objects.requireNonNull(analysis);
  }
}

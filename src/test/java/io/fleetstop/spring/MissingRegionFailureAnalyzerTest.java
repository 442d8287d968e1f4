package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.core.io.support.SpringFactoriesLoader;

class MissingRegionFailureAnalyzerTest {

  record NeedsFleet(FleetShutdown fleet) {}

  record NeedsClient(EcsClient client) {}

  record NeedsOther(Runnable other) {}

  private static @Nullable FailureAnalysis analyze(Class<?> bean, String... properties) {
    List<FailureAnalysis> found = new ArrayList<>();
    ConfigurableApplicationContext[] contexts = new ConfigurableApplicationContext[1];
    new ApplicationContextRunner()
        .withConfiguration(AutoConfigurations.of(FleetstopAutoConfiguration.class))
        .withInitializer(context -> contexts[0] = context)
        .withPropertyValues(properties)
        .withBean(bean)
        .run(
            context -> {
              Throwable failure = Objects.requireNonNull(context.getStartupFailure());
              for (FailureAnalyzer analyzer : analyzers(contexts[0])) {
                FailureAnalysis analysis = analyzer.analyze(failure);
                if (analysis != null) {
                  found.add(analysis);
                }
              }
            });
    return found.isEmpty() ? null : found.get(0);
  }

  /** As Spring Boot finds and orders them. */
  private static List<FailureAnalyzer> analyzers(ConfigurableApplicationContext context) {
    return SpringFactoriesLoader.forDefaultResourceLocation()
        .load(
            FailureAnalyzer.class,
            SpringFactoriesLoader.ArgumentResolver.of(Environment.class, context.getEnvironment())
                .and(BeanFactory.class, context.getBeanFactory()),
            (type, name, failure) -> {}); // those whose library is absent, as Spring Boot does
  }

  @Test
  void missingBean_namesTheProperty() {
    for (Class<?> bean : List.of(NeedsFleet.class, NeedsClient.class)) {
      FailureAnalysis analysis =
          Objects.requireNonNull(analyze(bean, "fleetstop.region=", "VOLCENGINE_REGION="));
      assertThat(analysis.getDescription()).contains("has no region");
      assertThat(analysis.getAction()).contains("fleetstop.region", "VOLCENGINE_REGION");
    }
  }

  @Test
  void otherCause_isLeftToOthers() {
    for (String region : List.of("", "cn-beijing")) {
      FailureAnalysis analysis =
          Objects.requireNonNull(analyze(NeedsOther.class, "fleetstop.region=" + region));
      assertThat(analysis.getDescription()).doesNotContain("fleetstop has no region");
    }
  }
}

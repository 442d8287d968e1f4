package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Reports that a bean of fleetstop is missing because no region is set. */
@Order(Ordered.HIGHEST_PRECEDENCE) // Spring Boot's own analyser advises to define a bean
final class MissingRegionFailureAnalyzer
    extends AbstractFailureAnalyzer<NoSuchBeanDefinitionException> {

  private static final Set<Class<?>> NEED_A_REGION =
      Set.of(EcsClient.class, FleetShutdown.class, FleetStart.class);

  private final Environment environment;

  MissingRegionFailureAnalyzer(Environment environment) {
    this.environment = environment;
  }

  @Override
  protected @Nullable FailureAnalysis analyze(
      Throwable rootFailure, NoSuchBeanDefinitionException cause) {
    Class<?> type = cause.getBeanType();
    if (type == null || !NEED_A_REGION.contains(type) || RegionLookup.of(environment) != null) {
      return null;
    }
    return new FailureAnalysis(
        "There is no " + type.getSimpleName() + " bean, because fleetstop has no region.",
        "Set fleetstop.region, for example to cn-beijing, or the variable VOLCENGINE_REGION.",
        cause);
  }
}

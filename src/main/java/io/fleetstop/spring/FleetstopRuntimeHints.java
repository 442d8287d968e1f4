package io.fleetstop.spring;

import io.fleetstop.fleet.OutcomeJson;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.StopInstances;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/** Registers what a native image must keep: the records of JSON and the version resource. */
final class FleetstopRuntimeHints implements RuntimeHintsRegistrar {

  @Override
  public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
    new BindingReflectionHintsRegistrar()
        .registerReflectionHints(
            hints.reflection(),
            DescribeInstances.Page.class,
            StopInstances.Details.class,
            OutcomeJson.class);
    hints.reflection().registerType(ShutdownOutcome.class, MemberCategory.INVOKE_DECLARED_METHODS);
    hints.resources().registerPattern("io/fleetstop/transport/version.properties");
  }
}

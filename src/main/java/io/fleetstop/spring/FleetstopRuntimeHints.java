package io.fleetstop.spring;

import io.fleetstop.model.DescribeInstances;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/** Registers what a native image must keep: the records of replies and the version resource. */
final class FleetstopRuntimeHints implements RuntimeHintsRegistrar {

  @Override
  public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
    new BindingReflectionHintsRegistrar()
        .registerReflectionHints(hints.reflection(), DescribeInstances.Page.class);
    hints.resources().registerPattern("io/fleetstop/transport/version.properties");
  }
}

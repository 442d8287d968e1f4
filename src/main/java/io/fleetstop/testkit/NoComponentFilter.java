package io.fleetstop.testkit;

import org.springframework.boot.test.context.filter.annotation.StandardAnnotationCustomizableTypeExcludeFilter;

/** Excludes the components that the application's scan finds; the annotation names no exception. */
final class NoComponentFilter
    extends StandardAnnotationCustomizableTypeExcludeFilter<FleetstopTest> {

  NoComponentFilter(Class<?> testClass) {
    super(testClass);
  }
}

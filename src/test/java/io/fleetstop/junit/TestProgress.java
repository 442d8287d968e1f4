package io.fleetstop.junit;

import java.lang.reflect.AnnotatedElement;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.platform.commons.support.AnnotationSupport;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestIdentifier;

/** Which part of the tests runs, and whether it has for too long. */
final class TestProgress {

  /** The limit of every test in {@code junit-platform.properties}. */
  static final Duration DEFAULT_LIMIT = Duration.ofSeconds(60);

  private final long graceSeconds;
  private String part = "";
  private long limitSeconds;
  private long ticks;

  TestProgress(long graceSeconds) {
    this.graceSeconds = graceSeconds;
  }

  synchronized void next(String name, Duration limit) {
    part = name;
    limitSeconds = limit.toSeconds();
    ticks = 0;
  }

  /**
   * Counts a second and returns what hangs, if anything. It counts itself rather than reading a
   * clock, which a suspended machine does not stop.
   */
  synchronized @Nullable String tick() {
    ticks++;
    return ticks == limitSeconds + graceSeconds
        ? "The tests hang: "
            + part
            + " has lasted for "
            + ticks
            + " s; JUnit's limit is "
            + limitSeconds
            + " s, and what hangs does not heed its interrupt"
        : null;
  }

  /** The limit that a test or its class declares. */
  static Duration limit(TestIdentifier test) {
    return test.getSource().flatMap(TestProgress::declared).orElse(DEFAULT_LIMIT);
  }

  private static Optional<Duration> declared(TestSource source) {
    if (source instanceof MethodSource method) {
      return declared(method.getJavaMethod(), method.getJavaClass());
    }
    return source instanceof ClassSource type ? declared(type.getJavaClass()) : Optional.empty();
  }

  static Optional<Duration> declared(AnnotatedElement... innermostFirst) {
    return Stream.of(innermostFirst)
        .flatMap(element -> AnnotationSupport.findAnnotation(element, Timeout.class).stream())
        .findFirst()
        .map(timeout -> Duration.of(timeout.value(), timeout.unit().toChronoUnit()));
  }
}

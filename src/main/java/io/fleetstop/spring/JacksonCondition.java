package io.fleetstop.spring;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.type.AnnotatedTypeMetadata;
import org.springframework.core.type.ClassMetadata;

/**
 * Matches if Jackson 3 initialises. Jackson 2 and 3 share their annotations, and Spring Boot 3.5
 * manages a version of them that is too old for Jackson 3.1.
 */
final class JacksonCondition extends SpringBootCondition {

  private static final Logger LOG = LoggerFactory.getLogger(JacksonCondition.class);

  /** Its initialiser needs every annotation. */
  private static final String INTROSPECTOR =
      "tools.jackson.databind.introspect.JacksonAnnotationIntrospector";

  @Override
  public ConditionOutcome getMatchOutcome(
      ConditionContext context, AnnotatedTypeMetadata metadata) {
    ConditionMessage.Builder message = ConditionMessage.forCondition("Jackson 3");
    try {
      Class.forName(INTROSPECTOR, true, context.getClassLoader());
      return ConditionOutcome.match(message.because("initialises"));
    } catch (ClassNotFoundException | LinkageError e) {
      if (isFirst(metadata)) {
        LOG.warn(
            "fleetstop is not configured: Jackson 3 does not initialise ({}); declare"
                + " com.fasterxml.jackson.core:jackson-annotations 2.21 in the application",
            e.toString());
      }
      return ConditionOutcome.noMatch(message.because("does not initialise: " + e));
    }
  }

  /** One line in the log is enough for all auto-configurations. */
  private static boolean isFirst(AnnotatedTypeMetadata metadata) {
    return metadata instanceof ClassMetadata type
        && type.getClassName().equals(FleetstopAutoConfiguration.class.getName());
  }
}

package io.fleetstop.spring;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.condition.ConditionMessage;
import org.springframework.boot.autoconfigure.condition.ConditionOutcome;
import org.springframework.boot.autoconfigure.condition.SpringBootCondition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.core.env.Environment;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** The region to call: a property, or else the variable of the official tools. */
final class RegionLookup {

  private static final String PROPERTY = "fleetstop.region";
  private static final String VARIABLE = "VOLCENGINE_REGION";

  private RegionLookup() {}

  /** Returns the region; {@code null} if neither is set. Blank is not set. */
  static @Nullable String of(Environment environment) {
    String property = nonBlank(environment.getProperty(PROPERTY));
    return property != null ? property : nonBlank(environment.getProperty(VARIABLE));
  }

  /** Returns the region where {@link IsSet} has matched. */
  static String require(Environment environment) {
    String region = of(environment);
    if (region == null) {
      throw new IllegalStateException("The region is missing: set " + PROPERTY + " or " + VARIABLE);
    }
    return valid(region);
  }

  /** Returns the region of a named client that sets none. */
  static String require(Environment environment, NamedClientProperties client) {
    String region = of(environment);
    if (region == null) {
      throw new InvalidPropertyException(
          client.prefix(), "region must be set, here or as " + PROPERTY + " or " + VARIABLE, null);
    }
    return valid(region);
  }

  /** The properties are checked as they are bound, the variable is not. */
  private static String valid(String region) {
    try {
      EcsClientBuilder unused = EcsClient.builder().region(region);
    } catch (IllegalArgumentException e) {
      throw new InvalidPropertyException(
          "fleetstop", e.getMessage() + "; it is the value of " + VARIABLE, List.of(VARIABLE), e);
    }
    return region;
  }

  private static @Nullable String nonBlank(@Nullable String value) {
    return value == null || value.isBlank() ? null : value;
  }

  /** Matches if there is a region. */
  static final class IsSet extends SpringBootCondition {

    @Override
    public ConditionOutcome getMatchOutcome(
        ConditionContext context, AnnotatedTypeMetadata metadata) {
      ConditionMessage.Builder message = ConditionMessage.forCondition("Region");
      String region = of(context.getEnvironment());
      return region != null
          ? ConditionOutcome.match(message.foundExactly(region))
          : ConditionOutcome.noMatch(message.because("set " + PROPERTY + " or " + VARIABLE));
    }
  }
}

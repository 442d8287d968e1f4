package io.fleetstop.spring;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/** Reports a rejected property of fleetstop with its value, origin and rule. */
@Order(Ordered.HIGHEST_PRECEDENCE) // Spring Boot's own analyser of binding knows no rule
final class InvalidPropertyFailureAnalyzer
    extends AbstractFailureAnalyzer<InvalidPropertyException> {

  /** Fields whose option has another name than their property. */
  private static final Map<String, String> PROPERTIES =
      Map.of("permitsPerSecond", "rate", "floor", "max-rate", "ceiling", "max-rate");

  /** The end of a group whose values are secret, also below a named client. */
  private static final String SECRETS = ".credentials";

  private final Environment environment;

  InvalidPropertyFailureAnalyzer(Environment environment) {
    this.environment = environment;
  }

  @Override
  protected FailureAnalysis analyze(Throwable rootFailure, InvalidPropertyException cause) {
    String name = cause.group() + "." + property(cause.rule());
    ConfigurationProperty property = find(name);
    StringBuilder description = new StringBuilder("The configuration of fleetstop is invalid:\n\n");
    if (property != null) {
      description.append("    Property: ").append(name).append('\n');
      if (!cause.group().endsWith(SECRETS) || name.endsWith(".profile")) {
        description.append("    Value: \"").append(property.getValue()).append("\"\n");
      }
      description.append("    Origin: ").append(property.getOrigin()).append('\n');
    } else {
      description.append("    Properties: ").append(cause.group()).append(".*\n");
    }
    description.append("    Rule: ").append(cause.rule());
    String action =
        property != null
            ? "Set " + name + " to a value that the rule allows, or remove it to use the default."
            : "Correct the properties below " + cause.group() + ".";
    return new FailureAnalysis(description.toString(), action, cause);
  }

  private @Nullable ConfigurationProperty find(String name) {
    ConfigurationPropertyName key = ConfigurationPropertyName.adapt(name, '.');
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      ConfigurationProperty property = source.getConfigurationProperty(key);
      if (property != null) {
        return property;
      }
    }
    return null;
  }

  /** A rule begins with the field's name. */
  private static String property(String rule) {
    String field = rule.replaceFirst("(?s)[^A-Za-z].*", "");
    String known = PROPERTIES.get(field);
    return known != null ? known : field.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }
}

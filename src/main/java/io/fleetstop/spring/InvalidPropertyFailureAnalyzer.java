package io.fleetstop.spring;

import io.fleetstop.error.Printable;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.origin.Origin;
import org.springframework.boot.origin.PropertySourceOrigin;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.Environment;
import org.springframework.core.env.PropertySource;

/** Reports rejected properties of fleetstop, each with its value and origin, and the rule. */
@Order(Ordered.HIGHEST_PRECEDENCE) // Spring Boot's own analyser of binding knows no rule
final class InvalidPropertyFailureAnalyzer implements FailureAnalyzer {

  private static final ConfigurationPropertyName ROOT = ConfigurationPropertyName.of("fleetstop");

  /** Properties whose values are secret, also of a named client, and what is set in their place. */
  private static final Pattern SECRET =
      Pattern.compile(
          "(^|\\.)(credentials(\\.[^.]+)?|redis|redis\\.(url|password|sentinel\\.password))$");

  private static final int MAX_SHOWN = 200;

  /** A quoted value that is longer. */
  private static final Pattern LONG_VALUE =
      Pattern.compile("(?<=\")([^\"]{" + MAX_SHOWN + "})[^\"]+(?=\")");

  private final Environment environment;

  InvalidPropertyFailureAnalyzer(Environment environment) {
    this.environment = environment;
  }

  @Override
  public @Nullable FailureAnalysis analyze(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      InvalidPropertyException invalid = null;
      if (cause instanceof InvalidPropertyException rejected) {
        invalid = rejected;
      } else if (cause instanceof BindException bind && ROOT.isAncestorOf(bind.getName())) {
        invalid = PropertyRules.wrongType(bind, ROOT);
      }
      if (invalid != null) {
        return analyze(invalid);
      }
    }
    return null;
  }

  private FailureAnalysis analyze(InvalidPropertyException cause) {
    StringBuilder description = new StringBuilder("The configuration of fleetstop is invalid:\n\n");
    List<String> names = new ArrayList<>();
    for (String name : cause.properties()) {
      Setting setting = find(name);
      if (setting != null) {
        names.add(name);
        description.append("    Property: ").append(name).append('\n');
        if (!cause.isUnknown() && isShown(name)) {
          description.append("    Value: \"").append(shown(setting.value())).append("\"\n");
        }
        description.append("    Origin: ").append(setting.origin()).append('\n');
      }
    }
    if (names.isEmpty()) {
      description.append("    Properties: ").append(cause.group()).append(".*\n");
    }
    description.append("    Rule: ").append(shownRule(cause.rule()));
    return new FailureAnalysis(description.toString(), action(cause, names), cause);
  }

  /** Whether a value is no secret; one for the group of the credentials is probably a key. */
  private static boolean isShown(String name) {
    return name.endsWith(".profile") || !SECRET.matcher(name).find();
  }

  private static String action(InvalidPropertyException cause, List<String> names) {
    if (cause.isUnknown()) {
      return "Correct the name of the property, or remove it.";
    }
    return switch (names.size()) {
      case 0 -> "Correct the properties below " + cause.group() + ".";
      case 1 ->
          "Set "
              + names.get(0)
              + " to a value that the rule allows, or remove it to use the default.";
      default ->
          "Correct or remove " + String.join(" or ", names) + ", so that the rule is satisfied.";
    };
  }

  /** The value is shown on its own. */
  private static String shownRule(String rule) {
    return Printable.withoutUserInfo(LONG_VALUE.matcher(rule).replaceAll("$1\u2026"));
  }

  private static String shown(Object value) {
    String text = Printable.of(Printable.addressWithoutUserInfo(String.valueOf(value)));
    return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "\u2026";
  }

  /** What an application sets, and where. */
  private record Setting(Object value, @Nullable Origin origin) {}

  private @Nullable Setting find(String name) {
    if (name.indexOf('.') < 0) {
      return findVariable(name);
    }
    ConfigurationPropertyName key = ConfigurationPropertyName.adapt(name, '.');
    for (ConfigurationPropertySource source : ConfigurationPropertySources.get(environment)) {
      ConfigurationProperty property = source.getConfigurationProperty(key);
      if (property != null) {
        return new Setting(property.getValue(), property.getOrigin());
      }
    }
    return null;
  }

  private @Nullable Setting findVariable(String name) {
    if (environment instanceof ConfigurableEnvironment configurable) {
      for (PropertySource<?> source : configurable.getPropertySources()) {
        Object value = source.getProperty(name);
        if (value != null) {
          return new Setting(value, PropertySourceOrigin.get(source, name));
        }
      }
    }
    return null;
  }
}

package io.fleetstop.spring;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName.Form;
import org.springframework.core.convert.ConversionException;
import org.springframework.util.unit.DataSize;

/** States rules in the words of a configuration file: with property names and its notations. */
final class PropertyRules {

  /** A quoted value, which stays as it is, or the name of a field. */
  private static final Pattern FIELD =
      Pattern.compile("\"[^\"]*\"|(?<![\\w./:-])[a-z]+(?:[A-Z][a-z]*)*(?!\\w|[:./-]\\w)");

  private static final Pattern CAPITAL = Pattern.compile("[A-Z]");

  private static final Map<Class<?>, String> NOTATIONS =
      Map.of(
          Duration.class, "a duration such as 500ms, 10s, 2m or 1d",
          DataSize.class, "a size such as 512KB or 1MB",
          Integer.class, "a whole number of at most " + Integer.MAX_VALUE,
          Double.class, "a number such as 10 or 2.5",
          Boolean.class, "true or false",
          URI.class, "a URL such as https://open.volcengineapi.com");

  private PropertyRules() {}

  /**
   * Returns the message of a check of the library with property names in place of field names.
   *
   * @param others fields whose property has another name
   */
  static String inPropertyNames(String message, Map<String, String> others) {
    Matcher matcher = FIELD.matcher(message);
    return matcher.replaceAll(
        found -> {
          String word = found.group();
          String other = others.get(word);
          return Matcher.quoteReplacement(
              other != null ? other : word.startsWith("\"") ? word : kebab(word));
        });
  }

  private static String kebab(String field) {
    return CAPITAL
        .matcher(field)
        .replaceAll(capital -> "-" + capital.group().toLowerCase(Locale.ROOT));
  }

  /**
   * Returns the error of a property whose value does not have its type; {@code null} if the failure
   * has another reason.
   *
   * @param prefix what replaces {@code fleetstop} in the name of the property
   */
  static @Nullable InvalidPropertyException wrongType(
      BindException failure, ConfigurationPropertyName prefix) {
    ConfigurationPropertyName name = failure.getName();
    if (!(failure.getCause() instanceof ConversionException) || name.getNumberOfElements() < 2) {
      return null;
    }
    ConfigurationPropertyName property = prefix.append(name.subName(1));
    String rule =
        property.getLastElement(Form.DASHED)
            + " must be "
            + notation(failure.getTarget().getType().resolve(Object.class));
    return new InvalidPropertyException(
        property.getParent().toString(), rule, List.of(property.toString()), failure);
  }

  private static String notation(Class<?> type) {
    Object[] constants = type.getEnumConstants();
    if (constants != null) {
      return "one of "
          + Arrays.stream(constants)
              .map(constant -> ((Enum<?>) constant).name().toLowerCase(Locale.ROOT))
              .map(constant -> constant.replace('_', '-'))
              .collect(Collectors.joining(", "));
    }
    return NOTATIONS.getOrDefault(type, "a group of properties, not a value");
  }
}

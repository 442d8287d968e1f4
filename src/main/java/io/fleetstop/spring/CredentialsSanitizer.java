package io.fleetstop.spring;

import io.fleetstop.error.Printable;
import java.util.regex.Pattern;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * Hides credentials in the endpoints of the actuator, also where {@code show-values} shows the
 * values of other properties: what is set as a secret of fleetstop, of the official tools or of a
 * proxy, wherever it stands. A value that holds several properties, as {@code
 * SPRING_APPLICATION_JSON}, {@code JAVA_TOOL_OPTIONS} and {@code sun.java.command} do, is hidden if
 * one of them is a secret. Of an address, only the user information is.
 */
final class CredentialsSanitizer implements SanitizingFunction {

  /** The name of a secret and the sign before its value. */
  private static final Pattern ASSIGNED_SECRET =
      Pattern.compile(
          "(?i)((access|secret)[-_.]?(access[-_.]?)?key([-_.]?id)?|session[-_.]?token"
              + "|pass[-_.]?(word|wd|phrase))\\\\*[\"']?\\s*[=:]\\s*\\S");

  private final ConfigurableEnvironment environment;

  CredentialsSanitizer(ConfigurableEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public SanitizableData apply(SanitizableData data) {
    if (data.getValue() == null) {
      return data;
    }
    String value = data.getValue().toString();
    if (PropertySecrets.isSecret(data.getKey()) || ASSIGNED_SECRET.matcher(value).find()) {
      return data.withSanitizedValue();
    }
    String shown =
        PropertySecrets.isAddress(data.getKey())
            ? Printable.addressWithoutUserInfo(value)
            : Printable.withoutUserInfo(value);
    if (PropertySecrets.of(environment).areIn(shown)) {
      return data.withSanitizedValue();
    }
    return shown.equals(value) ? data : data.withValue(shown);
  }
}

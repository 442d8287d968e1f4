package io.fleetstop.spring;

import java.util.Locale;
import java.util.regex.Pattern;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;

/**
 * Hides credentials in the endpoints of the actuator, also where {@code show-values} shows the
 * values of other properties: those of the properties of fleetstop, of the variables of the
 * official tools, and those for a proxy in the variables of the environment.
 */
final class CredentialsSanitizer implements SanitizingFunction {

  /** Matches names without separators and in lower case, as each source spells them otherwise. */
  private static final Pattern SECRET =
      Pattern.compile(
          "fleetstop.*credentials(accesskeyid|secretaccesskey|sessiontoken)"
              + "|(volcengine|volcstack)(accesskey|accesskeyid|secretkey|secretaccesskey|sessiontoken)"
              + "|(http|https|all)proxy");

  @Override
  public SanitizableData apply(SanitizableData data) {
    String name = data.getKey().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    return SECRET.matcher(name).matches() ? data.withSanitizedValue() : data;
  }
}

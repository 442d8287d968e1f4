package io.fleetstop.spring;

import java.util.Locale;
import java.util.regex.Pattern;
import org.springframework.boot.actuate.endpoint.SanitizableData;
import org.springframework.boot.actuate.endpoint.SanitizingFunction;

/**
 * Hides credentials in the endpoints of the actuator, also where {@code show-values} shows the
 * values of other properties: those of the properties of fleetstop, of the variables of the
 * official tools, and those for a proxy in the environment. A value that holds several properties,
 * as {@code SPRING_APPLICATION_JSON}, {@code JAVA_TOOL_OPTIONS} and {@code sun.java.command} do, is
 * hidden if one of them is a key.
 */
final class CredentialsSanitizer implements SanitizingFunction {

  /** Matches names without separators and in lower case, as each source spells them otherwise. */
  private static final Pattern SECRET =
      Pattern.compile(
          "fleetstop.*credentials(accesskeyid|secretaccesskey|sessiontoken)?|fleetstopredis(url|password)?"
              + "|(volcengine|volcstack)(accesskey|accesskeyid|secretkey|secretaccesskey|sessiontoken)"
              + "|(http|https|all)proxy|javanetsockspassword");

  private static final Pattern ADDRESS = Pattern.compile("fleetstop.*(endpoint|url|uri|address)");

  /** The name of a secret and the sign before its value. */
  private static final Pattern ASSIGNED_SECRET =
      Pattern.compile(
          "(?i)((access|secret)[-_.]?(access[-_.]?)?key([-_.]?id)?|session[-_.]?token"
              + "|socks\\.password)\\\\?[\"']?\\s*[=:]");

  @Override
  public SanitizableData apply(SanitizableData data) {
    String name = data.getKey().toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
    String value = String.valueOf(data.getValue());
    boolean userInfo = ADDRESS.matcher(name).matches() && value.indexOf('@') >= 0;
    return userInfo || SECRET.matcher(name).matches() || ASSIGNED_SECRET.matcher(value).find()
        ? data.withSanitizedValue()
        : data;
  }
}

package io.fleetstop.transport;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads proxies from the conventional environment variables. The lower-case form of a variable
 * takes precedence.
 */
final class ProxyEnvironment {

  private static final Pattern PROXY =
      Pattern.compile(
          "(?:(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?"
              + "(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?"
              + "(?<host>\\[[0-9A-Fa-f:.]+]|[^:/@\\[\\]]+)(?::(?<port>\\d{1,5}))?/?");

  private final UnaryOperator<@Nullable String> lookup;

  ProxyEnvironment(UnaryOperator<@Nullable String> lookup) {
    this.lookup = lookup;
  }

  @Nullable ProxyOptions secureProxy() {
    return proxy("HTTPS_PROXY");
  }

  @Nullable ProxyOptions plainProxy() {
    return proxy("HTTP_PROXY");
  }

  private @Nullable ProxyOptions proxy(String variable) {
    String value = read(variable);
    if (value == null) {
      return null;
    }
    // The value may contain a password, so no message shows it.
    Matcher parts = PROXY.matcher(value);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          variable + " must be [http://][user:password@]host[:port], was something else");
    }
    String scheme = parts.group("scheme");
    if (scheme != null && !scheme.equalsIgnoreCase("http")) {
      throw new IllegalArgumentException(
          variable + " must name an http:// proxy, its scheme was " + scheme);
    }
    String port = parts.group("port");
    ProxyOptions.Builder builder =
        ProxyOptions.builder(parts.group("host"), port == null ? 80 : Integer.parseInt(port))
            .nonProxyHosts(bypassed());
    String user = parts.group("user");
    if (user != null) {
      String password = parts.group("password");
      builder.credentials(
          decoded(variable, user), password == null ? "" : decoded(variable, password));
    }
    return builder.build();
  }

  private List<String> bypassed() {
    String value = read("NO_PROXY");
    return value == null ? List.of() : List.of(value.split("[,\\s]+", -1));
  }

  private @Nullable String read(String variable) {
    String lower = lookup.apply(variable.toLowerCase(Locale.ROOT));
    String value = lower != null ? lower : lookup.apply(variable);
    return value == null || value.isBlank() ? null : value.trim();
  }

  private static String decoded(String variable, String text) {
    try {
      // URLDecoder decodes forms, in which a plus is a space. Here a plus is literal.
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // The cause is dropped because it quotes the value.
      throw new IllegalArgumentException(variable + " must be percent-encoded, was not");
    }
  }
}

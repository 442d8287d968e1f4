package io.fleetstop.transport;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads proxies from the conventional environment variables, and after them from the properties of
 * the JVM. The lower-case form of a variable takes precedence.
 *
 * <p>A CGI program, which {@code REQUEST_METHOD} shows, has each header of its request as a
 * variable: {@code HTTP_PROXY} is the header {@code Proxy}, which a client of the server chooses,
 * and is ignored there.
 */
final class ProxyEnvironment {

  private static final Logger LOG = LoggerFactory.getLogger(ProxyEnvironment.class);

  private static final Pattern PROXY =
      Pattern.compile(
          "(?:(?<scheme>[A-Za-z][A-Za-z0-9+.-]*)://)?"
              + "(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?"
              + "(?<host>\\[[0-9A-Fa-f:.]+]|[^:/@\\[\\]\\s]+)(?::(?<port>\\d{1,5}))?/?");

  private final UnaryOperator<@Nullable String> variables;
  private final UnaryOperator<@Nullable String> properties;

  ProxyEnvironment(
      UnaryOperator<@Nullable String> variables, UnaryOperator<@Nullable String> properties) {
    this.variables = variables;
    this.properties = properties;
  }

  @Nullable ProxyOptions secureProxy() {
    return proxy("HTTPS_PROXY", "https");
  }

  @Nullable ProxyOptions plainProxy() {
    return proxy("HTTP_PROXY", "http");
  }

  /** An empty variable switches the proxy off: the ones after it do not count. */
  private @Nullable ProxyOptions proxy(String variable, String scheme) {
    for (String name : List.of(variable, "ALL_PROXY")) {
      String value = read(name);
      if (value != null) {
        return value.isEmpty() ? null : bypassing(parse(name, value), entries(read("NO_PROXY")));
      }
    }
    return ofProperties(scheme);
  }

  private @Nullable ProxyOptions ofProperties(String scheme) {
    String host = properties.apply(scheme + ".proxyHost");
    if (host != null && !host.isBlank()) {
      String standard = scheme.equals("https") ? "443" : "80";
      String name = scheme + ".proxyPort";
      return bypassing(
          ProxyOptions.builder(host.trim(), port(name, standard)),
          patterns(properties.apply("http.nonProxyHosts")));
    }
    String socks = properties.apply("socksProxyHost");
    if (socks == null || socks.isBlank()) {
      return null;
    }
    ProxyOptions.Builder builder =
        ProxyOptions.builder(socks.trim(), port("socksProxyPort", "1080"))
            .type(ProxyOptions.Type.SOCKS5);
    String user = properties.apply("java.net.socks.username");
    String password = properties.apply("java.net.socks.password");
    if (user != null) {
      builder.credentials(user, password == null ? "" : password);
    }
    return bypassing(builder, patterns(properties.apply("socksNonProxyHosts")));
  }

  private int port(String property, String standard) {
    String value = properties.apply(property);
    String digits = value == null || value.isBlank() ? standard : value.trim();
    if (!digits.matches("\\d{1,5}")) {
      throw new IllegalArgumentException(property + " must be a port, was " + digits);
    }
    return Integer.parseInt(digits);
  }

  /** The JDK excepts the host itself if the property is not set. */
  private static List<String> patterns(@Nullable String value) {
    String patterns = value == null ? "localhost|127.*|[::1]" : value;
    return List.of(patterns.split("\\|", -1));
  }

  /** Names in {@code NO_PROXY} are separated by commas or white space. */
  private static List<String> entries(@Nullable String value) {
    return value == null ? List.of() : List.of(value.split("[,\\s]+", -1));
  }

  private static ProxyOptions bypassing(ProxyOptions.Builder builder, List<String> entries) {
    List<String> readable = new ArrayList<>();
    for (String entry : entries) {
      try {
        ProxyBypass.of(List.of(entry));
        readable.add(entry);
      } catch (IllegalArgumentException e) {
        LOG.warn("NO_PROXY: an entry is ignored: {}", e.getMessage());
      }
    }
    return builder.nonProxyHosts(readable).build();
  }

  /**
   * Reads the address of a proxy.
   *
   * @param name what the address was set by, for the error
   * @throws IllegalArgumentException if it cannot be read; the error does not show it, since it may
   *     contain a password
   */
  static ProxyOptions.Builder parse(String name, String address) {
    Matcher parts = PROXY.matcher(address.trim());
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          name
              + " must be [http://|https://|socks5://][user:password@]host[:port], was something"
              + " else; percent-encode special characters of user and password");
    }
    String scheme = Objects.requireNonNullElse(parts.group("scheme"), "http");
    ProxyOptions.Type type = typeOf(name, scheme.toLowerCase(Locale.ROOT));
    String port = parts.group("port");
    ProxyOptions.Builder builder =
        ProxyOptions.builder(
                parts.group("host"), port == null ? type.defaultPort() : Integer.parseInt(port))
            .type(type);
    String user = parts.group("user");
    if (user != null) {
      String password = parts.group("password");
      builder.credentials(decoded(name, user), password == null ? "" : decoded(name, password));
    }
    return builder;
  }

  private static ProxyOptions.Type typeOf(String name, String scheme) {
    return switch (scheme) {
      case "http" -> ProxyOptions.Type.HTTP;
      case "https" -> ProxyOptions.Type.HTTPS;
      case "socks5", "socks5h", "socks" -> ProxyOptions.Type.SOCKS5;
      default ->
          throw new IllegalArgumentException(
              name + " must be an http, https or socks5 proxy, its scheme was " + scheme);
    };
  }

  /** Adds the hosts of {@code NO_PROXY} to a proxy that was set by other means. */
  ProxyOptions bypassed(ProxyOptions.Builder builder) {
    return bypassing(builder, entries(read("NO_PROXY")));
  }

  /** A blank upper-case form counts as not set, as in curl; the lower-case form may be empty. */
  private @Nullable String read(String variable) {
    String lower = variables.apply(variable.toLowerCase(Locale.ROOT));
    if (lower != null) {
      return lower.trim();
    }
    boolean header = variable.equals("HTTP_PROXY") && variables.apply("REQUEST_METHOD") != null;
    String value = header ? null : variables.apply(variable);
    return value == null || value.isBlank() ? null : value.trim();
  }

  private static String decoded(String name, String text) {
    try {
      // URLDecoder decodes forms, in which a plus is a space. Here a plus is literal.
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      // The cause is dropped because it quotes the value.
      throw new IllegalArgumentException(name + " must be percent-encoded, was not");
    }
  }
}

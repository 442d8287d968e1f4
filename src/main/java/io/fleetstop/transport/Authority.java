package io.fleetstop.transport;

import java.net.URI;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The host and the port of an address. {@link URI} has neither if the host contains an underscore,
 * although such names are resolved and used, by container networks for example.
 *
 * @param host the name or the address, with brackets around IPv6
 * @param port the port, the scheme's own if the address has none
 */
public record Authority(String host, int port) {

  private static final Pattern LOOPBACK =
      Pattern.compile("(?i)localhost|127(?:\\.\\d{1,3}){3}|\\[::1]");

  private static final Pattern WITH_UNDERSCORE =
      Pattern.compile(
          "(?:(?<user>[^@]*)@)?(?<host>[A-Za-z0-9_-]+(?:\\.[A-Za-z0-9_-]+)*\\.?)(?::(?<port>\\d{0,5}))?");

  /** Returns the authority of an address, or {@code null} if it has no host. */
  public static @Nullable Authority of(URI address) {
    if (address.getHost() != null) {
      return new Authority(address.getHost(), portOf(address, address.getPort()));
    }
    Matcher parts = withUnderscore(address);
    if (parts == null) {
      return null;
    }
    String port = parts.group("port");
    return new Authority(
        parts.group("host"),
        portOf(address, port == null || port.isEmpty() ? -1 : Integer.parseInt(port)));
  }

  /** Returns whether the address contains a user, which may come with a password. */
  public static boolean hasUser(URI address) {
    Matcher parts = address.getHost() == null ? withUnderscore(address) : null;
    return parts == null ? address.getRawUserInfo() != null : parts.group("user") != null;
  }

  private static @Nullable Matcher withUnderscore(URI address) {
    String authority = address.getRawAuthority();
    if (authority == null || authority.indexOf('_', authority.lastIndexOf('@') + 1) < 0) {
      return null;
    }
    Matcher parts = WITH_UNDERSCORE.matcher(authority);
    return parts.matches() ? parts : null;
  }

  private static int portOf(URI address, int port) {
    return port >= 0 ? port : "https".equalsIgnoreCase(address.getScheme()) ? 443 : 80;
  }

  /** Returns whether the address is one of this machine, without resolving a name. */
  public static boolean isLoopback(URI address) {
    Authority authority = of(address);
    return authority != null && LOOPBACK.matcher(authority.host).matches();
  }

  /** Returns the host as a socket address has it, without brackets. */
  String socketHost() {
    return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
  }

  /** Returns the host, and the port unless it is the scheme's own. */
  static String hostHeader(URI address, Authority authority) {
    int standard = portOf(address, -1);
    return authority.port == standard ? authority.host : authority.host + ':' + authority.port;
  }
}

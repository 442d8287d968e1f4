package io.fleetstop.transport;

import io.netty.util.NetUtil;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The hosts that are reached without a proxy. Compares names and resolves none. */
final class ProxyBypass {

  private static final ProxyBypass NONE = new ProxyBypass(List.of(), List.of());

  private final List<String> entries;
  private final List<Rule> rules;

  private ProxyBypass(List<String> entries, List<Rule> rules) {
    this.entries = entries;
    this.rules = rules;
  }

  static ProxyBypass none() {
    return NONE;
  }

  static ProxyBypass of(Collection<String> entries) {
    List<String> trimmed = entries.stream().map(String::trim).filter(e -> !e.isEmpty()).toList();
    return new ProxyBypass(trimmed, trimmed.stream().map(ProxyBypass::parse).toList());
  }

  List<String> entries() {
    return entries;
  }

  boolean covers(String host, int port) {
    if (rules.isEmpty()) {
      return false;
    }
    String name = withoutBrackets(host).toLowerCase(Locale.ROOT);
    byte[] address = NetUtil.createByteArrayFromIpAddressString(name);
    return rules.stream().anyMatch(rule -> rule.covers(name, address, port));
  }

  private interface Rule {
    boolean covers(String name, byte @Nullable [] address, int port);
  }

  private static Rule parse(String entry) {
    if (entry.equals("*")) {
      return (name, address, port) -> true;
    }
    int slash = entry.indexOf('/');
    if (slash >= 0) {
      return block(entry, slash);
    }
    boolean address = NetUtil.createByteArrayFromIpAddressString(withoutBrackets(entry)) != null;
    int colon = address ? -1 : entry.lastIndexOf(':');
    int requiredPort = colon < 0 ? -1 : number(entry, entry.substring(colon + 1), 65535);
    String host = colon < 0 ? entry : entry.substring(0, colon);
    byte[] network = NetUtil.createByteArrayFromIpAddressString(withoutBrackets(host));
    Rule rule = network == null ? domain(host) : block(network, 8 * network.length);
    return (target, targetAddress, port) ->
        (requiredPort < 0 || requiredPort == port) && rule.covers(target, targetAddress, port);
  }

  private static Rule domain(String entry) {
    String lower = entry.toLowerCase(Locale.ROOT);
    if (lower.length() > 1 && lower.endsWith("*")) {
      String prefix = lower.substring(0, lower.length() - 1);
      return (host, address, port) -> host.startsWith(prefix);
    }
    if (lower.startsWith("*") && !lower.startsWith("*.")) {
      return (host, address, port) -> host.endsWith(lower.substring(1));
    }
    String domain = lower.startsWith("*.") ? lower.substring(2) : lower;
    String name = domain.startsWith(".") ? domain.substring(1) : domain;
    String suffix = "." + name;
    return (host, address, port) -> host.equals(name) || host.endsWith(suffix);
  }

  private static Rule block(String entry, int slash) {
    byte[] network =
        NetUtil.createByteArrayFromIpAddressString(withoutBrackets(entry.substring(0, slash)));
    if (network == null) {
      throw new IllegalArgumentException(
          "nonProxyHosts must have an address before the slash, was " + entry);
    }
    return block(network, number(entry, entry.substring(slash + 1), 8 * network.length));
  }

  private static Rule block(byte[] network, int bits) {
    return (name, address, port) ->
        address != null && address.length == network.length && samePrefix(network, address, bits);
  }

  private static boolean samePrefix(byte[] network, byte[] address, int bits) {
    for (int bit = 0; bit < bits; bit++) {
      int mask = 0x80 >> (bit % 8);
      if (((network[bit / 8] ^ address[bit / 8]) & mask) != 0) {
        return false;
      }
    }
    return true;
  }

  private static int number(String entry, String digits, int max) {
    try {
      int number = Integer.parseInt(digits);
      if (number >= 0 && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // The error below names the whole entry.
    }
    throw new IllegalArgumentException(
        "nonProxyHosts must end in a number up to " + max + ", was " + entry);
  }

  private static String withoutBrackets(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }
}

package io.fleetstop.redis;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a server must be, checked by its reply to {@code INFO}. */
final class RedisRequirements {

  private static final Pattern VERSION = Pattern.compile("([0-9]{1,5})\\.([0-9]{1,5}).*");
  private static final Pattern NUMBERS = Pattern.compile("[0-9.]{1,20}");
  private static final Pattern POLICY = Pattern.compile("[a-z-]{1,20}");
  private static final int MAJOR = 6;
  private static final int MINOR = 2;

  private RedisRequirements() {}

  /**
   * Returns what the user should know of a server.
   *
   * @param info the reply to {@code INFO}
   * @param server the server
   * @throws RedisSetupException if the server is not fit
   */
  static List<String> check(String info, RedisOptions server) {
    String address = server.address();
    Map<String, String> fields = fields(info);
    requireVersion(fields.getOrDefault("redis_version", "unknown"), address);
    if (Objects.equals(fields.get("role"), "slave")) {
      throw new RedisSetupException(
          address + " is a replica, which accepts no writes: name its master, or use Sentinel");
    }
    String policy = shown(POLICY, fields.getOrDefault("maxmemory_policy", "noeviction"));
    if (!policy.equals("noeviction")) {
      throw new RedisSetupException(
          address
              + " may drop keys when its memory is full: maxmemory-policy must be noeviction, was "
              + policy);
    }
    List<String> warnings = new ArrayList<>();
    if (server.isPlain()) {
      warnings.add(
          address
              + " is not encrypted: others on the network can read the password and change the run;"
              + " use rediss://");
    }
    if (Objects.equals(fields.get("aof_enabled"), "0")) {
      warnings.add(
          address
              + " keeps no append-only file: a restart of Redis forgets the run; set appendonly"
              + " yes");
    }
    return List.copyOf(warnings);
  }

  private static void requireVersion(String version, String address) {
    Matcher number = VERSION.matcher(version);
    boolean known = number.matches();
    int major = known ? Integer.parseInt(number.group(1)) : 0;
    int minor = known ? Integer.parseInt(number.group(2)) : 0;
    if (major < MAJOR || (major == MAJOR && minor < MINOR)) {
      throw new RedisSetupException(
          address
              + " must be Redis "
              + MAJOR
              + '.'
              + MINOR
              + " or later, was "
              + shown(NUMBERS, version));
    }
  }

  /** A server may repeat the password, or control a terminal. */
  private static String shown(Pattern form, String text) {
    return form.matcher(text).matches() ? text : "not readable";
  }

  private static Map<String, String> fields(String info) {
    Map<String, String> fields = new HashMap<>();
    info.lines()
        .forEach(
            line -> {
              int colon = line.indexOf(':');
              if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
              }
            });
    return fields;
  }
}

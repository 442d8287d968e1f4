package io.fleetstop.spring;

import io.fleetstop.credentials.SecretMask;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;

/**
 * The secrets that the properties of an application hold, found by the names of the properties. A
 * property that refers to another one, as in {@code ${MY_SECRET}}, makes a secret of what it has.
 */
final class PropertySecrets {

  /** A shorter one may be a part of any value. */
  private static final int MIN_LENGTH = 6;

  /** Matches names without separators and in lower case, as each source spells them otherwise. */
  private static final Pattern SECRET =
      Pattern.compile(
          "fleetstop.*credentials(accesskeyid|secretaccesskey|sessiontoken)?|fleetstopredis(url|password)?"
              + "|(volcengine|volcstack)(accesskey|accesskeyid|secretkey|secretaccesskey|sessiontoken)"
              + "|(http|https|ftp|all)proxy|(http|https|ftp)proxypassword|javanetsockspassword");

  private static final Pattern ADDRESS =
      Pattern.compile(
          "fleetstop.*(endpoint|url|uri|address)|(volcengine|volcstack).*endpoint"
              + "|fleetstopredis|(http|https|ftp|all)proxy");

  private final Set<String> secrets = new HashSet<>();

  private PropertySecrets() {}

  /** Whether the value of a property with this name is a secret. */
  static boolean isSecret(String name) {
    return SECRET.matcher(plain(name)).matches();
  }

  /** Whether the value of a property with this name is an address, well formed or not. */
  static boolean isAddress(String name) {
    return ADDRESS.matcher(plain(name)).matches();
  }

  /** Returns the secrets of an environment as they are now: a refresh may change them. */
  static PropertySecrets of(ConfigurableEnvironment environment) {
    PropertySecrets found = new PropertySecrets();
    for (PropertySource<?> source : environment.getPropertySources()) {
      if (source instanceof EnumerablePropertySource<?> enumerable) {
        for (String name : enumerable.getPropertyNames()) {
          if (isSecret(name) || isAddress(name)) {
            found.add(plain(name), resolved(environment, source.getProperty(name)));
          }
        }
      }
    }
    return found;
  }

  private void add(String name, @Nullable String value) {
    if (value == null) {
      return;
    }
    if (ADDRESS.matcher(name).matches()) {
      addPasswordsOf(value);
    } else {
      // The value of the bare group, which is refused, may be an id with its key.
      boolean group = name.endsWith("credentials");
      Arrays.stream(group ? value.split(":", -1) : new String[] {value})
          .skip(group ? 1 : 0)
          .forEach(this::add);
    }
  }

  /** An address of Redis may have several nodes. */
  private void addPasswordsOf(String addresses) {
    addPasswordOf(addresses);
    for (String address : addresses.split("[,\\s]+", -1)) {
      addPasswordOf(address);
    }
  }

  private void addPasswordOf(String address) {
    int end = address.lastIndexOf('@');
    int scheme = address.indexOf("://");
    int start = address.indexOf(':', scheme < 0 ? 0 : scheme + 1);
    if (start >= 0 && start < end) {
      String password = address.substring(start + 1, end);
      add(password);
      add(decoded(password));
    }
  }

  private void add(String secret) {
    if (secret.length() >= MIN_LENGTH) {
      secrets.add(secret);
    }
  }

  private static String decoded(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException malformed) {
      return text;
    }
  }

  private static @Nullable String resolved(
      ConfigurableEnvironment environment, @Nullable Object value) {
    if (value == null) {
      return null;
    }
    try {
      return environment.resolvePlaceholders(value.toString());
    } catch (IllegalArgumentException circular) {
      return value.toString();
    }
  }

  /** Whether a secret stands in a text, also encoded, or a long part of one. */
  boolean areIn(String text) {
    return secrets.stream().anyMatch(text::contains)
        || !SecretMask.ofTokens(secrets.toArray(String[]::new)).value(text).equals(text);
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
  }
}

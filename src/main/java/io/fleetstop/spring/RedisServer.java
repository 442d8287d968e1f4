package io.fleetstop.spring;

import io.fleetstop.redis.RedisOptions;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.core.env.Environment;

/**
 * The server that the properties name: {@code fleetstop.redis.url}, or that of Spring Data below
 * {@code spring.data.redis}. The latter are read by name, since the classes for them differ between
 * the versions of Spring Boot and need Spring Data.
 */
final class RedisServer {

  private static final String OWN = "fleetstop.redis";
  static final String USERNAME = OWN + ".username";
  static final String PASSWORD = OWN + ".password";
  static final String BUNDLE = OWN + ".ssl.bundle";

  private static final String SHARED = "spring.data.redis";

  private final Binder binder;
  private final @Nullable SslBundles bundles;

  /** The names of the properties that were read, of which one may be wrong. */
  private final List<String> used = new ArrayList<>();

  private RedisServer(Environment environment, @Nullable SslBundles bundles) {
    this.binder = Binder.get(environment);
    this.bundles = bundles;
  }

  /**
   * Returns the options of the server.
   *
   * @throws InvalidPropertyException if a property is not valid
   */
  static RedisOptions options(
      FleetstopRedisProperties own, Environment environment, @Nullable SslBundles bundles) {
    RedisServer server = new RedisServer(environment, bundles);
    String url = own.url();
    if (url != null && !url.isBlank()) {
      return server.own(url, own);
    }
    requireNoLogin(own);
    return server.shared();
  }

  /** Without a server of its own it would be ignored, and the other server gets another login. */
  private static void requireNoLogin(FleetstopRedisProperties own) {
    requireUnset(USERNAME, own.username());
    requireUnset(PASSWORD, own.password());
    requireUnset(BUNDLE, own.ssl().bundle());
  }

  private static void requireUnset(String property, @Nullable String value) {
    if (nonBlank(value) != null) {
      int dot = property.lastIndexOf('.');
      throw new InvalidPropertyException(
          property.substring(0, dot),
          property.substring(dot + 1)
              + " must be set together with fleetstop.redis.url, since it is not for the server of"
              + " spring.data.redis. Set that, or set those of spring.data.redis, or set"
              + " fleetstop.redis.enabled=false",
          List.of(property),
          null);
    }
  }

  /** A login for the server of the application is not sent to another one. */
  private RedisOptions own(String url, FleetstopRedisProperties own) {
    used.add(OWN + ".url");
    RedisOptions options = checked(OWN, () -> RedisOptions.of(url.strip()));
    String password = nonBlank(own.password());
    if (password != null) {
      options = options.withCredentials(nonBlank(own.username()), password);
    } else if (nonBlank(own.username()) != null) {
      throw new InvalidPropertyException(OWN, "username must be set together with password", null);
    }
    return withBundle(options, OWN + ".ssl", own.ssl().bundle());
  }

  private RedisOptions shared() {
    String bundle = text("ssl.bundle");
    boolean encrypted =
        bind("ssl.enabled", Bindable.of(Boolean.class), bundle != null).booleanValue();
    RedisOptions options = shared(encrypted ? "rediss" : "redis");
    return withBundle(options, SHARED + ".ssl", encrypted ? bundle : null);
  }

  private RedisOptions shared(String scheme) {
    String master = text("sentinel.master");
    List<String> nodes = list("cluster.nodes");
    if (master != null) {
      String url = scheme + "-sentinel://" + String.join(",", list("sentinel.nodes")) + database();
      RedisOptions options =
          withLogin(checked(SHARED, () -> RedisOptions.of(url + '#' + escaped(master))));
      String password = text("sentinel.password");
      return password == null
          ? options
          : options.withSentinelCredentials(text("sentinel.username"), password);
    }
    if (!nodes.isEmpty()) {
      String url = scheme + "-cluster://" + String.join(",", nodes);
      return withLogin(checked(SHARED, () -> RedisOptions.of(url)));
    }
    if (!list("masterreplica.nodes").isEmpty()) {
      throw new InvalidPropertyException(
          SHARED,
          "masterreplica.nodes names servers of which some accept no writes: set fleetstop.redis.url"
              + " to the address of the master",
          List.of(SHARED + ".masterreplica.nodes"),
          null);
    }
    String given = text("url");
    if (given != null) {
      // As Spring Data does: a secure connection is asked for by either of the two.
      String url = given.replaceFirst("^redis://", scheme + "://");
      String withDatabase = url.matches("[^:]+://[^/]+/?") ? stripped(url) + database() : url;
      return checked(SHARED, () -> RedisOptions.of(withDatabase));
    }
    String host = text("host");
    String port = text("port");
    String url =
        scheme
            + "://"
            + bracketed(host == null ? "localhost" : host)
            + ':'
            + (port == null ? "6379" : port)
            + database();
    return withLogin(checked(SHARED, () -> RedisOptions.of(url)));
  }

  private RedisOptions withLogin(RedisOptions options) {
    String password = text("password");
    return password == null ? options : options.withCredentials(text("username"), password);
  }

  private String database() {
    int number = bind("database", Bindable.of(Integer.class), 0);
    return number == 0 ? "" : "/" + number;
  }

  private static String stripped(String url) {
    return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
  }

  private static String bracketed(String host) {
    return host.indexOf(':') >= 0 && !host.startsWith("[") ? '[' + host + ']' : host;
  }

  private static String escaped(String master) {
    return URLEncoder.encode(master, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private RedisOptions withBundle(RedisOptions options, String group, @Nullable String bundle) {
    if (bundle == null || bundle.isBlank()) {
      return options;
    }
    return BundledTls.applied(
        group, bundle, bundles, (trusted, own) -> options.withCertificates(trusted, own));
  }

  private @Nullable String text(String name) {
    return nonBlank(bind(name, Bindable.of(String.class), ""));
  }

  private List<String> list(String name) {
    return bind(name, Bindable.listOf(String.class), List.of());
  }

  private <T> T bind(String name, Bindable<T> type, T otherwise) {
    String property = SHARED + '.' + name;
    used.add(property);
    return binder.bind(property, type).orElse(otherwise);
  }

  /** The error names the properties that are set, with their origins, but not those of a login. */
  private RedisOptions checked(String group, Supplier<RedisOptions> options) {
    try {
      return options.get();
    } catch (IllegalArgumentException invalid) {
      String rule = String.valueOf(invalid.getMessage()).replace("the URL of Redis", "the address");
      throw new InvalidPropertyException(group, rule, used, null);
    }
  }

  private static @Nullable String nonBlank(@Nullable String value) {
    return value == null || value.isBlank() ? null : value;
  }
}

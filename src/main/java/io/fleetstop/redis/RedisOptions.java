package io.fleetstop.redis;

import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.SslVerifyMode;
import io.lettuce.core.StaticCredentialsProvider;
import io.lettuce.core.cluster.RedisClusterURIUtil;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Where Redis is, and how to log in. Immutable. The text of this object has neither user nor
 * password.
 *
 * <p>URLs, each with {@code user:password@} before the host if needed:
 *
 * <ul>
 *   <li>{@code redis://host[:port][/database]}, and {@code rediss://} with TLS
 *   <li>{@code redis-sentinel://host[:port][,host[:port]][/database]#master}, and {@code
 *       rediss-sentinel://}
 *   <li>{@code redis-cluster://host[:port][,host[:port]]}, and {@code rediss-cluster://}
 * </ul>
 */
public final class RedisOptions {

  private static final String CLUSTER = "-cluster";
  private static final List<String> SCHEMES =
      List.of(
          "redis",
          "rediss",
          "redis-sentinel",
          "rediss-sentinel",
          "redis-cluster",
          "rediss-cluster");

  private static final String UNESCAPED =
      "must have special characters of user and password escaped, such as %40 for @";
  private static final String HOST_AND_PORT =
      "must have a host with a port of 1 to 65535, and the name of the master after # with Sentinel";

  private final boolean cluster;
  private final List<RedisURI> servers;
  private final String address;
  private final SslOptions certificates;

  private RedisOptions(
      boolean cluster, List<RedisURI> servers, String address, SslOptions certificates) {
    this.cluster = cluster;
    this.servers = servers;
    this.address = address;
    this.certificates = certificates;
  }

  /**
   * Returns the options of a URL.
   *
   * @throws IllegalArgumentException if the URL is none of those above; the message has neither
   *     user nor password
   */
  public static RedisOptions of(String url) {
    Objects.requireNonNull(url, "url");
    int end = url.indexOf("://");
    String scheme = end < 0 ? "" : url.substring(0, end);
    if (!SCHEMES.contains(scheme)) {
      throw invalid(url, "must start with one of " + String.join("://, ", SCHEMES) + "://");
    }
    boolean cluster = scheme.endsWith(CLUSTER);
    String standard = cluster ? scheme.replace(CLUSTER, "") + url.substring(end) : url;
    List<RedisURI> servers = parsed(url, standard, cluster);
    return new RedisOptions(cluster, servers, address(scheme, servers), SslOptions.create());
  }

  /** The cause is not kept: its message has the whole URL. */
  private static List<RedisURI> parsed(String url, String standard, boolean cluster) {
    URI uri;
    try {
      uri = new URI(standard);
    } catch (URISyntaxException unreadable) {
      throw invalid(url, UNESCAPED);
    }
    if (uri.getRawAuthority() == null || uri.getRawAuthority().isEmpty()) {
      throw invalid(url, "names no host");
    }
    boolean sentinel = uri.getScheme().endsWith("-sentinel");
    boolean split =
        uri.getRawAuthority().length() < standard.lastIndexOf('@') - standard.indexOf("://") - 2;
    if (split || (!sentinel && uri.getRawFragment() != null)) {
      throw invalid(url, UNESCAPED);
    }
    if (!sentinel && !cluster && uri.getHost() == null) {
      throw invalid(url, HOST_AND_PORT);
    }
    try {
      List<RedisURI> servers =
          cluster ? RedisClusterURIUtil.toRedisURIs(uri) : List.of(RedisURI.create(uri));
      for (RedisURI server : servers) {
        if (server.getSentinels().isEmpty()
            && (server.getHost() == null || server.getHost().isEmpty())) {
          throw invalid(url, "names no host");
        }
        // A parameter of the driver, which would turn off what rediss is for.
        if (server.getVerifyMode() != SslVerifyMode.FULL) {
          throw invalid(url, "must not turn off the verification of certificates by verifyPeer");
        }
      }
      return List.copyOf(servers);
    } catch (RedisUrlException known) {
      throw known;
    } catch (RuntimeException unreadable) {
      throw invalid(url, HOST_AND_PORT);
    }
  }

  /**
   * Returns these options with a user, or the default user if null, and a password; with Sentinel
   * those of the master.
   */
  public RedisOptions withCredentials(@Nullable String user, String password) {
    RedisCredentialsProvider login = login(user, password);
    return with(server -> server.setCredentialsProvider(login));
  }

  /** Returns these options with a user, or the default user if null, and a password of Sentinel. */
  public RedisOptions withSentinelCredentials(@Nullable String user, String password) {
    RedisCredentialsProvider login = login(user, password);
    return with(server -> server.getSentinels().forEach(one -> one.setCredentialsProvider(login)));
  }

  private static RedisCredentialsProvider login(@Nullable String user, String password) {
    Objects.requireNonNull(password, "password");
    return new StaticCredentialsProvider(RedisCredentials.just(user, password));
  }

  private RedisOptions with(Consumer<RedisURI> change) {
    List<RedisURI> copies = new ArrayList<>();
    for (RedisURI server : servers) {
      RedisURI copy = copy(server);
      change.accept(copy);
      copies.add(copy);
    }
    return new RedisOptions(cluster, List.copyOf(copies), address, certificates);
  }

  /** The driver's own copy loses the sentinels. */
  private static RedisURI copy(RedisURI server) {
    RedisURI copy = new RedisURI();
    copy.setHost(server.getHost());
    copy.setPort(server.getPort());
    copy.setSentinelMasterId(server.getSentinelMasterId());
    copy.setDatabase(server.getDatabase());
    copy.setTimeout(server.getTimeout());
    copy.setClientName(server.getClientName());
    copy.applySsl(server);
    copy.applyAuthentication(server);
    server.getSentinels().forEach(sentinel -> copy.getSentinels().add(copy(sentinel)));
    return copy;
  }

  /**
   * Returns these options with other certificates than those of the JDK for {@code rediss}.
   *
   * @param trusted the trusted certificates, or null for those of the JDK
   * @param own the certificate and key of this process, or null for none
   */
  public RedisOptions withCertificates(
      @Nullable TrustManagerFactory trusted, @Nullable KeyManagerFactory own) {
    SslOptions.Builder builder = SslOptions.builder().jdkSslProvider();
    if (trusted != null) {
      builder.trustManager(trusted);
    }
    if (own != null) {
      builder.keyManager(own);
    }
    return new RedisOptions(cluster, servers, address, builder.build());
  }

  /** Returns the certificates of secure connections. */
  SslOptions certificates() {
    return certificates;
  }

  /** Returns the URL without user, password and settings. */
  public String address() {
    return address;
  }

  /** Whether what is sent, the password included, can be read on the way. */
  boolean isPlain() {
    return servers.stream()
        .flatMap(
            server ->
                server.getSentinels().isEmpty()
                    ? Stream.of(server)
                    : Stream.concat(Stream.of(server), server.getSentinels().stream()))
        .anyMatch(server -> !server.isSsl() && !isLoopback(server.getHost()));
  }

  private static boolean isLoopback(@Nullable String host) {
    return host == null
        || host.equals("localhost")
        || host.equals("::1")
        || host.equals("[::1]")
        || host.matches("127(\\.\\d{1,3}){3}");
  }

  /** Whether connections are secured by TLS. */
  boolean isSecure() {
    return servers.get(0).isSsl();
  }

  boolean isCluster() {
    return cluster;
  }

  /** Returns the server, or the known nodes of a cluster. */
  List<RedisURI> servers() {
    return servers;
  }

  @Override
  public String toString() {
    return address;
  }

  private static String address(String scheme, List<RedisURI> servers) {
    RedisURI first = servers.get(0);
    List<RedisURI> hosts = first.getSentinels().isEmpty() ? servers : first.getSentinels();
    String names =
        hosts.stream()
            .map(host -> host.getHost() + ':' + host.getPort())
            .collect(Collectors.joining(","));
    String database = first.getDatabase() == 0 ? "" : "/" + first.getDatabase();
    String master = first.getSentinelMasterId() == null ? "" : "#" + first.getSentinelMasterId();
    return scheme + "://" + names + database + master;
  }

  private static IllegalArgumentException invalid(String url, String rule) {
    return new RedisUrlException("the URL of Redis " + rule + ", was \"" + masked(url) + "\"");
  }

  /** Whatever follows the scheme of a URL that is wrong may be a password. */
  private static String masked(String url) {
    int end = url.indexOf("://");
    return end > 0 && SCHEMES.contains(url.substring(0, end))
        ? url.substring(0, end) + "://***"
        : "***";
  }

  private static final class RedisUrlException extends IllegalArgumentException {

    private static final long serialVersionUID = 1L;

    RedisUrlException(String message) {
      super(message);
    }
  }
}

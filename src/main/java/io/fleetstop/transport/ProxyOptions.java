package io.fleetstop.transport;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A proxy that {@link NettyTransport} reaches its hosts through, with HTTP {@code CONNECT} for
 * plain and for secure addresses alike. Immutable; change a copy with {@link #mutate()}.
 *
 * <p>The proxy's name is resolved when a request needs it; the names of the hosts behind it are
 * left to the proxy. A plain request is handed to the connection while the proxy still opens the
 * way: if its caller gives up at that moment, the call ends as possibly sent although it was not.
 */
public final class ProxyOptions {

  private final String host;
  private final int port;
  private final @Nullable String username;
  private final @Nullable String password;
  private final ProxyBypass bypass;
  private final Duration connectTimeout;

  private ProxyOptions(Builder builder) {
    this.host = builder.host;
    this.port = builder.port;
    this.username = builder.username;
    this.password = builder.password;
    this.bypass = builder.bypass;
    this.connectTimeout = builder.connectTimeout;
  }

  /** Starts with a proxy without credentials, for every host. */
  public static Builder builder(String host, int port) {
    return new Builder(host, port);
  }

  /** A copy to change. */
  public Builder mutate() {
    Builder copy = new Builder(host, port);
    copy.username = username;
    copy.password = password;
    copy.bypass = bypass;
    copy.connectTimeout = connectTimeout;
    return copy;
  }

  /** The proxy's host name or address. */
  public String host() {
    return host;
  }

  /** The proxy's port. */
  public int port() {
    return port;
  }

  /** Who asks, or {@code null} for a proxy without authentication. */
  public @Nullable String username() {
    return username;
  }

  /** Not for users: a password is written and never read back. */
  @Nullable String password() {
    return password;
  }

  /** The hosts that are reached without the proxy. */
  public List<String> nonProxyHosts() {
    return bypass.entries();
  }

  /** How long the proxy may take to open the way. */
  public Duration connectTimeout() {
    return connectTimeout;
  }

  /** Whether a host is reached without the proxy. */
  boolean isBypassedFor(String targetHost, int targetPort) {
    return bypass.covers(targetHost, targetPort);
  }

  /** Where the proxy is, without the credentials. */
  @Override
  public String toString() {
    return "ProxyOptions[" + host + ":" + port + (username == null ? "" : ", authenticated") + "]";
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private final String host;
    private final int port;
    private @Nullable String username;
    private @Nullable String password;
    private ProxyBypass bypass = ProxyBypass.none();
    private Duration connectTimeout = Duration.ofSeconds(10);

    private Builder(String host, int port) {
      if (host.isBlank()) {
        throw new IllegalArgumentException("proxy host must not be blank");
      }
      if (port < 1 || port > 65535) {
        throw new IllegalArgumentException("proxy port must be from 1 to 65535, was " + port);
      }
      this.host = host;
      this.port = port;
    }

    /** Authenticates with HTTP's basic scheme. Default no authentication. */
    public Builder credentials(String username, String password) {
      if (username.indexOf(':') >= 0) {
        throw new IllegalArgumentException("proxy username must not contain a colon");
      }
      this.username = Objects.requireNonNull(username, "username");
      this.password = Objects.requireNonNull(password, "password");
      return this;
    }

    /** Does not authenticate. The default. */
    public Builder noCredentials() {
      this.username = null;
      this.password = null;
      return this;
    }

    /**
     * The hosts that are reached without the proxy, in the forms that {@code NO_PROXY} has: {@code
     * example.com} with everything below it, the same with a leading dot or {@code *.}, an address,
     * a block of addresses as {@code 10.0.0.0/8}, each but the last with an optional {@code :port},
     * or {@code *} for every host. Names are compared as they stand in the request: nothing is
     * resolved. Default none.
     */
    public Builder nonProxyHosts(Collection<String> nonProxyHosts) {
      this.bypass = ProxyBypass.of(nonProxyHosts);
      return this;
    }

    /**
     * How long the proxy may take, once connected, to open the way to the host. Default 10 s;
     * resolution 1 ms.
     */
    public Builder connectTimeout(Duration connectTimeout) {
      if (connectTimeout.compareTo(Duration.ofMillis(1)) < 0) {
        throw new IllegalArgumentException(
            "connectTimeout must be at least 1 ms, was " + connectTimeout);
      }
      this.connectTimeout = connectTimeout;
      return this;
    }

    /** The options. */
    public ProxyOptions build() {
      return new ProxyOptions(this);
    }
  }
}

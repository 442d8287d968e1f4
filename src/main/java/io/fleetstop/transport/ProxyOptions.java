package io.fleetstop.transport;

import io.fleetstop.error.Preconditions;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A proxy for {@link NettyTransport}. HTTP proxies are used with {@code CONNECT} for plain and
 * secure addresses alike. Immutable; change a copy with {@link #mutate()}.
 *
 * <p>The proxy's name is resolved when a request needs it; the proxy resolves the names of the
 * target hosts. A plain request is written to the connection while the proxy still opens the
 * tunnel: if it is cancelled or fails at that moment, it is reported as possibly sent although it
 * was not.
 */
public final class ProxyOptions {

  /** The protocol of the connection to the proxy. */
  public enum Type {
    /** HTTP {@code CONNECT}. */
    HTTP(80),
    /** HTTP {@code CONNECT} inside of TLS, with the trust of {@link TransportOptions#tls()}. */
    HTTPS(443),
    /** SOCKS version 5. The proxy resolves the names of the hosts. */
    SOCKS5(1080);

    private final int defaultPort;

    Type(int defaultPort) {
      this.defaultPort = defaultPort;
    }

    /** Returns the port of an address that names none. */
    public int defaultPort() {
      return defaultPort;
    }
  }

  private final String host;
  private final int port;
  private final Type type;
  private final @Nullable String username;
  private final @Nullable String password;
  private final ProxyBypass bypass;
  private final Duration connectTimeout;

  private ProxyOptions(Builder builder) {
    this.host = builder.host;
    this.port = builder.port;
    this.type = builder.type;
    this.username = builder.username;
    this.password = builder.password;
    this.bypass = builder.bypass;
    this.connectTimeout = builder.connectTimeout;
  }

  /**
   * Returns a builder for a proxy without credentials, used for every host.
   *
   * @throws IllegalArgumentException if {@code host} is blank, or {@code port} is not 1 to 65535
   */
  public static Builder builder(String host, int port) {
    return new Builder(host, port);
  }

  /**
   * Returns a builder for the proxy at an address, {@code
   * [http://|https://|socks5://][user:password@]host[:port]}, with user and password
   * percent-encoded.
   *
   * @throws IllegalArgumentException if it cannot be read; the message does not show the address
   */
  public static Builder parse(String address) {
    return ProxyEnvironment.parse("proxy", address);
  }

  /** Returns a builder with these options. */
  public Builder mutate() {
    Builder copy = new Builder(host, port);
    copy.type = type;
    copy.username = username;
    copy.password = password;
    copy.bypass = bypass;
    copy.connectTimeout = connectTimeout;
    return copy;
  }

  /** Returns the host name or address of the proxy. */
  public String host() {
    return host;
  }

  /** Returns the port of the proxy. */
  public int port() {
    return port;
  }

  /** Returns the protocol of the connection to the proxy. */
  public Type type() {
    return type;
  }

  /** Returns the user name, or {@code null} for a proxy without authentication. */
  public @Nullable String username() {
    return username;
  }

  /** Not public: users set a password but cannot read it. */
  @Nullable String password() {
    return password;
  }

  /** Returns the hosts that are reached without the proxy. */
  public List<String> nonProxyHosts() {
    return bypass.entries();
  }

  /** Returns the time limit for the proxy to open the tunnel. */
  public Duration connectTimeout() {
    return connectTimeout;
  }

  /** Returns whether a host is reached without the proxy. */
  boolean isBypassedFor(String targetHost, int targetPort) {
    return bypass.covers(targetHost, targetPort);
  }

  /** Shows the address of the proxy without the credentials. */
  @Override
  public String toString() {
    return "ProxyOptions[" + host + ":" + port + (username == null ? "" : ", authenticated") + "]";
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private final String host;
    private final int port;
    private Type type = Type.HTTP;
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

    /** Sets the protocol of the connection to the proxy. Default: {@link Type#HTTP}. */
    public Builder type(Type type) {
      this.type = Objects.requireNonNull(type, "type");
      return this;
    }

    /**
     * Sets the user and the password, for HTTP Basic or the authentication of SOCKS5. Default: no
     * authentication.
     *
     * @throws IllegalArgumentException if {@code username} contains a colon
     * @see #noCredentials()
     */
    public Builder credentials(String username, String password) {
      if (username.indexOf(':') >= 0) {
        throw new IllegalArgumentException("proxy username must not contain a colon");
      }
      this.username = Objects.requireNonNull(username, "username");
      this.password = Objects.requireNonNull(password, "password");
      return this;
    }

    /**
     * Removes the user and the password. Default: no authentication.
     *
     * @see #credentials(String, String)
     */
    public Builder noCredentials() {
      this.username = null;
      this.password = null;
      return this;
    }

    /**
     * Sets the hosts that are reached without the proxy, in the forms of {@code NO_PROXY}: {@code
     * example.com} with its subdomains, the same with a leading dot or {@code *.}, an address, a
     * block of addresses such as {@code 10.0.0.0/8}, each except the last with an optional {@code
     * :port}, or {@code *} for every host. Names are compared as written in the request; none is
     * resolved. Default: none.
     *
     * @throws IllegalArgumentException if an entry has none of these forms
     */
    public Builder nonProxyHosts(Collection<String> nonProxyHosts) {
      this.bypass = ProxyBypass.of(nonProxyHosts);
      return this;
    }

    /**
     * Sets the maximum time that the proxy may take, once connected, to open the tunnel to the
     * host, with a resolution of 1 ms. Default: 10 s.
     *
     * @throws IllegalArgumentException if {@code connectTimeout} is not 1 ms to 365 days
     */
    public Builder connectTimeout(Duration connectTimeout) {
      this.connectTimeout = Preconditions.positive("connectTimeout", connectTimeout);
      return this;
    }

    /** Returns the options. */
    public ProxyOptions build() {
      return new ProxyOptions(this);
    }
  }
}

package io.fleetstop.transport;

import io.fleetstop.error.Preconditions;
import java.time.Duration;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Connection, timeout and pool options of {@link NettyTransport}. Immutable; change a copy with
 * {@link #mutate()}.
 */
public final class TransportOptions {

  /** The versions of HTTP. */
  public enum Protocol {
    /** HTTP/1.1: one connection for each concurrent request. */
    HTTP_1_1,
    /**
     * HTTP/2 on secure addresses if the server offers it in the TLS handshake, with many requests
     * on one connection; HTTP/1.1 otherwise. A server may close a connection on which many requests
     * are cancelled within a short time.
     */
    HTTP_2
  }

  private final int maxConnections;
  private final Duration poolAcquireTimeout;
  private final Duration connectTimeout;
  private final Duration tlsHandshakeTimeout;
  private final Duration responseTimeout;
  private final Duration maxIdleTime;
  private final int maxBodyBytes;
  private final String applicationName;
  private final int maxHeaderBytes;
  private final Protocol protocol;
  private final TlsOptions tls;
  private final @Nullable ProxyOptions plainProxy;
  private final @Nullable ProxyOptions secureProxy;

  private TransportOptions(Builder builder) {
    this.maxConnections = builder.maxConnections;
    this.poolAcquireTimeout = builder.poolAcquireTimeout;
    this.connectTimeout = builder.connectTimeout;
    this.tlsHandshakeTimeout = builder.tlsHandshakeTimeout;
    this.responseTimeout = builder.responseTimeout;
    this.maxIdleTime = builder.maxIdleTime;
    this.maxBodyBytes = builder.maxBodyBytes;
    this.applicationName = builder.applicationName;
    this.maxHeaderBytes = builder.maxHeaderBytes;
    this.protocol = builder.protocol;
    this.tls = builder.tls;
    this.plainProxy = builder.plainProxy;
    this.secureProxy = builder.secureProxy;
  }

  /** Returns the default options. */
  public static TransportOptions defaults() {
    return builder().build();
  }

  /** Returns a builder with the default options. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder with these options. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.maxConnections = maxConnections;
    copy.poolAcquireTimeout = poolAcquireTimeout;
    copy.connectTimeout = connectTimeout;
    copy.tlsHandshakeTimeout = tlsHandshakeTimeout;
    copy.responseTimeout = responseTimeout;
    copy.maxIdleTime = maxIdleTime;
    copy.maxBodyBytes = maxBodyBytes;
    copy.applicationName = applicationName;
    copy.maxHeaderBytes = maxHeaderBytes;
    copy.protocol = protocol;
    copy.tls = tls;
    copy.plainProxy = plainProxy;
    copy.secureProxy = secureProxy;
    return copy;
  }

  /** Returns the maximum number of connections to one address. */
  public int maxConnections() {
    return maxConnections;
  }

  /** Returns the time limit for acquiring a connection from the pool. */
  public Duration poolAcquireTimeout() {
    return poolAcquireTimeout;
  }

  /** Returns the time limit for opening a TCP connection. */
  public Duration connectTimeout() {
    return connectTimeout;
  }

  /** Returns the time limit for a TLS handshake. */
  public Duration tlsHandshakeTimeout() {
    return tlsHandshakeTimeout;
  }

  /** Returns the longest gap between two reads of a reply. */
  public Duration responseTimeout() {
    return responseTimeout;
  }

  /** Returns the time after which an idle connection is closed. */
  public Duration maxIdleTime() {
    return maxIdleTime;
  }

  /** Returns the largest accepted reply, in bytes after content decoding. */
  public int maxBodyBytes() {
    return maxBodyBytes;
  }

  /** Returns the part of the {@code User-Agent} after that of fleetstop, or an empty string. */
  public String applicationName() {
    return applicationName;
  }

  /**
   * Returns the largest accepted status line, and the largest accepted headers together, in bytes.
   */
  public int maxHeaderBytes() {
    return maxHeaderBytes;
  }

  /** Returns the preferred version of HTTP. */
  public Protocol protocol() {
    return protocol;
  }

  /** Returns the TLS options for secure connections. */
  public TlsOptions tls() {
    return tls;
  }

  /** Returns the proxy for {@code http} addresses, or {@code null} for none. */
  public @Nullable ProxyOptions plainProxy() {
    return plainProxy;
  }

  /** Returns the proxy for {@code https} addresses, or {@code null} for none. */
  public @Nullable ProxyOptions secureProxy() {
    return secureProxy;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    /** Netty has an {@code int} of milliseconds. */
    private static final Duration MAX_CONNECT_TIMEOUT = Duration.ofDays(24);

    private int maxConnections = 64;
    private Duration poolAcquireTimeout = Duration.ofSeconds(10);
    private Duration connectTimeout = Duration.ofSeconds(5);
    private Duration tlsHandshakeTimeout = Duration.ofSeconds(5);
    private Duration responseTimeout = Duration.ofSeconds(10);
    private Duration maxIdleTime = Duration.ofSeconds(30);
    private int maxBodyBytes = 1024 * 1024;
    private String applicationName = "";
    private int maxHeaderBytes = 16 * 1024;
    private Protocol protocol = Protocol.HTTP_1_1;
    private TlsOptions tls = TlsOptions.defaults();
    private @Nullable ProxyOptions plainProxy;
    private @Nullable ProxyOptions secureProxy;

    private Builder() {}

    /**
     * Sets the maximum number of connections to one address. Default: 64.
     *
     * @throws IllegalArgumentException if {@code maxConnections} is less than 1
     */
    public Builder maxConnections(int maxConnections) {
      this.maxConnections = Preconditions.positive("maxConnections", maxConnections);
      return this;
    }

    /**
     * Sets the time limit for acquiring a connection from the pool. Default: 10 s.
     *
     * @throws IllegalArgumentException if {@code poolAcquireTimeout} is not 1 ms to 365 days
     */
    public Builder poolAcquireTimeout(Duration poolAcquireTimeout) {
      this.poolAcquireTimeout = Preconditions.positive("poolAcquireTimeout", poolAcquireTimeout);
      return this;
    }

    /**
     * Sets the time limit for opening a TCP connection, with a resolution of 1 ms. Default: 5 s.
     *
     * @throws IllegalArgumentException if {@code connectTimeout} is not 1 ms to 24 days
     */
    public Builder connectTimeout(Duration connectTimeout) {
      this.connectTimeout =
          Preconditions.positive("connectTimeout", connectTimeout, MAX_CONNECT_TIMEOUT);
      return this;
    }

    /**
     * Sets the time limit for a TLS handshake, with a resolution of 1 ms. Default: 5 s.
     *
     * @throws IllegalArgumentException if {@code tlsHandshakeTimeout} is not 1 ms to 365 days
     */
    public Builder tlsHandshakeTimeout(Duration tlsHandshakeTimeout) {
      this.tlsHandshakeTimeout = Preconditions.positive("tlsHandshakeTimeout", tlsHandshakeTimeout);
      return this;
    }

    /**
     * Sets the maximum time before the first byte of a reply and between two reads of it, with a
     * resolution of 1 ms. It does not limit a whole call. Default: 10 s.
     *
     * @throws IllegalArgumentException if {@code responseTimeout} is not 1 ms to 365 days
     */
    public Builder responseTimeout(Duration responseTimeout) {
      this.responseTimeout = Preconditions.positive("responseTimeout", responseTimeout);
      return this;
    }

    /**
     * Sets the time after which an idle connection is closed. Default: 30 s.
     *
     * @throws IllegalArgumentException if {@code maxIdleTime} is not 1 ms to 365 days
     */
    public Builder maxIdleTime(Duration maxIdleTime) {
      this.maxIdleTime = Preconditions.positive("maxIdleTime", maxIdleTime);
      return this;
    }

    /**
     * Sets the largest accepted reply, in bytes after content decoding. Default: 1 MiB.
     *
     * @throws IllegalArgumentException if {@code maxBodyBytes} is less than 1
     */
    public Builder maxBodyBytes(int maxBodyBytes) {
      this.maxBodyBytes = Preconditions.positive("maxBodyBytes", maxBodyBytes);
      return this;
    }

    /**
     * Sets the name and version of the application that is added to the {@code User-Agent}, for
     * example {@code nightly-shutdown/1.2}. Default: none.
     *
     * @throws IllegalArgumentException if {@code applicationName} is not printable ASCII
     */
    public Builder applicationName(String applicationName) {
      Objects.requireNonNull(applicationName, "applicationName");
      if (!applicationName.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
        throw new IllegalArgumentException("applicationName must be printable ASCII");
      }
      this.applicationName = applicationName;
      return this;
    }

    /**
     * Sets the largest accepted status line of a reply, and its largest headers together, in bytes.
     * Default: 16 KiB.
     *
     * @throws IllegalArgumentException if {@code maxHeaderBytes} is less than 1
     */
    public Builder maxHeaderBytes(int maxHeaderBytes) {
      this.maxHeaderBytes = Preconditions.positive("maxHeaderBytes", maxHeaderBytes);
      return this;
    }

    /** Sets the preferred version of HTTP. Default: {@link Protocol#HTTP_1_1}. */
    public Builder protocol(Protocol protocol) {
      this.protocol = Objects.requireNonNull(protocol, "protocol");
      return this;
    }

    /** Sets the TLS options for secure connections. Default: {@link TlsOptions#defaults()}. */
    public Builder tls(TlsOptions tls) {
      this.tls = Objects.requireNonNull(tls, "tls");
      return this;
    }

    /**
     * Sets the proxy for every host except those that it bypasses. Default: none.
     *
     * @see #proxyFromEnvironment()
     * @see #noProxy()
     */
    public Builder proxy(ProxyOptions proxy) {
      this.plainProxy = Objects.requireNonNull(proxy, "proxy");
      this.secureProxy = proxy;
      return this;
    }

    /**
     * Sets the proxy for every host except those of the variable {@code NO_PROXY}. Default: none.
     *
     * @param lookup returns {@code null} for a variable that is not set
     */
    public Builder proxy(ProxyOptions.Builder proxy, UnaryOperator<@Nullable String> lookup) {
      return proxy(new ProxyEnvironment(lookup, property -> null).bypassed(proxy));
    }

    /**
     * Removes the proxies: every host is connected to directly, whatever the environment contains.
     * Default: no proxy.
     *
     * @see #proxy(ProxyOptions)
     */
    public Builder noProxy() {
      this.plainProxy = null;
      this.secureProxy = null;
      return this;
    }

    /**
     * Sets the proxies from the environment of the process: {@code HTTPS_PROXY} for secure
     * addresses, {@code HTTP_PROXY} for the others, {@code ALL_PROXY} for both, {@code NO_PROXY}
     * for the hosts that are reached directly. The lower-case form of a name takes precedence. An
     * address may begin with {@code http://}, {@code https://} or {@code socks5://}; a user and a
     * password in it are percent-decoded. An entry of {@code NO_PROXY} that cannot be read is
     * logged and ignored.
     *
     * <p>If no variable names a proxy, the properties of the JVM count: {@code https.proxyHost},
     * {@code http.proxyHost}, {@code socksProxyHost} and those that belong to them. Both are read
     * once, by this call. Default: no proxy.
     *
     * @throws IllegalArgumentException if an address of a proxy cannot be read
     * @see #proxy(ProxyOptions)
     */
    public Builder proxyFromEnvironment() {
      return proxyFromEnvironment(System::getenv, System::getProperty);
    }

    /**
     * Sets the proxies from variables, as {@link #proxyFromEnvironment()} does, without the
     * properties of the JVM. Default: no proxy.
     *
     * @param lookup returns {@code null} for a variable that is not set
     * @throws IllegalArgumentException if an address of a proxy cannot be read
     */
    public Builder proxyFromEnvironment(UnaryOperator<@Nullable String> lookup) {
      Objects.requireNonNull(lookup, "lookup");
      return proxyFromEnvironment(lookup, property -> null);
    }

    /** The same, from one lookup for variables and one for the properties of the JVM. */
    public Builder proxyFromEnvironment(
        UnaryOperator<@Nullable String> variables, UnaryOperator<@Nullable String> properties) {
      ProxyEnvironment environment = new ProxyEnvironment(variables, properties);
      this.plainProxy = environment.plainProxy();
      this.secureProxy = environment.secureProxy();
      return this;
    }

    /** Returns the options. */
    public TransportOptions build() {
      return new TransportOptions(this);
    }
  }
}

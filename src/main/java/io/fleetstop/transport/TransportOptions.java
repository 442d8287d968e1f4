package io.fleetstop.transport;

import java.time.Duration;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * How {@link NettyTransport} connects, waits and pools. Immutable; change a copy with {@link
 * #mutate()}.
 */
public final class TransportOptions {

  /** The versions of HTTP. */
  public enum Protocol {
    /** HTTP/1.1, a connection for each request that runs. */
    HTTP_1_1,
    /**
     * HTTP/2 on secure addresses where the server offers it in the TLS handshake, many requests on
     * a connection; HTTP/1.1 everywhere else. Servers may end a connection on which many requests
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

  /** Every option at its default. */
  public static TransportOptions defaults() {
    return builder().build();
  }

  /** Starts with every option at its default. */
  public static Builder builder() {
    return new Builder();
  }

  /** A copy to change. */
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

  /** The most connections to one address. */
  public int maxConnections() {
    return maxConnections;
  }

  /** How long a call may wait for a connection of the pool. */
  public Duration poolAcquireTimeout() {
    return poolAcquireTimeout;
  }

  /** How long a TCP connection may take to be made. */
  public Duration connectTimeout() {
    return connectTimeout;
  }

  /** How long a TLS handshake may take. */
  public Duration tlsHandshakeTimeout() {
    return tlsHandshakeTimeout;
  }

  /** The longest gap between two reads of a reply. */
  public Duration responseTimeout() {
    return responseTimeout;
  }

  /** How long a connection may lie idle in the pool. */
  public Duration maxIdleTime() {
    return maxIdleTime;
  }

  /** The largest reply that is accepted, in bytes after content decoding. */
  public int maxBodyBytes() {
    return maxBodyBytes;
  }

  /** What the {@code User-Agent} says after fleetstop's own part, or empty. */
  public String applicationName() {
    return applicationName;
  }

  /** The longest status line and the longest headers of a reply that are accepted, in bytes. */
  public int maxHeaderBytes() {
    return maxHeaderBytes;
  }

  /** The version of HTTP that is preferred. */
  public Protocol protocol() {
    return protocol;
  }

  /** Whom to trust on secure connections. */
  public TlsOptions tls() {
    return tls;
  }

  /** The proxy for {@code http} addresses, or {@code null} for none. */
  public @Nullable ProxyOptions plainProxy() {
    return plainProxy;
  }

  /** The proxy for {@code https} addresses, or {@code null} for none. */
  public @Nullable ProxyOptions secureProxy() {
    return secureProxy;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

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

    /** The most connections to one address. Default 64. */
    public Builder maxConnections(int maxConnections) {
      this.maxConnections = positive("maxConnections", maxConnections);
      return this;
    }

    /** How long a call may wait for a connection of the pool. Default 10 s. */
    public Builder poolAcquireTimeout(Duration poolAcquireTimeout) {
      this.poolAcquireTimeout = positive("poolAcquireTimeout", poolAcquireTimeout);
      return this;
    }

    /** How long a TCP connection may take to be made. Default 5 s; resolution 1 ms. */
    public Builder connectTimeout(Duration connectTimeout) {
      this.connectTimeout = positive("connectTimeout", connectTimeout);
      return this;
    }

    /** How long a TLS handshake may take. Default 5 s; resolution 1 ms. */
    public Builder tlsHandshakeTimeout(Duration tlsHandshakeTimeout) {
      this.tlsHandshakeTimeout = positive("tlsHandshakeTimeout", tlsHandshakeTimeout);
      return this;
    }

    /**
     * The longest gap between two reads of a reply, its first byte included. Default 10 s;
     * resolution 1 ms. It does not bound a whole call.
     */
    public Builder responseTimeout(Duration responseTimeout) {
      this.responseTimeout = positive("responseTimeout", responseTimeout);
      return this;
    }

    /** How long a connection may lie idle in the pool before it is closed. Default 30 s. */
    public Builder maxIdleTime(Duration maxIdleTime) {
      this.maxIdleTime = positive("maxIdleTime", maxIdleTime);
      return this;
    }

    /** The largest reply that is accepted, in bytes after content decoding. Default 1 MiB. */
    public Builder maxBodyBytes(int maxBodyBytes) {
      this.maxBodyBytes = positive("maxBodyBytes", maxBodyBytes);
      return this;
    }

    /**
     * A name and version of the embedding application for the {@code User-Agent}, as {@code
     * nightly-shutdown/1.2}. Default none.
     */
    public Builder applicationName(String applicationName) {
      if (!applicationName.chars().allMatch(c -> c >= ' ' && c < 0x7f)) {
        throw new IllegalArgumentException("applicationName must be printable ASCII");
      }
      this.applicationName = Objects.requireNonNull(applicationName, "applicationName");
      return this;
    }

    /**
     * The longest status line, and the longest headers together, of a reply that is accepted, in
     * bytes. Default 16 KiB.
     */
    public Builder maxHeaderBytes(int maxHeaderBytes) {
      this.maxHeaderBytes = positive("maxHeaderBytes", maxHeaderBytes);
      return this;
    }

    /** The version of HTTP that is preferred. Default {@link Protocol#HTTP_1_1}. */
    public Builder protocol(Protocol protocol) {
      this.protocol = Objects.requireNonNull(protocol, "protocol");
      return this;
    }

    /** Whom to trust on secure connections. Default {@link TlsOptions#defaults()}. */
    public Builder tls(TlsOptions tls) {
      this.tls = Objects.requireNonNull(tls, "tls");
      return this;
    }

    /** Reaches every host through this proxy, but for those that it excepts. Default no proxy. */
    public Builder proxy(ProxyOptions proxy) {
      this.plainProxy = Objects.requireNonNull(proxy, "proxy");
      this.secureProxy = proxy;
      return this;
    }

    /** Reaches every host directly. The default, whatever the environment says. */
    public Builder noProxy() {
      this.plainProxy = null;
      this.secureProxy = null;
      return this;
    }

    /**
     * Takes the proxies from the process's environment: {@code HTTPS_PROXY} for secure addresses,
     * {@code HTTP_PROXY} for the others, {@code NO_PROXY} for the hosts that are reached directly.
     * The lower-case form of a name wins over the other. A user and a password in an address are
     * percent-decoded. Read once, here.
     */
    public Builder proxyFromEnvironment() {
      return proxyFromEnvironment(System::getenv);
    }

    /** The same, from a lookup that answers {@code null} for a variable that is not set. */
    public Builder proxyFromEnvironment(UnaryOperator<@Nullable String> lookup) {
      ProxyEnvironment environment = new ProxyEnvironment(lookup);
      this.plainProxy = environment.forPlainAddresses();
      this.secureProxy = environment.forSecureAddresses();
      return this;
    }

    /** The options. */
    public TransportOptions build() {
      return new TransportOptions(this);
    }

    private static int positive(String field, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(field + " must be at least 1, was " + value);
      }
      return value;
    }

    private static Duration positive(String field, Duration value) {
      if (value.compareTo(Duration.ofMillis(1)) < 0) {
        throw new IllegalArgumentException(field + " must be at least 1 ms, was " + value);
      }
      return value;
    }
  }
}

package io.fleetstop.transport;

import java.time.Duration;
import java.util.Objects;

/**
 * How {@link NettyTransport} connects, waits and pools. Immutable; change a copy with {@link
 * #mutate()}.
 */
public final class TransportOptions {

  private final int maxConnections;
  private final Duration poolAcquireTimeout;
  private final Duration connectTimeout;
  private final Duration tlsHandshakeTimeout;
  private final Duration responseTimeout;
  private final Duration maxIdleTime;
  private final int maxBodyBytes;
  private final String applicationName;

  private TransportOptions(Builder builder) {
    this.maxConnections = builder.maxConnections;
    this.poolAcquireTimeout = builder.poolAcquireTimeout;
    this.connectTimeout = builder.connectTimeout;
    this.tlsHandshakeTimeout = builder.tlsHandshakeTimeout;
    this.responseTimeout = builder.responseTimeout;
    this.maxIdleTime = builder.maxIdleTime;
    this.maxBodyBytes = builder.maxBodyBytes;
    this.applicationName = builder.applicationName;
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

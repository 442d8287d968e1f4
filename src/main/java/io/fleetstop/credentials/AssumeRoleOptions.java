package io.fleetstop.credentials;

import io.fleetstop.error.Preconditions;
import io.fleetstop.error.Printable;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.TransportOptions;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Options for assuming a role through STS. Immutable; the defaults are those of the official SDKs
 * ({@code com.volcengine.auth}) except where an option states otherwise.
 */
public final class AssumeRoleOptions {

  private static final Duration MAX_DURATION = Duration.ofHours(12);
  private static final Pattern ROLE_TRN = Pattern.compile("trn:iam::[!-~&&[^:]]+:role/[!-~]+");
  private static final Pattern SESSION_NAME = Pattern.compile("[\\w+=,.@-]{1,64}");
  private static final Pattern REGION = Pattern.compile("[a-z0-9]+(-[a-z0-9]+)*");

  private final String roleTrn;
  private final String sessionName;
  private final Duration duration;
  private final @Nullable String policy;
  private final URI endpoint;
  private final String region;
  private final Duration timeout;
  private final int maxAttempts;
  private final @Nullable HttpExchange transport;
  private final TransportOptions transportOptions;

  private AssumeRoleOptions(Builder builder) {
    this.roleTrn = builder.roleTrn;
    this.sessionName = builder.sessionName;
    this.duration = builder.duration;
    this.policy = builder.policy;
    this.endpoint = builder.endpoint;
    this.region = builder.region;
    this.timeout = builder.timeout;
    this.maxAttempts = builder.maxAttempts;
    this.transport = builder.transport;
    this.transportOptions = builder.transportOptions;
  }

  /** Returns the default options for a role. */
  public static AssumeRoleOptions of(String roleTrn) {
    return builder(roleTrn).build();
  }

  /**
   * Returns a builder with the default options.
   *
   * @param roleTrn the role, {@code trn:iam::<account>:role/<name>}
   * @throws IllegalArgumentException if it does not have this form
   */
  public static Builder builder(String roleTrn) {
    return new Builder(roleTrn);
  }

  /** Returns a builder with these options. */
  public Builder mutate() {
    Builder copy = new Builder(roleTrn);
    copy.sessionName = sessionName;
    copy.duration = duration;
    copy.policy = policy;
    copy.endpoint = endpoint;
    copy.region = region;
    copy.timeout = timeout;
    copy.maxAttempts = maxAttempts;
    copy.transport = transport;
    copy.transportOptions = transportOptions;
    return copy;
  }

  /** Returns the role. */
  public String roleTrn() {
    return roleTrn;
  }

  /** Returns the session name in the platform's audit records. */
  public String sessionName() {
    return sessionName;
  }

  /** Returns the requested lifetime of the role's credentials. */
  public Duration duration() {
    return duration;
  }

  /** Returns the policy that further restricts the session, or {@code null}. */
  public @Nullable String policy() {
    return policy;
  }

  /** Returns the address of STS. */
  public URI endpoint() {
    return endpoint;
  }

  /** Returns the region in the scope of the signature. */
  public String region() {
    return region;
  }

  /** Returns the time limit for one request. */
  public Duration timeout() {
    return timeout;
  }

  /** Returns the maximum number of attempts, the first included. */
  public int maxAttempts() {
    return maxAttempts;
  }

  /** Returns the caller's transport, or {@code null}. */
  public @Nullable HttpExchange transport() {
    return transport;
  }

  /** Returns the options of the connection that each fetch opens without a caller's transport. */
  public TransportOptions transportOptions() {
    return transportOptions;
  }

  /** Shows the role. */
  @Override
  public String toString() {
    return "AssumeRoleOptions[" + roleTrn + "]";
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private final String roleTrn;
    private String sessionName = "fleetstop";
    private Duration duration = Duration.ofHours(1);
    private @Nullable String policy;
    private URI endpoint = StsMessages.ENDPOINT;
    private String region = "cn-beijing";
    private Duration timeout = Duration.ofSeconds(3);
    private int maxAttempts = 4;
    private @Nullable HttpExchange transport;
    private TransportOptions transportOptions = TransportOptions.defaults();

    private Builder(String roleTrn) {
      if (!ROLE_TRN.matcher(roleTrn).matches()) {
        throw new IllegalArgumentException(
            "roleTrn must be trn:iam::<account>:role/<name>, was \""
                + Printable.of(roleTrn)
                + "\"");
      }
      this.roleTrn = roleTrn;
    }

    /**
     * Sets the session name in the platform's audit records: 1 to 64 letters, digits and {@code
     * +=,.@_-}. Default: {@code fleetstop}; the SDKs derive a name from the time.
     *
     * @throws IllegalArgumentException if {@code sessionName} does not have this form
     */
    public Builder sessionName(String sessionName) {
      if (!SESSION_NAME.matcher(sessionName).matches()) {
        throw new IllegalArgumentException(
            "sessionName must be 1 to 64 letters, digits and +=,.@_-, was \""
                + Printable.of(sessionName)
                + "\"");
      }
      this.sessionName = sessionName;
      return this;
    }

    /**
     * Sets the requested lifetime of the role's credentials. They are refreshed 5 min before they
     * expire, or after half their lifetime if that is later. Default: 1 h.
     *
     * @throws IllegalArgumentException if {@code duration} is not whole seconds, from 1 s to 12 h
     */
    public Builder duration(Duration duration) {
      if (duration.getSeconds() < 1
          || duration.getNano() != 0
          || duration.compareTo(MAX_DURATION) > 0) {
        throw new IllegalArgumentException(
            "duration must be whole seconds, at least one and at most 12 h, was "
                + Printable.duration(duration));
      }
      this.duration = duration;
      return this;
    }

    /**
     * Sets a JSON policy that restricts the session to a part of the role's permissions, or {@code
     * null} for none. Default: none.
     *
     * @throws IllegalArgumentException if {@code policy} is blank
     */
    public Builder policy(@Nullable String policy) {
      if (policy != null && policy.isBlank()) {
        throw new IllegalArgumentException("policy must not be blank; leave it out for none");
      }
      this.policy = policy;
      return this;
    }

    /**
     * Sets the address of STS. The reply contains a secret key, so the address must be {@code
     * https}, or {@code http} on the loopback interface. Default: {@code
     * https://sts.volcengineapi.com}.
     *
     * @throws IllegalArgumentException if {@code endpoint} is neither, or has other parts than
     *     host, port and path
     */
    public Builder endpoint(URI endpoint) {
      this.endpoint = SecureAddress.require("endpoint", endpoint);
      return this;
    }

    /**
     * Sets the region in the signature scope of {@code AssumeRole}. Default: {@code cn-beijing}.
     *
     * @throws IllegalArgumentException if {@code region} is not lower-case letters, digits and
     *     {@code -}
     */
    public Builder region(String region) {
      if (!REGION.matcher(region).matches()) {
        throw new IllegalArgumentException(
            "region must be lower-case letters, digits and '-', like cn-beijing, was \""
                + Printable.of(region)
                + "\"");
      }
      this.region = region;
      return this;
    }

    /**
     * Sets the time limit of one request, including connecting. Default: 3 s.
     *
     * @throws IllegalArgumentException if {@code timeout} is less than 1 ms
     */
    public Builder timeout(Duration timeout) {
      this.timeout = Preconditions.positive("timeout", timeout);
      return this;
    }

    /**
     * Sets the maximum number of attempts, the first included, one second apart. Network failures,
     * server errors and throttling are retried; a rejection is not. Default: 4.
     *
     * @throws IllegalArgumentException if {@code maxAttempts} is less than 1
     */
    public Builder maxAttempts(int maxAttempts) {
      this.maxAttempts = Preconditions.positive("maxAttempts", maxAttempts);
      return this;
    }

    /**
     * Sets a transport that the caller creates and closes. Default: each fetch opens a connection
     * with the {@linkplain #transportOptions transport options}, and closes it afterwards.
     */
    public Builder transport(HttpExchange transport) {
      this.transport = Objects.requireNonNull(transport, "transport");
      return this;
    }

    /**
     * Sets the proxy and the trusted certificates of the connection that each fetch opens unless it
     * has a {@linkplain #transport transport}; time limits and the size of the pool are those of
     * this class. Default: {@link TransportOptions#defaults()}.
     */
    public Builder transportOptions(TransportOptions transportOptions) {
      this.transportOptions = Objects.requireNonNull(transportOptions, "transportOptions");
      return this;
    }

    /** Returns the options. */
    public AssumeRoleOptions build() {
      return new AssumeRoleOptions(this);
    }
  }
}

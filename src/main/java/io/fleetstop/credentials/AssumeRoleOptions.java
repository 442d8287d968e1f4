package io.fleetstop.credentials;

import io.fleetstop.error.Printable;
import io.fleetstop.transport.HttpExchange;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Which role STS is asked for, how, and for how long. Immutable; the defaults are those of the
 * official SDKs ({@code com.volcengine.auth}) unless an option says otherwise.
 */
public final class AssumeRoleOptions {

  private static final Duration MAX_DURATION = Duration.ofHours(12);
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");
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
  }

  /** A role, with every option at its default. */
  public static AssumeRoleOptions of(String roleTrn) {
    return builder(roleTrn).build();
  }

  /**
   * Starts with every option at its default.
   *
   * @param roleTrn the role, {@code trn:iam::<account>:role/<name>}
   * @throws IllegalArgumentException if it is not written so
   */
  public static Builder builder(String roleTrn) {
    return new Builder(roleTrn);
  }

  /** A copy to change. */
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
    return copy;
  }

  /** The role. */
  public String roleTrn() {
    return roleTrn;
  }

  /** What the session is called in the platform's audit records. */
  public String sessionName() {
    return sessionName;
  }

  /** How long the role's credentials are to last. */
  public Duration duration() {
    return duration;
  }

  /** What restricts the session further, or {@code null}. */
  public @Nullable String policy() {
    return policy;
  }

  /** The address of STS. */
  public URI endpoint() {
    return endpoint;
  }

  /** The region in the scope of the signature. */
  public String region() {
    return region;
  }

  /** How long one request may take. */
  public Duration timeout() {
    return timeout;
  }

  /** How often STS is asked at most, the first time included. */
  public int maxAttempts() {
    return maxAttempts;
  }

  /** The caller's transport, or {@code null}. */
  public @Nullable HttpExchange transport() {
    return transport;
  }

  /** The role. */
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
    private URI endpoint = Sts.ENDPOINT;
    private String region = "cn-beijing";
    private Duration timeout = Duration.ofSeconds(3);
    private int maxAttempts = 4;
    private @Nullable HttpExchange transport;

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
     * What the session is called in the platform's audit records: 1 to 64 letters, digits and
     * {@code +=,.@_-}. Default {@code fleetstop}; the SDKs make up a name from the time.
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
     * How long the role's credentials are to last, in whole seconds, at most 12 h. Default 1 h.
     * They are refreshed 5 min ahead of their end, or at half their time if that is later.
     */
    public Builder duration(Duration duration) {
      if (duration.getSeconds() < 1
          || duration.getNano() != 0
          || duration.compareTo(MAX_DURATION) > 0) {
        throw new IllegalArgumentException(
            "duration must be whole seconds, at least one and at most 12 h, was " + duration);
      }
      this.duration = duration;
      return this;
    }

    /** A policy, as JSON, that restricts the session to less than the role may. Default none. */
    public Builder policy(@Nullable String policy) {
      if (policy != null && policy.isBlank()) {
        throw new IllegalArgumentException("policy must not be blank; leave it out for none");
      }
      this.policy = policy;
      return this;
    }

    /**
     * The address of STS. Default {@code https://sts.volcengineapi.com}. The reply holds a secret
     * key, so it must be {@code https}, or {@code http} on the loopback interface.
     */
    public Builder endpoint(URI endpoint) {
      boolean isLoopback = "http".equals(endpoint.getScheme()) && isLoopback(endpoint.getHost());
      boolean isSecure = "https".equals(endpoint.getScheme()) && endpoint.getHost() != null;
      boolean hasMore =
          endpoint.getRawUserInfo() != null
              || endpoint.getRawQuery() != null
              || endpoint.getRawFragment() != null;
      if ((!isSecure && !isLoopback) || hasMore) {
        throw new IllegalArgumentException(
            "endpoint must be https://host[:port][/path], or http on the loopback interface, was"
                + " for host "
                + endpoint.getHost());
      }
      this.endpoint = endpoint;
      return this;
    }

    private static boolean isLoopback(@Nullable String host) {
      return host != null && LOOPBACK.contains(host);
    }

    /**
     * The region in the scope of the signature of {@code AssumeRole}. Default {@code cn-beijing}.
     */
    public Builder region(String region) {
      if (!REGION.matcher(region).matches()) {
        throw new IllegalArgumentException(
            "region must be lower-case letters, digits and '-', as cn-beijing, was \""
                + Printable.of(region)
                + "\"");
      }
      this.region = region;
      return this;
    }

    /** How long one request may take, connecting included. Default 3 s. */
    public Builder timeout(Duration timeout) {
      this.timeout = Bounds.positive("timeout", timeout);
      return this;
    }

    /**
     * How often STS is asked at most, the first time included, a second apart. Default 4. Asked
     * again after failures of the network and of STS itself and when throttled, not after a
     * refusal.
     */
    public Builder maxAttempts(int maxAttempts) {
      this.maxAttempts = Bounds.positive("maxAttempts", maxAttempts);
      return this;
    }

    /**
     * A transport of the caller's, who also closes it; the way to go through a proxy. By default
     * each fetch opens a connection of its own, directly, and closes it when it ends.
     */
    public Builder transport(HttpExchange transport) {
      this.transport = Objects.requireNonNull(transport, "transport");
      return this;
    }

    /** The options. */
    public AssumeRoleOptions build() {
      return new AssumeRoleOptions(this);
    }
  }
}

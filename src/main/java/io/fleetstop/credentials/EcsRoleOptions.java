package io.fleetstop.credentials;

import io.fleetstop.error.Printable;
import io.fleetstop.transport.HttpExchange;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How the metadata service of an ECS instance is asked for the credentials of the instance's role.
 * Immutable; the defaults are those of the official SDKs ({@code
 * com.volcengine.auth.EcsRoleCredentialProvider}) unless an option says otherwise.
 */
public final class EcsRoleOptions {

  private final @Nullable String roleName;
  private final URI endpoint;
  private final Duration timeout;
  private final int maxAttempts;
  private final Duration deadline;
  private final @Nullable HttpExchange transport;

  private EcsRoleOptions(Builder builder) {
    this.roleName = builder.roleName;
    this.endpoint = builder.endpoint;
    this.timeout = builder.timeout;
    this.maxAttempts = builder.maxAttempts;
    this.deadline = builder.deadline;
    this.transport = builder.transport;
  }

  /** Every option at its default. */
  public static EcsRoleOptions defaults() {
    return builder().build();
  }

  /** Starts with every option at its default. */
  public static Builder builder() {
    return new Builder();
  }

  /** A copy to change. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.roleName = roleName;
    copy.endpoint = endpoint;
    copy.timeout = timeout;
    copy.maxAttempts = maxAttempts;
    copy.deadline = deadline;
    copy.transport = transport;
    return copy;
  }

  /** The role, or {@code null} for the one that the environment or the instance names. */
  public @Nullable String roleName() {
    return roleName;
  }

  /** The address of the metadata service. */
  public URI endpoint() {
    return endpoint;
  }

  /** How long one request may take. */
  public Duration timeout() {
    return timeout;
  }

  /** How often each request is sent at most, the first time included. */
  public int maxAttempts() {
    return maxAttempts;
  }

  /** How long all requests of one fetch may take together. */
  public Duration deadline() {
    return deadline;
  }

  /** The caller's transport, or {@code null}. */
  public @Nullable HttpExchange transport() {
    return transport;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private @Nullable String roleName;
    private URI endpoint = EcsRoleCredentials.ENDPOINT;
    private Duration timeout = Duration.ofSeconds(1);
    private int maxAttempts = 4;
    private Duration deadline = Duration.ofSeconds(5);
    private @Nullable HttpExchange transport;

    private Builder() {}

    /**
     * The role of the instance: letters, digits and {@code +=,.@_-}. Default what {@code
     * VOLCENGINE_ECS_METADATA} names, else the first that the instance has.
     */
    public Builder roleName(@Nullable String roleName) {
      if (roleName != null && !EcsRoleCredentials.isRoleName(roleName)) {
        throw new IllegalArgumentException(
            "roleName must be letters, digits and +=,.@_-, was \"" + Printable.of(roleName) + "\"");
      }
      this.roleName = roleName;
      return this;
    }

    /**
     * The address of the metadata service, without a path. Default {@code http://100.96.0.96},
     * which an instance alone can reach.
     */
    public Builder endpoint(URI endpoint) {
      boolean isHttp = "http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme());
      if (!isHttp
          || endpoint.getHost() == null
          || !endpoint.getRawSchemeSpecificPart().equals("//" + hostAndPort(endpoint))) {
        throw new IllegalArgumentException(
            "endpoint must be http(s)://host[:port], was for host " + endpoint.getHost());
      }
      this.endpoint = endpoint;
      return this;
    }

    private static String hostAndPort(URI endpoint) {
      return endpoint.getPort() < 0
          ? endpoint.getHost()
          : endpoint.getHost() + ":" + endpoint.getPort();
    }

    /** How long one request may take, connecting included. Default 1 s. */
    public Builder timeout(Duration timeout) {
      this.timeout = Bounds.positive("timeout", timeout);
      return this;
    }

    /**
     * How often each request is sent at most, the first time included, a second apart. Default 4.
     * Sent again after failures of the network and of the service, not after a refusal.
     */
    public Builder maxAttempts(int maxAttempts) {
      this.maxAttempts = Bounds.positive("maxAttempts", maxAttempts);
      return this;
    }

    /**
     * How long all requests of one fetch may take together, retries included. Default 5 s: outside
     * of an instance nobody answers, and the official SDKs, which have no such bound, find out
     * after 7 s.
     */
    public Builder deadline(Duration deadline) {
      this.deadline = Bounds.positive("deadline", deadline);
      return this;
    }

    /**
     * A transport of the caller's, who also closes it. By default each fetch opens a connection of
     * its own, past any proxy, and closes it when it ends.
     */
    public Builder transport(HttpExchange transport) {
      this.transport = Objects.requireNonNull(transport, "transport");
      return this;
    }

    /** The options. */
    public EcsRoleOptions build() {
      return new EcsRoleOptions(this);
    }
  }
}

package io.fleetstop.credentials;

import io.fleetstop.error.Preconditions;
import io.fleetstop.error.Printable;
import io.fleetstop.transport.Authority;
import io.fleetstop.transport.HttpExchange;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Options for fetching the credentials of an ECS instance's role from its metadata service.
 * Immutable; the defaults are those of the official SDKs ({@code
 * com.volcengine.auth.EcsRoleCredentialProvider}) except where an option states otherwise.
 */
public final class EcsRoleOptions {

  private final boolean disabled;
  private final @Nullable String roleName;
  private final URI endpoint;
  private final Duration timeout;
  private final int maxAttempts;
  private final Duration deadline;
  private final @Nullable HttpExchange transport;

  private EcsRoleOptions(Builder builder) {
    this.disabled = builder.disabled;
    this.roleName = builder.roleName;
    this.endpoint = builder.endpoint;
    this.timeout = builder.timeout;
    this.maxAttempts = builder.maxAttempts;
    this.deadline = builder.deadline;
    this.transport = builder.transport;
  }

  /** Returns the default options. */
  public static EcsRoleOptions defaults() {
    return builder().build();
  }

  /** Returns a builder with the default options. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder with these options. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.disabled = disabled;
    copy.roleName = roleName;
    copy.endpoint = endpoint;
    copy.timeout = timeout;
    copy.maxAttempts = maxAttempts;
    copy.deadline = deadline;
    copy.transport = transport;
    return copy;
  }

  /** Whether the metadata service is never called. */
  public boolean isDisabled() {
    return disabled;
  }

  /** Returns the role, or {@code null} for that of the environment or the instance. */
  public @Nullable String roleName() {
    return roleName;
  }

  /** Returns the address of the metadata service. */
  public URI endpoint() {
    return endpoint;
  }

  /** Returns the time limit for one request. */
  public Duration timeout() {
    return timeout;
  }

  /** Returns the maximum number of attempts of each request, the first included. */
  public int maxAttempts() {
    return maxAttempts;
  }

  /** Returns the time limit for all requests of one fetch together. */
  public Duration deadline() {
    return deadline;
  }

  /** Returns the caller's transport, or {@code null}. */
  public @Nullable HttpExchange transport() {
    return transport;
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private boolean disabled;
    private @Nullable String roleName;
    private URI endpoint = EcsRoleCredentials.ENDPOINT;
    private Duration timeout = Duration.ofSeconds(1);
    private int maxAttempts = 4;
    private Duration deadline = Duration.ofSeconds(5);
    private @Nullable HttpExchange transport;

    private Builder() {}

    /**
     * Sets whether the source counts as not configured, so that the metadata service is never
     * called. {@code VOLCENGINE_ECS_METADATA_DISABLED=true} does the same. Default: {@code false}.
     */
    public Builder disabled(boolean disabled) {
      this.disabled = disabled;
      return this;
    }

    /**
     * Sets the role of the instance: letters, digits and {@code +=,.@_-}, or {@code null} for the
     * default. Default: {@code VOLCENGINE_ECS_METADATA}, then the only role of the instance.
     *
     * @throws IllegalArgumentException if {@code roleName} does not have this form
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
     * Sets the address of the metadata service. Default: {@code http://100.96.0.96}, which is
     * reachable only from an instance.
     *
     * @throws IllegalArgumentException if {@code endpoint} is not {@code http(s)://host[:port]}
     */
    public Builder endpoint(URI endpoint) {
      boolean http = "http".equals(endpoint.getScheme()) || "https".equals(endpoint.getScheme());
      Authority authority = Authority.of(endpoint);
      if (!http
          || authority == null
          || Authority.hasUser(endpoint)
          || !endpoint.getRawSchemeSpecificPart().equals("//" + endpoint.getRawAuthority())) {
        throw new IllegalArgumentException(
            "endpoint must be http(s)://host[:port], was for host "
                + (authority == null ? null : authority.host()));
      }
      this.endpoint = endpoint;
      return this;
    }

    /**
     * Sets the time limit of one request, including connecting. Default: 1 s.
     *
     * @throws IllegalArgumentException if {@code timeout} is less than 1 ms
     */
    public Builder timeout(Duration timeout) {
      this.timeout = Preconditions.positive("timeout", timeout);
      return this;
    }

    /**
     * Sets the maximum number of attempts of each request, the first included, one second apart.
     * Network failures and server errors are retried; a rejection is not. Default: 4.
     *
     * @throws IllegalArgumentException if {@code maxAttempts} is less than 1
     */
    public Builder maxAttempts(int maxAttempts) {
      this.maxAttempts = Preconditions.positive("maxAttempts", maxAttempts);
      return this;
    }

    /**
     * Sets the time limit of all requests of one fetch together, including retries. Outside of an
     * instance no service answers, and the official SDKs, which have no such limit, fail after 7 s.
     * Default: 5 s.
     *
     * @throws IllegalArgumentException if {@code deadline} is less than 1 ms
     */
    public Builder deadline(Duration deadline) {
      this.deadline = Preconditions.positive("deadline", deadline);
      return this;
    }

    /**
     * Sets a transport that the caller creates and closes. Default: each fetch opens a direct
     * connection, never through a proxy, and closes it afterwards.
     */
    public Builder transport(HttpExchange transport) {
      this.transport = Objects.requireNonNull(transport, "transport");
      return this;
    }

    /** Returns the options. */
    public EcsRoleOptions build() {
      return new EcsRoleOptions(this);
    }
  }
}

package io.fleetstop.credentials;

import io.fleetstop.transport.TransportOptions;
import java.net.URI;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Options of the sources that the official tools know: the default chain and the profiles of the
 * command line's file. Immutable; the defaults are those of the official tools, and their addresses
 * are configurable, because not all of them are documented.
 */
public final class CredentialsOptions {

  private final @Nullable String profile;
  private final UnaryOperator<@Nullable String> variables;
  private final EcsRoleOptions metadata;
  private final TransportOptions transport;
  private final @Nullable URI stsEndpoint;
  private final @Nullable URI signinEndpoint;
  private final String portalEndpoint;
  private final String oauthEndpoint;

  private CredentialsOptions(Builder builder) {
    this.profile = builder.profile;
    this.variables = builder.variables;
    this.metadata = builder.metadata;
    this.transport = builder.transport;
    this.stsEndpoint = builder.stsEndpoint;
    this.signinEndpoint = builder.signinEndpoint;
    this.portalEndpoint = builder.portalEndpoint;
    this.oauthEndpoint = builder.oauthEndpoint;
  }

  /** Returns the default options. */
  public static CredentialsOptions defaults() {
    return builder().build();
  }

  /** Returns a builder with the default options. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a builder with these options. */
  public Builder mutate() {
    Builder copy = new Builder();
    copy.profile = profile;
    copy.variables = variables;
    copy.metadata = metadata;
    copy.transport = transport;
    copy.stsEndpoint = stsEndpoint;
    copy.signinEndpoint = signinEndpoint;
    copy.portalEndpoint = portalEndpoint;
    copy.oauthEndpoint = oauthEndpoint;
    return copy;
  }

  /** Returns the only profile to use, or {@code null} for the chain. */
  public @Nullable String profile() {
    return profile;
  }

  UnaryOperator<@Nullable String> variables() {
    return variables;
  }

  /** Returns the options of the metadata service. */
  public EcsRoleOptions metadata() {
    return metadata;
  }

  /** Returns the options of the connections to STS and to the login services. */
  public TransportOptions transport() {
    return transport;
  }

  /** Returns the address of STS, or {@code null} for the default. */
  public @Nullable URI stsEndpoint() {
    return stsEndpoint;
  }

  /** Returns the address of the sign-in service, or {@code null} for that of the login. */
  public @Nullable URI signinEndpoint() {
    return signinEndpoint;
  }

  /** Returns the address of the portal, in which {@code {region}} stands for the region. */
  public String portalEndpoint() {
    return portalEndpoint;
  }

  /** Returns the address of the OAuth service, in which {@code {region}} stands for the region. */
  public String oauthEndpoint() {
    return oauthEndpoint;
  }

  /** Shows the profile. */
  @Override
  public String toString() {
    return "CredentialsOptions[" + (profile == null ? "chain" : "profile " + profile) + "]";
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private @Nullable String profile;
    private UnaryOperator<@Nullable String> variables = System::getenv;
    private EcsRoleOptions metadata = EcsRoleOptions.defaults();
    private TransportOptions transport = TransportOptions.defaults();
    private @Nullable URI stsEndpoint;
    private @Nullable URI signinEndpoint;
    private String portalEndpoint = LoginServices.PORTAL;
    private String oauthEndpoint = LoginServices.OAUTH;

    private Builder() {}

    /**
     * Sets the only profile to use, or {@code null} for the chain. Default: the chain.
     *
     * @throws IllegalArgumentException if {@code profile} is blank
     */
    public Builder profile(@Nullable String profile) {
      if (profile != null && profile.isBlank()) {
        throw new IllegalArgumentException("the profile name must not be blank");
      }
      this.profile = profile;
      return this;
    }

    /**
     * Sets how environment variables are read. Default: {@link System#getenv(String)}.
     *
     * @param lookup returns {@code null} for a variable that is not set
     */
    public Builder variables(UnaryOperator<@Nullable String> lookup) {
      this.variables = Objects.requireNonNull(lookup, "lookup");
      return this;
    }

    /** Sets the options of the metadata service. Default: {@link EcsRoleOptions#defaults()}. */
    public Builder metadata(EcsRoleOptions metadata) {
      this.metadata = Objects.requireNonNull(metadata, "metadata");
      return this;
    }

    /**
     * Sets the proxy and the trusted certificates of the connections to STS and to the login
     * services; time limits and the size of the pool are those of the sources. The metadata service
     * is never reached through a proxy. Default: {@link TransportOptions#defaults()}.
     */
    public Builder transport(TransportOptions transport) {
      this.transport = Objects.requireNonNull(transport, "transport");
      return this;
    }

    /**
     * Sets the address of STS. Default: {@code https://sts.volcengineapi.com}.
     *
     * @throws IllegalArgumentException if {@code endpoint} is neither {@code https} nor on the
     *     loopback interface
     */
    public Builder stsEndpoint(URI endpoint) {
      this.stsEndpoint = SecureAddress.require("stsEndpoint", endpoint);
      return this;
    }

    /**
     * Sets the address of the sign-in service, which refreshes logins of mode {@code
     * console-login}. Default: the address in the login's cache file, else {@code
     * https://signin.volcengine.com}.
     *
     * @throws IllegalArgumentException if {@code endpoint} is neither {@code https} nor on the
     *     loopback interface
     */
    public Builder signinEndpoint(URI endpoint) {
      this.signinEndpoint = SecureAddress.require("signinEndpoint", endpoint);
      return this;
    }

    /**
     * Sets the address of the portal, which issues the credentials of mode {@code sso}. Default:
     * {@code https://cloudidentity-portal.{region}.volces.com}.
     *
     * @param endpoint an address, in which {@code {region}} stands for the region
     * @throws IllegalArgumentException if {@code endpoint} is neither {@code https} nor on the
     *     loopback interface
     */
    public Builder portalEndpoint(String endpoint) {
      this.portalEndpoint = LoginServices.requireTemplate("portalEndpoint", endpoint);
      return this;
    }

    /**
     * Sets the address of the OAuth service, which refreshes logins of mode {@code sso}. Default:
     * {@code https://cloudidentity-oauth.{region}.volces.com}.
     *
     * @param endpoint an address, in which {@code {region}} stands for the region
     * @throws IllegalArgumentException if {@code endpoint} is neither {@code https} nor on the
     *     loopback interface
     */
    public Builder oauthEndpoint(String endpoint) {
      this.oauthEndpoint = LoginServices.requireTemplate("oauthEndpoint", endpoint);
      return this;
    }

    /** Returns the options. */
    public CredentialsOptions build() {
      return new CredentialsOptions(this);
    }
  }
}

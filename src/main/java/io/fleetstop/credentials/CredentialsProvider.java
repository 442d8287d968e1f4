package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Mono;

/** Provides credentials. Implementations are safe for concurrent use and never block. */
@FunctionalInterface
public interface CredentialsProvider {

  /**
   * Emits the credentials to sign the next request with.
   *
   * <p><strong>Start:</strong> at subscription; called once per attempt of a call.
   * <strong>Errors:</strong> an {@link EcsException} of category {@code AUTH} whose message names
   * the reason and contains no secret.
   */
  Mono<Credentials> resolve();

  /**
   * Reports that the service rejected these credentials, for example as expired, so that the next
   * {@link #resolve()} fetches again. Returns immediately. Ignored if they have already been
   * replaced, and by sources that cache nothing, which is the default.
   *
   * @param rejected the credentials of the rejected request
   */
  default void invalidate(Credentials rejected) {}

  /**
   * Returns the source of the credentials in words, for example a profile and its file. A chain
   * names the source that it has selected, so call this after {@link #resolve()} has emitted.
   * Contains no secret. Default: the source is one of the application.
   */
  default String describe() {
    return "a source of the application";
  }

  /** Returns a provider that always emits the same credentials. */
  static CredentialsProvider fixed(Credentials credentials) {
    return new FixedCredentials(credentials);
  }

  /**
   * The environment variables {@code VOLCENGINE_ACCESS_KEY}, {@code VOLCENGINE_SECRET_KEY} and, for
   * temporary credentials, {@code VOLCENGINE_SESSION_TOKEN}; read at each subscription. If one of
   * the three is set, but a key is missing, or if one has white space or a line end, the error
   * names it: nothing is trimmed. If none of the three is set, the older names count: {@code
   * VOLCSTACK_ACCESS_KEY_ID} or {@code VOLCSTACK_ACCESS_KEY}, {@code VOLCSTACK_SECRET_ACCESS_KEY}
   * or {@code VOLCSTACK_SECRET_KEY}, and {@code VOLCSTACK_SESSION_TOKEN}.
   */
  static CredentialsProvider environment() {
    return new EnvironmentCredentials(System::getenv);
  }

  /** {@link #profile(CredentialsOptions)} with default options. */
  static CredentialsProvider profile(String name) {
    return profile(
        CredentialsOptions.builder().profile(Objects.requireNonNull(name, "name")).build());
  }

  /**
   * Reads a profile of the official command line's file, {@code ~/.volcengine/config.json} or the
   * one that {@code VOLCENGINE_CLI_CONFIG_FILE} names. Its mode is:
   *
   * <ul>
   *   <li>{@code ak} (or none) or {@code ststoken}: the keys in the profile;
   *   <li>{@code ramrolearn}: {@link #assumeRole} with the keys in the profile;
   *   <li>{@code oidc}: {@link #assumeRoleWithOidc};
   *   <li>{@code ecsrole}: {@link #ecsRole};
   *   <li>{@code sso}: the keys that the portal issues to the login of {@code ve sso login};
   *   <li>{@code console-login}: the keys of the login of {@code ve login}.
   * </ul>
   *
   * <p>Any other mode is an error that names it. The tool's caches of logins are read and never
   * written: an expired login is refreshed in memory. If the service no longer accepts it, the
   * cache is read once more, since the tool may have refreshed it; then the error names the command
   * that logs in again.
   *
   * <p>The files are read on {@code Schedulers.boundedElastic()} at the first subscription, again
   * after {@link #invalidate}, and whenever expiring credentials are refreshed.
   *
   * @param options the profile, which must be set, and the services
   * @throws IllegalArgumentException if the options have no profile
   */
  static CredentialsProvider profile(CredentialsOptions options) {
    if (options.profile() == null) {
      throw new IllegalArgumentException("options must have a profile, or use defaultChain");
    }
    return CliFileCredentials.of(options);
  }

  /**
   * Fails unless the official command line's file has this profile. Reads the file on the calling
   * thread: it is meant for the start of an application, which should not wait for its first call
   * to learn that it is configured wrongly.
   *
   * @throws io.fleetstop.error.EcsException if there is no such file or profile
   */
  static void requireProfile(String name) {
    CliFileCredentials.require(name);
  }

  /**
   * Assumes a role with the credentials of another source: {@code AssumeRole} of STS.
   *
   * <p>STS is called at the first subscription, and again before the credentials expire, while the
   * old ones are still used; all subscribers share one request. If STS rejects the source's
   * credentials, the source is {@linkplain #invalidate invalidated}, and the request is retried
   * once if it has others. If STS rejects this machine's time, the request is retried once with the
   * server's time. Unless the options have a transport, connections are opened and closed for each
   * fetch, so the provider needs no closing.
   *
   * @param source the credentials that the request is signed with
   */
  static CredentialsProvider assumeRole(CredentialsProvider source, AssumeRoleOptions role) {
    Objects.requireNonNull(source, "source");
    return AssumeRoleCredentials.refreshed(source, role, Clock.systemUTC());
  }

  /**
   * Assumes a role with an OIDC token: {@code AssumeRoleWithOIDC} of STS. Fetched and refreshed
   * like {@link #assumeRole}; the file is read for each request, on {@code
   * Schedulers.boundedElastic()}.
   *
   * @param tokenFile the file with the token, which another process keeps up to date
   */
  static CredentialsProvider assumeRoleWithOidc(Path tokenFile, AssumeRoleOptions role) {
    return RefreshingCredentials.of(new OidcCredentials(tokenFile, role, Clock.systemUTC()));
  }

  /**
   * {@link #assumeRoleWithOidc}, configured by the environment variables of the official tools:
   * {@code VOLCENGINE_OIDC_ROLE_TRN} and {@code VOLCENGINE_OIDC_TOKEN_FILE}, and optionally {@code
   * VOLCENGINE_OIDC_ROLE_SESSION_NAME}, {@code VOLCENGINE_OIDC_ROLE_POLICY} and {@code
   * VOLCENGINE_OIDC_STS_ENDPOINT}, a host or an address.
   */
  static CredentialsProvider oidcFromEnvironment() {
    return RefreshingCredentials.of(
        new OidcEnvironmentCredentials(System::getenv, CredentialServices.official()));
  }

  /** {@link #ecsRole(EcsRoleOptions)} with default options. */
  static CredentialsProvider ecsRole() {
    return ecsRole(EcsRoleOptions.defaults());
  }

  /**
   * Uses the role of the ECS instance that runs this process, from its metadata service: first a
   * token, then the role's name unless the options or {@code VOLCENGINE_ECS_METADATA} contain it,
   * then its credentials. Fetched and refreshed like {@link #assumeRole}; credentials without an
   * expiration are refreshed after an hour.
   *
   * <p>{@code VOLCENGINE_ECS_METADATA_DISABLED=true} disables it: it fails without sending a
   * request.
   */
  static CredentialsProvider ecsRole(EcsRoleOptions options) {
    return RefreshingCredentials.of(
        new EcsRoleCredentials(System::getenv, options, Clock.systemUTC()));
  }

  /**
   * Returns the error of a source of which nothing is configured, so that a {@linkplain #chain
   * chain} queries its next source.
   *
   * @param reason names the source and what it would need; contains no secret
   */
  static EcsException notConfigured(String reason) {
    return CredentialsErrors.notConfigured(Objects.requireNonNull(reason, "reason"));
  }

  /**
   * Queries the sources in order. The first that has credentials is selected and used exclusively
   * from then on, even after its credentials are {@linkplain #invalidate invalidated}. If it fails
   * later, the call fails rather than using another identity.
   *
   * <p>A source of which nothing is configured is skipped: it completes empty, or fails with {@link
   * #notConfigured}. Any other error ends the chain, because a source that is configured and does
   * not work must not let the next one act as another identity.
   *
   * <p><strong>Errors:</strong> that of the first configured source if it fails, with the reasons
   * for which the sources before it were skipped; if none is configured, one error with the reason
   * of each. Failures are not cached.
   *
   * @throws IllegalArgumentException if there are no sources
   */
  static CredentialsProvider chain(CredentialsProvider... sources) {
    return new CredentialsChain(List.of(sources));
  }

  /**
   * The sources of the official SDKs, in their order: {@link #environment()}, {@link
   * #oidcFromEnvironment()}, the current profile of the command line's file ({@code
   * VOLCENGINE_PROFILE}, else {@code VOLCSTACK_PROFILE}, else the one the file calls current, else
   * {@code default}), then {@link #ecsRole()}. A source of which nothing is configured is skipped
   * at once, and a source that is configured and does not work ends the chain; only the last needs
   * a request, which fails after five seconds without a metadata service. Each call creates a new
   * chain: reuse it.
   */
  static CredentialsProvider defaultChain() {
    return defaultChain(CredentialsOptions.defaults());
  }

  /**
   * {@link #defaultChain()} with options: for example a proxy for the services that issue
   * credentials, or a metadata service that is {@linkplain EcsRoleOptions.Builder#disabled
   * disabled}.
   *
   * @throws IllegalArgumentException if the options have a profile
   */
  static CredentialsProvider defaultChain(CredentialsOptions options) {
    if (options.profile() != null) {
      throw new IllegalArgumentException(
          "options must have no profile, was " + options.profile() + "; use profile(options)");
    }
    return CredentialsChain.official(options);
  }
}

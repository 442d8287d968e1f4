package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import reactor.core.publisher.Mono;

/** Where credentials come from. Implementations are safe for concurrent use and never block. */
@FunctionalInterface
public interface CredentialsProvider {

  /**
   * The credentials to sign the next request with.
   *
   * <p><strong>Start:</strong> at subscription; asked once per attempt of a call.
   * <strong>Errors:</strong> an {@link EcsException} of category {@code AUTH} that says why, in
   * words that hold no secret.
   */
  Mono<Credentials> resolve();

  /**
   * Says that the service refused these credentials, as expired for one, so that the next {@link
   * #resolve()} asks the source again. Returns at once; ignored if other credentials have taken
   * their place already, and by sources that keep nothing, which is the default.
   *
   * @param rejected what the refused request was signed with
   */
  default void invalidate(Credentials rejected) {}

  /** Always the same credentials. */
  static CredentialsProvider fixed(Credentials credentials) {
    return new FixedCredentials(credentials);
  }

  /**
   * The environment variables {@code VOLCENGINE_ACCESS_KEY}, {@code VOLCENGINE_SECRET_KEY} and, for
   * temporary credentials, {@code VOLCENGINE_SESSION_TOKEN}; read at each subscription. One of the
   * first two without the other is an error that names the missing one.
   */
  static CredentialsProvider environment() {
    return new EnvironmentCredentials(System::getenv);
  }

  /**
   * A profile of the official command line's file, {@code ~/.volcengine/config.json} or what {@code
   * VOLCENGINE_CLI_CONFIG_FILE} names. Its mode is {@code ak} (or none), {@code ststoken}, {@code
   * ramrolearn}, which is {@link #assumeRole} with the profile's own key, {@code oidc}, which is
   * {@link #assumeRoleWithOidc}, or {@code ecsrole}, which is {@link #ecsRole}; the error for any
   * other names it.
   *
   * <p>The file is read on {@code Schedulers.boundedElastic()} at the first subscription, and again
   * after {@link #invalidate} and whenever credentials that end are refreshed.
   *
   * @param name the name of the profile
   */
  static CredentialsProvider profile(String name) {
    return CliFileCredentials.ofProfile(name);
  }

  /**
   * A role, taken on by somebody who has credentials already: {@code AssumeRole} of STS.
   *
   * <p>STS is asked at the first subscription, and again ahead of the credentials' end, while the
   * old ones serve; one question at a time, whoever shares the provider. Should STS not know the
   * source's credentials, the source is {@linkplain #invalidate told}, and STS asked once more if
   * it has others; should it find this machine's clock wrong, it is asked once more by its own.
   * Connections are opened for a fetch and closed after it, unless the options name a transport:
   * there is nothing to dispose of.
   *
   * @param source who takes on the role
   */
  static CredentialsProvider assumeRole(CredentialsProvider source, AssumeRoleOptions role) {
    Objects.requireNonNull(source, "source");
    return AssumeRoleCredentials.refreshed(source, role, Clock.systemUTC());
  }

  /**
   * A role, taken on with an OIDC token: {@code AssumeRoleWithOIDC} of STS. Asked as {@link
   * #assumeRole} does; the file is read anew for each question, on {@code
   * Schedulers.boundedElastic()}.
   *
   * @param tokenFile where the token is, kept up to date by somebody else
   */
  static CredentialsProvider assumeRoleWithOidc(Path tokenFile, AssumeRoleOptions role) {
    return RefreshingCredentials.of(new OidcCredentials(tokenFile, role, Clock.systemUTC()));
  }

  /**
   * {@link #assumeRoleWithOidc} as the environment variables of the official tools say: {@code
   * VOLCENGINE_OIDC_ROLE_TRN} and {@code VOLCENGINE_OIDC_TOKEN_FILE}, and if they are set {@code
   * VOLCENGINE_OIDC_ROLE_SESSION_NAME}, {@code VOLCENGINE_OIDC_ROLE_POLICY} and {@code
   * VOLCENGINE_OIDC_STS_ENDPOINT}, a host or an address.
   */
  static CredentialsProvider oidcFromEnvironment() {
    return RefreshingCredentials.of(
        new OidcEnvironmentCredentials(System::getenv, Services.official()));
  }

  /** {@link #ecsRole(EcsRoleOptions)} with every option at its default. */
  static CredentialsProvider ecsRole() {
    return ecsRole(EcsRoleOptions.defaults());
  }

  /**
   * The role of the ECS instance that this runs on, from its metadata service: first a token, then
   * the role's name if neither the options nor {@code VOLCENGINE_ECS_METADATA} say it, then its
   * credentials. Asked, refreshed and closed as {@link #assumeRole}; an end that the service does
   * not name is taken to be an hour away.
   *
   * <p>{@code VOLCENGINE_ECS_METADATA_DISABLED=true} turns it off: it fails, and asks nobody.
   */
  static CredentialsProvider ecsRole(EcsRoleOptions options) {
    return RefreshingCredentials.of(
        new EcsRoleCredentials(System::getenv, options, Clock.systemUTC()));
  }

  /**
   * Asks one source after another. The first that has credentials is remembered and asked alone
   * from then on, also when the credentials it gave are {@linkplain #invalidate invalidated};
   * should it fail, the call fails rather than going on as somebody else.
   *
   * <p><strong>Errors:</strong> if no source has any, one error with the reason of each. Failures
   * are not remembered.
   *
   * @throws IllegalArgumentException if there are no sources
   */
  static CredentialsProvider chain(CredentialsProvider... sources) {
    return new CredentialsChain(List.of(sources));
  }

  /**
   * The sources that the official SDKs look at, in their order: {@link #environment()}, {@link
   * #oidcFromEnvironment()}, the current profile of the command line's file ({@code
   * VOLCENGINE_PROFILE}, else the one the file calls current, else {@code default}), then {@link
   * #ecsRole()}. A source that is not configured is passed over at once; only the last has to be
   * asked to know, which takes five seconds where there is no metadata service. Each call makes a
   * chain of its own: keep it.
   */
  static CredentialsProvider defaultChain() {
    return CredentialsChain.official(
        System::getenv, CliFileCredentials.home(), Services.official());
  }
}

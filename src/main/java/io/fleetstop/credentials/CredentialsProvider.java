package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import java.util.List;
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
   * VOLCENGINE_CLI_CONFIG_FILE} names. Modes {@code ak} and {@code ststoken} are understood; the
   * error for any other names it.
   *
   * <p>The file is read on {@code Schedulers.boundedElastic()} at the first subscription, and again
   * after {@link #invalidate}.
   *
   * @param name the name of the profile
   */
  static CredentialsProvider profile(String name) {
    return RefreshingCredentials.of(CliFileCredentials.ofProfile(name));
  }

  /**
   * Asks one source after another. The first that has credentials is remembered and asked alone
   * from then on, until the credentials it gave are {@linkplain #invalidate invalidated}; should it
   * fail meanwhile, the call fails rather than going on as somebody else.
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
   * The sources that the official tools look at, in their order: {@link #environment()}, then the
   * current profile of the command line's file ({@code VOLCENGINE_PROFILE}, else the one the file
   * calls current, else {@code default}). Each call makes a chain of its own: keep it.
   */
  static CredentialsProvider defaultChain() {
    return chain(environment(), RefreshingCredentials.of(CliFileCredentials.ofCurrentProfile()));
  }
}

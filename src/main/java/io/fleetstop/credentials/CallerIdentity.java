package io.fleetstop.credentials;

import io.fleetstop.error.Printable;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The identity behind credentials, as STS reports it.
 *
 * @param accountId the account that is charged and whose instances are stopped
 * @param type the kind of identity, for example {@code User}, {@code Role} or {@code Account};
 *     empty if STS does not report it
 * @param id the id of the user, or of the role and its session; empty if STS does not report it
 * @param trn the resource name of the identity; empty if STS does not report it
 * @param clockOffset the time of STS minus that of this machine, in whole seconds, or {@code null}
 *     if the reply has no time
 */
public record CallerIdentity(
    String accountId, String type, String id, String trn, @Nullable Duration clockOffset) {

  /** {@link #of(CredentialsProvider, CredentialsOptions)} with default options. */
  public static Mono<CallerIdentity> of(CredentialsProvider credentials) {
    return of(credentials, CredentialsOptions.defaults());
  }

  /**
   * Emits the identity: {@code GetCallerIdentity} of STS, signed with the credentials.
   *
   * <p><strong>Start:</strong> at subscription; two attempts of at most 3 s each, on connections
   * that are opened and closed for them. If STS rejects this machine's time, the request is
   * repeated once with the server's time. <strong>Errors:</strong> those of the credentials, or an
   * {@link io.fleetstop.error.EcsException} with the code of STS. The permission to call {@code
   * GetCallerIdentity} may be missing, although that for other calls is not.
   *
   * @param options the address of STS, and the proxy and certificates of the connection
   */
  public static Mono<CallerIdentity> of(
      CredentialsProvider credentials, CredentialsOptions options) {
    return new CallerIdentityRequest(credentials, options).send();
  }

  /** Returns the kind and the name. Control characters are escaped. */
  public String name() {
    String name = trn.isEmpty() ? id : trn;
    return Printable.of(
        (type.isEmpty() ? "identity" : type.toLowerCase(Locale.ROOT))
            + (name.isEmpty() ? "" : " " + name));
  }

  /** Returns one line: the kind, the name and the account. Control characters are escaped. */
  public String describe() {
    return name() + " of account " + Printable.of(accountId);
  }
}

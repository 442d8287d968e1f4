package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.sign.ClockSkew;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Request;
import java.time.InstantSource;
import reactor.core.publisher.Mono;

/**
 * Fetches the credentials of a role with {@code AssumeRole}, signed with another source's
 * credentials. Caches nothing.
 */
final class AssumeRoleCredentials implements CredentialsProvider {

  private final CredentialsProvider source;
  private final AssumeRoleOptions options;
  private final ClockSkew clock;
  private final CredentialsHttpClient client;
  private final RequestSigner signer;

  AssumeRoleCredentials(CredentialsProvider source, AssumeRoleOptions options, ClockSkew clock) {
    this.source = source;
    this.options = options;
    this.clock = clock;
    this.client = CredentialsHttpClient.of(options);
    this.signer = RequestSigner.of(options.region(), StsMessages.SERVICE);
  }

  /**
   * Returns a caching, refreshing provider. The clock skew learned from STS also applies to the
   * expiration.
   */
  static RefreshingCredentials refreshed(
      CredentialsProvider source, AssumeRoleOptions options, InstantSource clock) {
    ClockSkew corrected = new ClockSkew(clock);
    return RefreshingCredentials.of(
        new AssumeRoleCredentials(source, options, corrected), corrected::now);
  }

  @Override
  public Mono<Credentials> resolve() {
    return sourceCredentials()
        .flatMap(
            caller ->
                roleFor(caller)
                    .onErrorResume(
                        AssumeRoleCredentials::isSourceRejected,
                        rejection -> retryWithNewSourceCredentials(caller, rejection)))
        .onErrorMap(
            failure -> CredentialsErrors.unavailable("AssumeRole " + options.roleTrn(), failure));
  }

  @Override
  public String describe() {
    return "role " + options.roleTrn() + ", assumed with: " + source.describe();
  }

  private Mono<Credentials> sourceCredentials() {
    return Mono.defer(source::resolve)
        .switchIfEmpty(
            Mono.error(() -> CredentialsErrors.unavailable("the source returned no credentials")))
        .onErrorMap(failure -> CredentialsErrors.unavailable("source credentials", failure));
  }

  private Mono<Credentials> roleFor(Credentials caller) {
    return client.fetch(
        exchange ->
            assumeRole(exchange, caller)
                .onErrorResume(this::updateClock, wrongTime -> assumeRole(exchange, caller)));
  }

  private Mono<Credentials> assumeRole(HttpExchange exchange, Credentials caller) {
    Request signed = signer.sign(StsMessages.assumeRole(options), caller, clock.now());
    return client.request(
        exchange,
        signed,
        reply ->
            StsMessages.read(
                reply,
                StsMessages.ASSUME_ROLE,
                options,
                SecretMask.of(caller, signed),
                clock.now()));
  }

  /**
   * Updates the clock if it caused the failure and the reply has the server's time; returns whether
   * it did.
   */
  private boolean updateClock(Throwable failure) {
    Long serverTime =
        failure instanceof EcsException known && known.category() == Category.CLOCK
            ? known.serverTimeMillis()
            : null;
    if (serverTime != null) {
      clock.update(options.endpoint(), serverTime);
    }
    return serverTime != null;
  }

  /** Retries once if the source now has credentials other than the rejected ones. */
  private Mono<Credentials> retryWithNewSourceCredentials(
      Credentials rejected, Throwable rejection) {
    source.invalidate(rejected);
    return sourceCredentials()
        .filter(caller -> !caller.equals(rejected))
        .flatMap(this::roleFor)
        .switchIfEmpty(Mono.error(rejection));
  }

  private static boolean isSourceRejected(Throwable failure) {
    return failure instanceof EcsException known
        && known.category() == Category.AUTH
        && known.httpStatus() != null;
  }
}

package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.sign.ClockSkew;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Request;
import java.time.InstantSource;
import reactor.core.publisher.Mono;

/** A role, taken on by somebody who has credentials already; keeps nothing. */
final class AssumeRoleCredentials implements CredentialsProvider {

  private final CredentialsProvider source;
  private final AssumeRoleOptions options;
  private final ClockSkew clock;
  private final CredentialsHttpClient questions;
  private final RequestSigner signer;

  AssumeRoleCredentials(CredentialsProvider source, AssumeRoleOptions options, ClockSkew clock) {
    this.source = source;
    this.options = options;
    this.clock = clock;
    this.questions =
        new CredentialsHttpClient(options.transport(), options.timeout(), options.maxAttempts());
    this.signer = RequestSigner.of(options.region(), Sts.SERVICE);
  }

  /** The same, kept and refreshed. What STS says of this clock holds for their end, too. */
  static RefreshingCredentials refreshed(
      CredentialsProvider source, AssumeRoleOptions options, InstantSource clock) {
    ClockSkew corrected = new ClockSkew(clock);
    return RefreshingCredentials.of(
        new AssumeRoleCredentials(source, options, corrected), corrected::now);
  }

  @Override
  public Mono<Credentials> resolve() {
    return asker()
        .flatMap(
            asker ->
                roleFor(asker)
                    .onErrorResume(
                        AssumeRoleCredentials::isUnknownAsker, refusal -> again(asker, refusal)))
        .onErrorMap(failure -> CredentialsErrors.of("AssumeRole " + options.roleTrn(), failure));
  }

  private Mono<Credentials> asker() {
    return Mono.defer(source::resolve)
        .switchIfEmpty(Mono.error(() -> CredentialsErrors.because("the source answered nothing")))
        .onErrorMap(failure -> CredentialsErrors.of("nobody to ask as", failure));
  }

  private Mono<Credentials> roleFor(Credentials asker) {
    return questions.fetch(
        exchange ->
            ask(exchange, asker)
                .onErrorResume(this::isCorrected, wrongTime -> ask(exchange, asker)));
  }

  private Mono<Credentials> ask(HttpExchange exchange, Credentials asker) {
    Request signed = signer.sign(Sts.assumeRole(options), asker, clock.now());
    return questions.ask(exchange, signed, reply -> Sts.read(reply, options, clock.now()));
  }

  /** Whether the clock was the trouble, and the reply has said what time it is. */
  private boolean isCorrected(Throwable failure) {
    Long serverTime =
        failure instanceof EcsException known && known.category() == Category.CLOCK
            ? known.serverTimeMillis()
            : null;
    if (serverTime != null) {
      clock.learn(serverTime);
    }
    return serverTime != null;
  }

  /** Once more, if the source has other credentials now than those that were refused. */
  private Mono<Credentials> again(Credentials refused, Throwable refusal) {
    source.invalidate(refused);
    return asker()
        .filter(asker -> !asker.equals(refused))
        .flatMap(this::roleFor)
        .switchIfEmpty(Mono.error(refusal));
  }

  private static boolean isUnknownAsker(Throwable failure) {
    return failure instanceof EcsException known
        && known.category() == Category.AUTH
        && known.httpStatus() != null;
  }
}

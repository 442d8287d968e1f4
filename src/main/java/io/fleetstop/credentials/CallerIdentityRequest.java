package io.fleetstop.credentials;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.sign.ClockSkew;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Request;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.InstantSource;
import reactor.core.publisher.Mono;

/** Sends {@code GetCallerIdentity} to STS. */
final class CallerIdentityRequest {

  private static final String REGION = "cn-beijing";
  private static final Duration TIMEOUT = Duration.ofSeconds(3);
  private static final int MAX_ATTEMPTS = 2;

  private final CredentialsProvider source;
  private final URI endpoint;
  private final CredentialsHttpClient client;
  private final InstantSource clock;

  CallerIdentityRequest(CredentialsProvider source, CredentialsOptions options) {
    this(source, options, Clock.systemUTC());
  }

  CallerIdentityRequest(
      CredentialsProvider source, CredentialsOptions options, InstantSource clock) {
    this.source = source;
    this.endpoint = options.stsEndpoint() == null ? StsMessages.ENDPOINT : options.stsEndpoint();
    this.client = new CredentialsHttpClient(null, options.transport(), TIMEOUT, MAX_ATTEMPTS);
    this.clock = clock;
  }

  Mono<CallerIdentity> send() {
    return Mono.defer(source::resolve)
        .switchIfEmpty(
            Mono.error(() -> CredentialsErrors.unavailable("the source returned no credentials")))
        .flatMap(
            credentials ->
                client.fetch(
                    exchange -> {
                      ClockSkew corrected = new ClockSkew(clock);
                      return send(exchange, credentials, corrected)
                          .onErrorResume(
                              failure -> updateClock(corrected, failure),
                              wrongTime -> send(exchange, credentials, corrected));
                    }));
  }

  private Mono<CallerIdentity> send(
      HttpExchange exchange, Credentials credentials, ClockSkew corrected) {
    Request signed =
        RequestSigner.of(REGION, StsMessages.SERVICE)
            .sign(StsMessages.callerIdentity(endpoint), credentials, corrected.now());
    SecretMask mask = SecretMask.of(credentials, signed);
    return client.request(
        exchange, signed, reply -> StsMessages.readIdentity(reply, clock.instant(), mask));
  }

  private boolean updateClock(ClockSkew corrected, Throwable failure) {
    Long serverTime =
        failure instanceof EcsException known && known.category() == Category.CLOCK
            ? known.serverTimeMillis()
            : null;
    if (serverTime != null) {
      corrected.update(endpoint, serverTime);
    }
    return serverTime != null;
  }
}

package io.fleetstop.credentials;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import io.fleetstop.transport.NettyTransport;
import io.fleetstop.transport.TransportOptions;
import java.time.Duration;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * How a service that gives credentials is asked: each question is bounded in time and size, and put
 * again where that may help.
 *
 * <p>Whoever brings no transport owns none: a fetch opens one and closes it when it ends. Fetches
 * are an hour apart, so there is nothing to keep open between them, and nothing that a source would
 * have to be disposed of for.
 *
 * @param transport the caller's, or {@code null}
 * @param timeout how long one request may take
 * @param maxAttempts how often a request is sent at most
 */
record CredentialsHttpClient(@Nullable HttpExchange transport, Duration timeout, int maxAttempts) {

  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final int BAD_REQUEST = 400;
  private static final int MAX_BODY_BYTES = 64 * 1024;
  private static final Set<Category> PASSING =
      Set.of(Category.NETWORK, Category.SERVER, Category.THROTTLED);

  /** Lends a transport to a fetch of one or more questions. */
  Mono<Credentials> fetch(Function<HttpExchange, Mono<Credentials>> questions) {
    if (transport != null) {
      return Mono.defer(() -> questions.apply(transport));
    }
    // The trust store is read from disk when a transport is made.
    Mono<NettyTransport> own =
        Mono.fromSupplier(() -> NettyTransport.create(options()))
            .subscribeOn(Schedulers.boundedElastic());
    return Mono.usingWhen(own, questions, NettyTransport::disposeLater);
  }

  private TransportOptions options() {
    return TransportOptions.builder()
        .maxConnections(1)
        .connectTimeout(timeout)
        .tlsHandshakeTimeout(timeout)
        .responseTimeout(timeout)
        .poolAcquireTimeout(timeout)
        .maxBodyBytes(MAX_BODY_BYTES)
        .build();
  }

  /**
   * What a reply means to {@code reader}, which throws what {@link #refused} makes of a reply that
   * is none.
   */
  <T> Mono<T> ask(HttpExchange exchange, Request request, Function<Response, T> reader) {
    return Mono.defer(() -> exchange.exchange(request, () -> true))
        .switchIfEmpty(Mono.error(CredentialsHttpClient::unanswered))
        .timeout(timeout, Mono.error(this::timedOut))
        .map(reader)
        .retryWhen(
            Retry.fixedDelay(maxAttempts - 1L, PAUSE)
                .filter(CredentialsHttpClient::mayPass)
                .onRetryExhaustedThrow((spec, signal) -> signal.failure()));
  }

  /** A reply that is not what was asked for. */
  static EcsException refused(ErrorCode code, int status, String what) {
    return EcsException.builder(code, Delivery.REJECTED).httpStatus(status).detail(what).build();
  }

  /** A reply that succeeds and is no use. The same question would bring the same. */
  static EcsException unusable(int status, String what) {
    return refused(ErrorCode.classify(null, null, BAD_REQUEST), status, what);
  }

  private static boolean mayPass(Throwable failure) {
    return failure instanceof EcsException known && PASSING.contains(known.category());
  }

  private static EcsException unanswered() {
    return EcsException.builder(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN)
        .detail("the transport ended without a reply")
        .build();
  }

  private EcsException timedOut() {
    return EcsException.builder(ClientErrors.ATTEMPT_TIMEOUT, Delivery.UNKNOWN)
        .detail("no answer in " + timeout.toMillis() + " ms")
        .build();
  }
}

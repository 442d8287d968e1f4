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
 * Sends requests to a service that issues credentials. Each request is bounded in time and size;
 * transient failures are retried.
 *
 * <p>Without a transport of the caller, each fetch opens one and closes it when it ends. Fetches
 * are typically an hour apart, so keeping a connection open has no benefit, and a source needs no
 * close method.
 *
 * @param transport the caller's transport, or {@code null}
 * @param transportOptions proxy and certificates of the connections without one
 * @param timeout the time limit for one request
 * @param maxAttempts the maximum number of attempts of one request
 */
record CredentialsHttpClient(
    @Nullable HttpExchange transport,
    TransportOptions transportOptions,
    Duration timeout,
    int maxAttempts) {

  private static final Duration RETRY_DELAY = Duration.ofSeconds(1);
  private static final int BAD_REQUEST = 400;
  private static final int MAX_BODY_BYTES = 64 * 1024;
  private static final Set<Category> TRANSIENT =
      Set.of(Category.NETWORK, Category.SERVER, Category.THROTTLED);

  /** Returns the client of a source that assumes a role. */
  static CredentialsHttpClient of(AssumeRoleOptions options) {
    return new CredentialsHttpClient(
        options.transport(), options.transportOptions(), options.timeout(), options.maxAttempts());
  }

  /** Provides a transport to a fetch of one or more requests. */
  <T> Mono<T> fetch(Function<HttpExchange, Mono<T>> requests) {
    if (transport != null) {
      return Mono.defer(() -> requests.apply(transport));
    }
    // Creating a transport reads the trust store from disk.
    Mono<NettyTransport> owned =
        Mono.fromSupplier(() -> NettyTransport.create(options()))
            .subscribeOn(Schedulers.boundedElastic());
    return Mono.usingWhen(owned, requests, NettyTransport::disposeLater);
  }

  private TransportOptions options() {
    return transportOptions
        .mutate()
        .maxConnections(1)
        .connectTimeout(timeout)
        .tlsHandshakeTimeout(timeout)
        .responseTimeout(timeout)
        .poolAcquireTimeout(timeout)
        .maxBodyBytes(MAX_BODY_BYTES)
        .build();
  }

  /**
   * Sends a request and emits the result of {@code reader}, which throws {@link #rejected} for an
   * unusable reply.
   */
  <T> Mono<T> request(HttpExchange exchange, Request request, Function<Response, T> reader) {
    return Mono.defer(() -> exchange.exchange(request, () -> true))
        .switchIfEmpty(Mono.error(CredentialsHttpClient::noReply))
        .timeout(timeout, Mono.error(this::timedOut))
        .map(reader)
        .retryWhen(
            Retry.fixedDelay(maxAttempts - 1L, RETRY_DELAY)
                .filter(CredentialsHttpClient::isTransient)
                .onRetryExhaustedThrow((spec, signal) -> signal.failure()));
  }

  /** Creates the error for a rejection. */
  static EcsException rejected(ErrorCode code, int status, String what) {
    return EcsException.builder(code, Delivery.REJECTED).httpStatus(status).detail(what).build();
  }

  /**
   * Creates the error for a successful reply without usable content. It is not retried: the next
   * reply would be the same.
   */
  static EcsException unusable(int status, String what) {
    return rejected(ErrorCode.classify(null, null, BAD_REQUEST), status, what);
  }

  private static boolean isTransient(Throwable failure) {
    return failure instanceof EcsException known && TRANSIENT.contains(known.category());
  }

  private static EcsException noReply() {
    return EcsException.builder(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN)
        .detail("the transport ended without a reply")
        .build();
  }

  private EcsException timedOut() {
    return EcsException.builder(ClientErrors.ATTEMPT_TIMEOUT, Delivery.UNKNOWN)
        .detail("no reply within " + timeout.toMillis() + " ms")
        .build();
  }
}

package io.fleetstop;

import io.fleetstop.ActionCodec.DecodedReply;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.SecretMask;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.model.EcsAction;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.Fuseable;
import reactor.core.publisher.Mono;

/** The steps of one attempt. Each attempt has a gate of its own, which stays closed once closed. */
final class CallAttempt<T> {

  /** The current step, which decides how a foreign exception is classified. */
  private enum Phase {
    QUEUED,
    CREDENTIALS,
    SIGNING,
    EXCHANGE,
    DECODING
  }

  private final ClientConfig config;
  private final EcsAction<T> action;
  private final RequestSigner signer;
  private final Request request;
  private final int number;
  private final SafeListener listener;
  private final SendGate gate = new SendGate();
  private volatile Phase phase = Phase.QUEUED;
  private volatile long nanosLeftAfterQueue = Long.MAX_VALUE;
  private volatile @Nullable Credentials usedCredentials;
  private volatile @Nullable Request signedRequest;

  CallAttempt(
      ClientConfig config,
      EcsAction<T> action,
      RequestSigner signer,
      Request request,
      int number,
      SafeListener listener) {
    this.config = config;
    this.action = action;
    this.signer = signer;
    this.request = request;
    this.number = number;
    this.listener = listener;
  }

  /** The number of the attempt within its call, from 1. */
  int number() {
    return number;
  }

  /** Whether the attempt is waiting for its permit or its slot. */
  boolean isQueued() {
    return phase == Phase.QUEUED;
  }

  /** Ends the queueing; what was left of the deadline tells a slow queue from a slow service. */
  void leaveQueue(long nanosLeft) {
    // Before the phase: an attempt that is not queued any more has it.
    nanosLeftAfterQueue = nanosLeft;
    phase = Phase.CREDENTIALS;
  }

  /** The time to the deadline when permit and slot were granted. */
  long nanosLeftAfterQueue() {
    return nanosLeftAfterQueue;
  }

  /** Prevents the request from being sent, and returns whether that was too late. */
  Delivery close() {
    return gate.close();
  }

  /** The credentials that signed the request, or {@code null} before it was signed. */
  @Nullable Credentials usedCredentials() {
    return usedCredentials;
  }

  <R> Mono<R> withCredentials(Function<Credentials, Mono<R>> exchange) {
    Mono<Credentials> resolved = config.credentials().resolve();
    Credentials available = valueOf(resolved);
    return available != null
        ? exchange.apply(available)
        : resolved
            .switchIfEmpty(Mono.error(EcsExceptions::noCredentials))
            // Mono.flatMap may lose a cancel that comes while it subscribes to the inner Mono.
            .flatMapMany(exchange)
            .singleOrEmpty();
  }

  /** The value of a {@code Mono.just}, which needs no operators around it; else {@code null}. */
  private static <V> @Nullable V valueOf(Mono<V> mono) {
    if (!(mono instanceof Fuseable.ScalarCallable)) {
      return null;
    }
    try {
      @SuppressWarnings("unchecked")
      Callable<@Nullable V> scalar = (Callable<@Nullable V>) mono;
      return scalar.call();
    } catch (Exception failed) {
      return null;
    }
  }

  Request sign(Credentials credentials) {
    phase = Phase.SIGNING;
    usedCredentials = credentials;
    Request signed = signer.sign(request, credentials, config.now());
    signedRequest = signed;
    return signed;
  }

  /**
   * Sends the request.
   *
   * @param onExchange called right before the exchange begins
   */
  Mono<Response> exchange(Request signed, Runnable onExchange) {
    phase = Phase.EXCHANGE;
    onExchange.run();
    return config
        .transport()
        .exchange(signed, this::maySend)
        .switchIfEmpty(Mono.error(() -> EcsExceptions.noReply(close())));
  }

  private boolean maySend() {
    boolean passed = gate.pass();
    if (passed) {
      listener.attemptSent(number);
    }
    return passed;
  }

  DecodedReply<T> decode(Response reply) {
    phase = Phase.DECODING;
    SecretMask mask =
        SecretMask.of(usedCredentials, signedRequest, config.retryPolicy().overriddenCodes());
    return ActionCodec.decode(action, reply, mask, number, config.now());
  }

  /** Classifies a failure, names its action, and applies the policy's category overrides. */
  EcsException toEcsException(Throwable failure) {
    EcsException error = failure instanceof EcsException known ? known : classify(failure);
    ErrorCode effective = config.retryPolicy().effectiveCode(error.errorCode());
    if (error.action() != null && effective.equals(error.errorCode())) {
      return error;
    }
    return error.mutate().action(action.action()).errorCode(effective).build();
  }

  private EcsException classify(Throwable failure) {
    return switch (phase) {
      case CREDENTIALS -> EcsExceptions.credentialsFailed(failure);
      case EXCHANGE -> EcsExceptions.transportFailed(failure, close());
      case QUEUED, SIGNING, DECODING -> EcsExceptions.of(failure, close());
    };
  }
}

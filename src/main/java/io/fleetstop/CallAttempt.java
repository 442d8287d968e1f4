package io.fleetstop;

import io.fleetstop.ActionCodec.DecodedReply;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
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

/**
 * One try of a call, and the order of concerns around it. Its gate is its own: whoever ends the try
 * closes it, and it stays closed.
 */
final class CallAttempt<T> {

  /** How far the try has come, which says what a failure means. */
  private enum Phase {
    WAITING,
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
  private volatile Phase phase = Phase.WAITING;
  private volatile @Nullable Credentials used;

  /**
   * A try.
   *
   * @param number which try of the call, counted from one
   */
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

  /** Which try of the call this is, counted from one. */
  int number() {
    return number;
  }

  /**
   * The try, but for its time: a permit, a place, and then the exchange.
   *
   * @param exchanging called right before the exchange begins
   */
  Mono<DecodedReply<T>> run(Runnable exchanging) {
    return config
        .limiterFor(action)
        .limit(config.inFlight().limit(Mono.defer(() -> signAndExchange(exchanging))));
  }

  /** Whether it waits for its permit or its place. */
  boolean isInLine() {
    return phase == Phase.WAITING;
  }

  /** Keeps the request from being sent, unless it is too late; tells which. */
  Delivery close() {
    return gate.close();
  }

  /** What the request was signed with, or {@code null} if it did not come to that. */
  @Nullable Credentials used() {
    return used;
  }

  private Mono<DecodedReply<T>> signAndExchange(Runnable exchanging) {
    return withCredentials(
            credentials ->
                exchange(credentials, exchanging).map(reply -> decode(reply, credentials)))
        // Within, so that permit and place hear of the same error as the caller.
        .onErrorMap(this::named);
  }

  private Mono<DecodedReply<T>> withCredentials(
      Function<Credentials, Mono<DecodedReply<T>>> exchange) {
    phase = Phase.CREDENTIALS;
    Mono<Credentials> resolved = config.credentials().resolve();
    Credentials atHand = valueOf(resolved);
    return atHand != null
        ? exchange.apply(atHand)
        : resolved
            .switchIfEmpty(Mono.error(AttemptErrors::noCredentials))
            // Mono.flatMap may lose a cancel that comes while it subscribes to what follows.
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

  private Mono<Response> exchange(Credentials credentials, Runnable exchanging) {
    phase = Phase.SIGNING;
    used = credentials;
    Request signed = signer.sign(request, credentials, config.now());
    phase = Phase.EXCHANGE;
    exchanging.run();
    return config.transport().exchange(signed, this::maySend).switchIfEmpty(unanswered());
  }

  private Mono<Response> unanswered() {
    return Mono.error(() -> AttemptErrors.unanswered(close()));
  }

  private boolean maySend() {
    boolean passed = gate.pass();
    if (passed) {
      listener.attemptSent(number);
    }
    return passed;
  }

  private DecodedReply<T> decode(Response reply, Credentials credentials) {
    phase = Phase.DECODING;
    return ActionCodec.decode(action, reply, credentials, number, config.now());
  }

  /** The failure as the caller hears of it: what it means, of which action, as the user has it. */
  EcsException named(Throwable failure) {
    EcsException error = failure instanceof EcsException known ? known : meaning(failure);
    ErrorCode treated = config.retryPolicy().effectiveCode(error.errorCode());
    if (error.action() != null && treated.equals(error.errorCode())) {
      return error;
    }
    return error.mutate().action(action.action()).errorCode(treated).build();
  }

  private EcsException meaning(Throwable failure) {
    return switch (phase) {
      case CREDENTIALS -> AttemptErrors.noCredentials(failure);
      case EXCHANGE -> AttemptErrors.broken(failure, close());
      case WAITING, SIGNING, DECODING -> AttemptErrors.unexpected(failure, close());
    };
  }
}

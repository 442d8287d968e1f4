package io.fleetstop;

import io.fleetstop.ActionCodec.DecodedReply;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.EcsAction.Idempotency;
import io.fleetstop.retry.RetryObserver;
import io.fleetstop.retry.RetryPolicy.Remedy;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.observability.DefaultSignalListener;
import reactor.core.publisher.Mono;
import reactor.util.context.ContextView;

/**
 * One call with its retries. {@link #run} is the order of concerns; what each attempt does is in
 * {@link CallAttempt}, what the attempts share in {@link CallState}.
 */
final class CallExecution<T> extends DefaultSignalListener<T> implements RetryObserver {

  private final ClientConfig config;
  private final EcsAction<T> action;
  private final SafeListener listener;
  private final CallState<T> state;

  /**
   * Starts the clock of a call.
   *
   * @param action the action with its client token: all attempts carry the same
   */
  CallExecution(
      ClientConfig config, EcsAction<T> action, ServiceAddress address, ContextView context) {
    this.config = config;
    this.action = action;
    this.listener = SafeListener.of(config.listener(), action, config.region(), context);
    this.state = new CallState<>(config, action, address, listener);
  }

  /** The call around its attempts: listener, retry, and the time limits of each attempt. */
  Mono<T> run() {
    Mono<T> attempt = new TimeLimitedAttempt<>(state, this::attempt);
    return listener.inContext(
        attempt.onErrorResume(failure -> retry(attempt, failure)).tap(() -> this));
  }

  /** One attempt: permit, slot, credentials, signature, exchange, decoding, classification. */
  private Mono<DecodedReply<T>> attempt(CallAttempt<T> attempt, Runnable onExchange) {
    Mono<DecodedReply<T>> exchange =
        Mono.defer(
            () -> {
              attempt.leaveQueue(state.nanosLeft());
              return attempt
                  .withCredentials(
                      credentials ->
                          attempt
                              .exchange(attempt.sign(credentials), onExchange)
                              .map(attempt::decode))
                  // Inside the limiters, so that they see the same error as the caller.
                  .onErrorMap(attempt::toEcsException);
            });
    return config.limiterFor(action).limit(config.inFlight().limit(exchange));
  }

  /**
   * Puts the retries around a call only once it has failed, so that a call that succeeds at once
   * does not pay for them. The first failure is replayed to them.
   */
  private Mono<T> retry(Mono<T> attempt, Throwable firstFailure) {
    boolean repeatable = action.idempotency() != Idempotency.NONE;
    AtomicReference<@Nullable Throwable> replayed = new AtomicReference<>(firstFailure);
    return Mono.defer(
            () -> {
              Throwable failure = replayed.getAndSet(null);
              return failure == null ? attempt : Mono.error(failure);
            })
        .retryWhen(
            config.retryPolicy().asRetry(repeatable, config.retryBudget(), this, state.elapsed()))
        .onErrorResume(this::emitError);
  }

  /** An error that races with a cancellation has no receiver: Reactor would log it as dropped. */
  private Mono<T> emitError(Throwable failure) {
    if (state.isCancelled()) {
      return Mono.never();
    }
    return Mono.error(failure instanceof EcsException ? failure : unexpected(failure));
  }

  /** The user's policy, backoff or action may throw between two attempts. */
  private EcsException unexpected(Throwable failure) {
    return EcsExceptions.of(failure, state.deliverySoFar())
        .mutate()
        .action(action.action())
        .attempts(state.attempts())
        .build();
  }

  @Override
  public void retrying(EcsException failure, Remedy remedy) {
    state.retrying(failure, remedy);
  }

  @Override
  public boolean isSucceeded() {
    return state.isSucceeded();
  }

  @Override
  public void doFirst() {
    listener.callStarted();
  }

  @Override
  public void doOnNext(T result) {
    if (state.attempts() == 1) {
      config.retryBudget().recordSuccess();
    }
    if (state.tryTerminate()) {
      listener.unrequestedIds(action, result);
      listener.callSucceeded(state.attempts(), state.elapsed());
    }
  }

  @Override
  public void doOnError(Throwable failure) {
    if (failure instanceof EcsException error && state.tryTerminate()) {
      listener.callFailed(error, state.elapsed());
    }
  }

  @Override
  public void doOnCancel() {
    Delivery delivery = state.cancel();
    if (state.tryTerminate()) {
      listener.callCancelled(delivery, state.elapsed());
    }
  }
}

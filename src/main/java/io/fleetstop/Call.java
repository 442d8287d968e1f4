package io.fleetstop;

import io.fleetstop.ActionCodec.Answer;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.EcsAction.Idempotency;
import io.fleetstop.retry.RetryObserver;
import io.fleetstop.retry.RetryPolicy.Cure;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.HttpExchange.Request;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/** One call, with its retries: the state of one subscription. */
final class Call<T> implements RetryObserver {

  private final ClientConfig config;
  private final EcsAction<T> action;
  private final RequestSigner signer;
  private final Request request;
  private final ListenerCalls listener;
  private final Scheduler scheduler = Schedulers.parallel();
  private final long startNanos = scheduler.now(TimeUnit.NANOSECONDS);
  private int attempts;
  private volatile @Nullable CallAttempt<T> running;
  private volatile Delivery earlier = Delivery.NOT_SENT;
  private volatile boolean isSucceeded;
  private final AtomicBoolean hasEnded = new AtomicBoolean();

  Call(ClientConfig config, EcsAction<T> action, ServiceAddress address, ContextView context) {
    this.config = config;
    this.action = action;
    this.signer = address.signer();
    this.request = ActionCodec.encode(address.endpoint(), action);
    this.listener = ListenerCalls.of(config.listener(), action, config.region(), context);
  }

  Mono<T> run() {
    return listener.inContext(tried());
  }

  private Mono<T> tried() {
    boolean isRepeatable = action.idempotency() != Idempotency.NONE;
    return Mono.defer(this::attempt)
        .retryWhen(config.retryPolicy().asRetry(isRepeatable, config.retryBudget(), this))
        .onErrorMap(failure -> !(failure instanceof EcsException), this::unexpected)
        .doOnSubscribe(subscription -> listener.callStarted())
        .doOnSuccess(result -> succeeded())
        .doOnError(EcsException.class, this::failed)
        .doOnCancel(this::cancelled);
  }

  private Mono<T> attempt() {
    int number = ++attempts;
    CallAttempt<T> attempt =
        new CallAttempt<>(config, action, signer, request, number, elapsed(), listener);
    running = attempt;
    listener.attemptStarted(number);
    return attempt
        .run()
        .doOnNext(answer -> succeeded(number, answer))
        .map(Answer::result)
        .doOnError(EcsException.class, failure -> failed(number, failure));
  }

  /** A policy or an action of the user's may throw between two attempts. */
  private EcsException unexpected(Throwable failure) {
    return EcsException.builder(ClientErrors.UNEXPECTED_FAILURE, earlier)
        .action(action.action())
        .detail(ClientErrors.UNEXPECTED_FAILURE.meaning() + " " + failure.getClass().getName())
        .attempts(attempts)
        .cause(failure)
        .build();
  }

  private void succeeded(int number, Answer<T> answer) {
    isSucceeded = true;
    listener.attemptSucceeded(number, answer.httpStatus(), answer.requestId());
  }

  private void failed(int number, EcsException failure) {
    earlier = earlier.or(failure.delivery());
    listener.attemptFailed(number, failure);
  }

  @Override
  public void retrying(EcsException last, Cure cure) {
    CallAttempt<T> ended = running;
    Credentials refused = ended == null ? null : ended.used();
    // Between two attempts there is nothing to send: what was sent is in the delivery so far.
    running = null;
    listener.retryDecided(attempts, last);
    if (cure == Cure.CORRECT_CLOCK && last.serverTimeMillis() != null) {
      config.clockOffset().learn(last.serverTimeMillis());
    }
    if (cure == Cure.REFRESH_CREDENTIALS && refused != null) {
      config.credentials().invalidate(refused);
    }
  }

  @Override
  public boolean isSucceeded() {
    return isSucceeded;
  }

  private void succeeded() {
    if (ends()) {
      listener.callSucceeded(attempts, elapsed());
    }
  }

  private void failed(EcsException failure) {
    if (ends()) {
      listener.callFailed(failure, elapsed());
    }
  }

  private void cancelled() {
    CallAttempt<T> cut = running;
    // The gate first: an attempt that ends at this moment has told of its delivery by then.
    Delivery last = cut == null ? Delivery.NOT_SENT : cut.close();
    if (ends()) {
      listener.callCancelled(earlier.or(last), elapsed());
    }
  }

  /** True once: who has the result may cancel, as {@code next()} does. */
  private boolean ends() {
    return hasEnded.compareAndSet(false, true);
  }

  private Duration elapsed() {
    return Duration.ofNanos(scheduler.now(TimeUnit.NANOSECONDS) - startNanos);
  }
}

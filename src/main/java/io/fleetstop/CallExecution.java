package io.fleetstop;

import io.fleetstop.ActionCodec.DecodedReply;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.EcsAction.Idempotency;
import io.fleetstop.retry.RetryObserver;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.retry.RetryPolicy.Remedy;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.HttpExchange.Request;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.observability.DefaultSignalListener;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/** One call, with its retries: the state of one subscription, which hears of its own end. */
final class CallExecution<T> extends DefaultSignalListener<T> implements RetryObserver {

  private final ClientConfig config;
  private final EcsAction<T> action;
  private final RequestSigner signer;
  private final Request request;
  private final SafeListener listener;
  private final Scheduler scheduler = Schedulers.parallel();
  private final long startNanos = scheduler.now(TimeUnit.NANOSECONDS);
  private final AtomicBoolean hasEnded = new AtomicBoolean();
  private int attempts;
  private volatile @Nullable CallAttempt<T> running;
  private volatile Delivery earlier = Delivery.NOT_SENT;
  private volatile boolean isSucceeded;
  private volatile boolean isLeft;

  CallExecution(
      ClientConfig config, EcsAction<T> action, ServiceAddress address, ContextView context) {
    this.config = config;
    this.action = action;
    this.signer = address.signer();
    this.request = ActionCodec.encode(address.endpoint(), action);
    this.listener = SafeListener.of(config.listener(), action, config.region(), context);
  }

  Mono<T> run() {
    return listener.inContext(
        new AttemptMono<>(this).onErrorResume(this::tryAgain).tap(() -> this));
  }

  /** Retries cost a call nothing until it fails: what went wrong first is told to them then. */
  private Mono<T> tryAgain(Throwable failure) {
    boolean isRepeatable = action.idempotency() != Idempotency.NONE;
    AtomicReference<@Nullable Throwable> first = new AtomicReference<>(failure);
    return Mono.defer(
            () -> {
              Throwable untold = first.getAndSet(null);
              return untold == null ? new AttemptMono<>(this) : Mono.error(untold);
            })
        .retryWhen(policy().asRetry(isRepeatable, config.retryBudget(), this, elapsed()))
        .onErrorMap(thrown -> !(thrown instanceof EcsException), this::unexpected);
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

  RetryPolicy policy() {
    return config.retryPolicy();
  }

  Scheduler scheduler() {
    return scheduler;
  }

  /** The time until the deadline in nanoseconds; the greatest there is if there is none. */
  long nanosLeft() {
    Duration deadline = policy().deadline();
    return deadline == null ? Long.MAX_VALUE : deadline.toNanos() - elapsedNanos();
  }

  /** The next attempt. */
  CallAttempt<T> next() {
    int number = ++attempts;
    CallAttempt<T> attempt = new CallAttempt<>(config, action, signer, request, number, listener);
    running = attempt;
    if (isLeft) {
      // Its canceller may have looked before it was there, and has told that nothing is sent.
      attempt.close();
    }
    listener.attemptStarted(number);
    return attempt;
  }

  void succeeded(CallAttempt<T> attempt, DecodedReply<T> answer) {
    isSucceeded = true;
    listener.attemptSucceeded(attempt.number(), answer.httpStatus(), answer.requestId());
  }

  void failed(CallAttempt<T> attempt, EcsException failure) {
    earlier = earlier.or(failure.delivery());
    listener.attemptFailed(attempt.number(), failure);
  }

  @Override
  public void retrying(EcsException last, Remedy cure) {
    CallAttempt<T> ended = running;
    Credentials refused = ended == null ? null : ended.used();
    // Between two attempts there is nothing to send: what was sent is in the delivery so far.
    running = null;
    listener.retryDecided(attempts, last);
    if (cure == Remedy.CORRECT_CLOCK && last.serverTimeMillis() != null) {
      config.clockSkew().learn(last.serverTimeMillis());
    }
    if (cure == Remedy.REFRESH_CREDENTIALS && refused != null) {
      config.credentials().invalidate(refused);
    }
  }

  @Override
  public boolean isSucceeded() {
    return isSucceeded;
  }

  @Override
  public void doFirst() {
    listener.callStarted();
  }

  @Override
  public void doOnNext(T result) {
    if (attempts == 1) {
      config.retryBudget().recordSuccess();
    }
    if (ends()) {
      listener.callSucceeded(attempts, elapsed());
    }
  }

  @Override
  public void doOnError(Throwable failure) {
    if (failure instanceof EcsException error && ends()) {
      listener.callFailed(error, elapsed());
    }
  }

  @Override
  public void doOnCancel() {
    // Before the look at what runs: a try that is not seen there sees this.
    isLeft = true;
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
    return Duration.ofNanos(elapsedNanos());
  }

  private long elapsedNanos() {
    return scheduler.now(TimeUnit.NANOSECONDS) - startNanos;
  }
}

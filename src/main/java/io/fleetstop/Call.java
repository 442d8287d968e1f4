package io.fleetstop;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.EcsAction.Idempotency;
import io.fleetstop.retry.RetryPolicy.Cure;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/** One call: the state of one subscription, and the order of concerns around each attempt. */
final class Call<T> {

  private final ClientConfig config;
  private final EcsAction<T> action;
  private final RequestSigner signer;
  private final Request request;
  private final ListenerCalls listener;
  private final Scheduler scheduler = Schedulers.parallel();
  private final long startNanos = scheduler.now(TimeUnit.NANOSECONDS);
  private int attempts;
  private volatile SendGate gate = new SendGate();
  private volatile Delivery earlier = Delivery.NOT_SENT;
  private volatile @Nullable Credentials used;

  Call(ClientConfig config, EcsAction<T> action, RequestSigner signer, ContextView context) {
    this.config = config;
    this.action = action;
    this.signer = signer;
    this.request = ActionCodec.encode(config.endpoint(), action);
    this.listener = new ListenerCalls(config.listener(), action.action(), context);
  }

  Mono<T> run() {
    boolean isRepeatable = action.idempotency() != Idempotency.NONE;
    return Mono.defer(this::attempt)
        .retryWhen(config.retryPolicy().asRetry(isRepeatable, config.retryBudget(), this::cure))
        .doOnSubscribe(subscription -> listener.callStarted())
        .doOnSuccess(result -> listener.callSucceeded(attempts, elapsed()))
        .doOnError(EcsException.class, failure -> listener.callFailed(failure, elapsed()))
        .doOnCancel(this::cancelled);
  }

  private Mono<T> attempt() {
    int number = ++attempts;
    listener.attemptStarted(number);
    return config
        .limiterFor(action)
        .limit(config.inFlight().limit(Mono.defer(this::signAndExchange)))
        .transform(this::withinDeadline)
        .transform(this::untilEnded)
        .onErrorMap(this::named)
        .doOnError(EcsException.class, failure -> failed(number, failure));
  }

  private Mono<T> signAndExchange() {
    return config
        .credentials()
        .resolve()
        .onErrorMap(Call::asCredentialsFailure)
        .switchIfEmpty(Mono.error(Call::noCredentials))
        // Mono.flatMap may lose a cancel that comes while it subscribes to what follows.
        .flatMapMany(this::exchange)
        .singleOrEmpty()
        .map(response -> ActionCodec.decode(action, response, attempts, config.now()));
  }

  private Mono<Response> exchange(Credentials credentials) {
    used = credentials;
    SendGate current = gate;
    Duration timeout = config.retryPolicy().attemptTimeout();
    return config
        .transport()
        .exchange(signer.sign(request, credentials, config.now()), current::pass)
        .switchIfEmpty(Mono.error(() -> unanswered(current)))
        .timeout(timeout, Mono.error(() -> attemptTimedOut(current, timeout)), scheduler)
        .onErrorMap(
            failure -> !(failure instanceof EcsException), failure -> broken(current, failure));
  }

  private Mono<T> withinDeadline(Mono<T> attempt) {
    Duration deadline = config.retryPolicy().deadline();
    if (deadline == null) {
      return attempt;
    }
    SendGate current = gate;
    Duration left = deadline.minus(elapsed());
    return attempt.timeout(left, Mono.error(() -> deadlinePassed(current, deadline)), scheduler);
  }

  /** Once the caller wants no further try, one that is not on the wire yet ends at once. */
  private Mono<T> untilEnded(Mono<T> attempt) {
    Mono<Void> until = config.retryPolicy().until();
    if (until == null) {
      return attempt;
    }
    SendGate current = gate;
    Mono<T> end =
        until.then(
            Mono.defer(
                () ->
                    current.close() == Delivery.NOT_SENT
                        ? Mono.error(Call::notWanted)
                        : Mono.never()));
    // The end goes first: if it has come already, the attempt is not even subscribed to.
    return Mono.firstWithSignal(end, attempt);
  }

  /** Called between two attempts. */
  private void cure(EcsException last, Cure cure) {
    if (cure == Cure.CORRECT_CLOCK && last.serverTimeMillis() != null) {
      config.clockOffset().learn(last.serverTimeMillis());
    }
    Credentials refused = used;
    if (cure == Cure.REFRESH_CREDENTIALS && refused != null) {
      config.credentials().invalidate(refused);
    }
  }

  private void failed(int number, EcsException failure) {
    earlier = earlier.or(failure.delivery());
    // Until the next attempt there is nothing to send: what this one sent is in its delivery.
    gate = new SendGate();
    listener.attemptFailed(number, failure);
  }

  private void cancelled() {
    listener.callCancelled(earlier.or(gate.close()), elapsed());
  }

  private Duration elapsed() {
    return Duration.ofNanos(scheduler.now(TimeUnit.NANOSECONDS) - startNanos);
  }

  private Throwable named(Throwable failure) {
    return failure instanceof EcsException error && error.action() == null
        ? error.mutate().action(action.action()).build()
        : failure;
  }

  private static EcsException attemptTimedOut(SendGate gate, Duration timeout) {
    return EcsException.builder(ClientErrors.ATTEMPT_TIMEOUT, gate.close())
        .detail("The try took longer than the attempt timeout of " + timeout)
        .build();
  }

  private static EcsException deadlinePassed(SendGate gate, Duration deadline) {
    return EcsException.builder(ClientErrors.DEADLINE_EXCEEDED, gate.close())
        .detail("The call took longer than its deadline of " + deadline)
        .endedBy(Limit.DEADLINE)
        .build();
  }

  private static EcsException notWanted() {
    return EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT)
        .detail("The caller wanted no further try before this one was sent")
        .endedBy(Limit.CALLER)
        .build();
  }

  private static EcsException unanswered(SendGate gate) {
    return EcsException.builder(ClientErrors.CONNECTION_LOST, gate.close())
        .detail("The transport ended without a reply")
        .build();
  }

  private static EcsException broken(SendGate gate, Throwable failure) {
    return EcsException.builder(ClientErrors.CONNECTION_LOST, gate.close())
        .detail("The transport failed with " + failure.getClass().getSimpleName())
        .cause(failure)
        .build();
  }

  private static Throwable asCredentialsFailure(Throwable failure) {
    return failure instanceof EcsException
        ? failure
        : EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
            .detail("The credentials provider failed with " + failure.getClass().getSimpleName())
            .cause(failure)
            .build();
  }

  private static EcsException noCredentials() {
    return EcsException.builder(ClientErrors.CREDENTIALS_UNAVAILABLE, Delivery.NOT_SENT)
        .detail("The credentials provider gave none")
        .build();
  }
}

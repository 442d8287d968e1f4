package io.fleetstop;

import io.fleetstop.ActionCodec.Answer;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.model.EcsAction;
import io.fleetstop.sign.RequestSigner;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * One try of a call, and the order of concerns around it. Its gate is its own: whoever ends the try
 * closes it, and it stays closed.
 */
final class CallAttempt<T> {

  private final ClientConfig config;
  private final EcsAction<T> action;
  private final RequestSigner signer;
  private final Request request;
  private final int number;
  private final Duration elapsed;
  private final ListenerCalls listener;
  private final SendGate gate = new SendGate();
  private final Scheduler scheduler = Schedulers.parallel();
  private volatile @Nullable Credentials used;

  /**
   * A try.
   *
   * @param number which try of the call, counted from one
   * @param elapsed how long the call has taken up to now
   */
  CallAttempt(
      ClientConfig config,
      EcsAction<T> action,
      RequestSigner signer,
      Request request,
      int number,
      Duration elapsed,
      ListenerCalls listener) {
    this.config = config;
    this.action = action;
    this.signer = signer;
    this.request = request;
    this.number = number;
    this.elapsed = elapsed;
    this.listener = listener;
  }

  Mono<Answer<T>> run() {
    return config
        .limiterFor(action)
        .limit(config.inFlight().limit(Mono.defer(this::signAndExchange)))
        .transform(this::withinDeadline)
        .transform(this::untilEnded)
        .onErrorMap(this::named);
  }

  /** Keeps the request from being sent, unless it is too late; tells which. */
  Delivery close() {
    return gate.close();
  }

  /** What the request was signed with, or {@code null} if it did not come to that. */
  @Nullable Credentials used() {
    return used;
  }

  private Mono<Answer<T>> signAndExchange() {
    return Mono.defer(config.credentials()::resolve)
        .onErrorMap(CallAttempt::asCredentialsFailure)
        .switchIfEmpty(Mono.error(CallAttempt::noCredentials))
        // Mono.flatMap may lose a cancel that comes while it subscribes to what follows.
        .flatMapMany(credentials -> exchange(credentials).map(reply -> decode(reply, credentials)))
        .singleOrEmpty()
        .onErrorMap(EcsException.class, this::asTheUserTreatsIt);
  }

  private Mono<Response> exchange(Credentials credentials) {
    used = credentials;
    Duration timeout = config.retryPolicy().attemptTimeout();
    Request signed = signer.sign(request, credentials, config.now());
    return Mono.defer(() -> config.transport().exchange(signed, this::maySend))
        .switchIfEmpty(Mono.error(this::unanswered))
        .timeout(timeout, Mono.error(() -> timedOut(timeout)), scheduler)
        .onErrorMap(failure -> !(failure instanceof EcsException), this::broken);
  }

  private boolean maySend() {
    boolean passed = gate.pass();
    if (passed) {
      listener.attemptSent(number);
    }
    return passed;
  }

  private Answer<T> decode(Response reply, Credentials credentials) {
    return ActionCodec.decode(action, reply, credentials, number, config.now());
  }

  private Mono<Answer<T>> withinDeadline(Mono<Answer<T>> attempt) {
    Duration deadline = config.retryPolicy().deadline();
    return deadline == null
        ? attempt
        : attempt.timeout(
            deadline.minus(elapsed), Mono.error(() -> deadlinePassed(deadline)), scheduler);
  }

  /** Once the caller wants no further try, one that is not on the wire yet ends at once. */
  private Mono<Answer<T>> untilEnded(Mono<Answer<T>> attempt) {
    Mono<Void> until = config.retryPolicy().until();
    if (until == null) {
      return attempt;
    }
    Mono<Answer<T>> end =
        until.then(
            Mono.defer(
                () ->
                    gate.close() == Delivery.NOT_SENT
                        ? Mono.error(CallAttempt::notWanted)
                        : Mono.never()));
    // The end goes first: if it has come already, the attempt is not even subscribed to.
    return Mono.firstWithSignal(end, attempt);
  }

  private EcsException asTheUserTreatsIt(EcsException error) {
    ErrorCode treated = config.retryPolicy().treat(error.errorCode());
    return treated.equals(error.errorCode()) ? error : error.mutate().errorCode(treated).build();
  }

  private Throwable named(Throwable failure) {
    EcsException error = failure instanceof EcsException known ? known : unexpected(failure);
    return error.action() == null ? error.mutate().action(action.action()).build() : error;
  }

  private EcsException unexpected(Throwable failure) {
    return EcsException.builder(ClientErrors.UNEXPECTED_FAILURE, gate.close())
        .detail(ClientErrors.UNEXPECTED_FAILURE.meaning() + " " + failure.getClass().getName())
        .cause(failure)
        .build();
  }

  private EcsException timedOut(Duration timeout) {
    return EcsException.builder(ClientErrors.ATTEMPT_TIMEOUT, gate.close())
        .detail("The try took longer than the attempt timeout of " + timeout)
        .build();
  }

  private EcsException deadlinePassed(Duration deadline) {
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

  private EcsException unanswered() {
    return EcsException.builder(ClientErrors.CONNECTION_LOST, gate.close())
        .detail("The transport ended without a reply")
        .build();
  }

  private EcsException broken(Throwable failure) {
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

package io.fleetstop.spring;

import io.fleetstop.EcsErrorDecoder;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.retry.RetryObserver;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.retry.RetryPolicy.Remedy;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** One exchange with its attempts: the state of one subscription. */
final class RetriedExchange implements RetryObserver {

  private final RetryFilter filter;
  private final RetryPolicy policy;
  private final ClientRequest request;
  private final ExchangeFunction next;
  private final RepeatableBody body;
  private final Scheduler scheduler = Schedulers.parallel();
  private final long startNanos = scheduler.now(TimeUnit.NANOSECONDS);
  private volatile AttemptSigning currentSigning = new AttemptSigning();
  private volatile ReplyHolder replyHolder = new ReplyHolder();
  private volatile boolean rejected;
  private volatile boolean succeeded;

  RetriedExchange(RetryFilter filter, ClientRequest request, ExchangeFunction next) {
    this.filter = filter;
    this.policy = filter.policy();
    this.request = request;
    this.next = next;
    this.body = new RepeatableBody(request.body(), filter.maxBodyBytes());
  }

  Mono<ClientResponse> run() {
    return Mono.defer(this::attempt)
        .transform(filter.limiterFor(request)::limit)
        .transform(this::withinDeadline)
        .doOnSuccess(reply -> succeeded = true)
        .retryWhen(policy.asRetry(filter.isRepeatable(request), filter.budget(), this))
        .onErrorResume(EcsException.class, this::lastReplyOrError)
        .doOnNext(reply -> replyHolder.claim())
        .doOnError(failure -> replyHolder.release())
        .doOnCancel(() -> replyHolder.release())
        .doOnDiscard(ClientResponse.class, BufferedReply::discard);
  }

  private Mono<ClientResponse> attempt() {
    AttemptSigning signing = new AttemptSigning();
    ReplyHolder reply = new ReplyHolder();
    RepeatableBody.AttemptBody attemptBody = body.newAttempt();
    Duration timeout = policy.attemptTimeout();
    currentSigning = signing;
    replyHolder = reply;
    return next.exchange(
            ClientRequest.from(request)
                .attribute(AttemptSigning.ATTRIBUTE, signing)
                .body(attemptBody.inserter())
                .build())
        // Not Mono.flatMap, which loses a cancel that races with the reply.
        .flatMapMany(response -> BufferedReply.buffer(response, filter.maxPeekBytes()))
        .singleOrEmpty()
        .doOnNext(buffered -> reply.hold(buffered.response()))
        .timeout(
            timeout,
            Mono.error(() -> EcsExceptions.attemptTimedOut(timeout, attemptBody.delivery())),
            scheduler)
        .onErrorMap(failure -> asEcsException(failure, attemptBody))
        .flatMap(buffered -> classify(buffered, signing));
  }

  private Mono<ClientResponse> classify(BufferedReply buffered, AttemptSigning signing) {
    Instant now = Instant.ofEpochMilli(scheduler.now(TimeUnit.MILLISECONDS));
    EcsException failure = EcsErrorDecoder.decode(buffered.head(), signing.credentials(), now);
    if (failure == null) {
      return Mono.just(buffered.response());
    }
    rejected = true;
    return Mono.error(
        failure.mutate().errorCode(policy.effectiveCode(failure.errorCode())).build());
  }

  private Mono<ClientResponse> withinDeadline(Mono<ClientResponse> attempt) {
    Duration deadline = policy.deadline();
    return deadline == null
        ? attempt
        : Mono.defer(
            () ->
                attempt.timeout(
                    deadline.minus(elapsed()),
                    Mono.error(() -> EcsExceptions.deadlineExceeded(deadline, body.delivery())),
                    scheduler));
  }

  @Override
  public void retrying(EcsException last, Remedy remedy) {
    replyHolder.release();
    rejected = false;
    currentSigning.applyRemedy(remedy, last);
  }

  @Override
  public boolean isSucceeded() {
    return succeeded;
  }

  /** Returns the error reply of the last attempt for the caller to judge, or else the error. */
  private Mono<ClientResponse> lastReplyOrError(EcsException failure) {
    ClientResponse reply = rejected ? replyHolder.claim() : null;
    return reply == null ? Mono.error(failure) : Mono.just(reply);
  }

  private Duration elapsed() {
    return Duration.ofNanos(scheduler.now(TimeUnit.NANOSECONDS) - startNanos);
  }

  /** Keeps an {@code IllegalArgumentException} of the filters: a retry cannot help. */
  private static Throwable asEcsException(
      Throwable failure, RepeatableBody.AttemptBody attemptBody) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof EcsException ecs) {
        return ecs;
      }
      if (cause instanceof IllegalArgumentException) {
        return failure;
      }
    }
    return EcsExceptions.transportFailed(failure, attemptBody.delivery());
  }
}

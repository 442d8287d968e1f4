package io.fleetstop.spring;

import io.fleetstop.EcsErrorDecoder;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.retry.RetryObserver;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.retry.RetryPolicy.Remedy;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import reactor.core.Exceptions;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** One exchange with its tries: the state of one subscription. */
final class RetriedExchange implements RetryObserver {

  private final RetryFilter filter;
  private final RetryPolicy policy;
  private final ClientRequest request;
  private final ExchangeFunction next;
  private final ReplayedBody body;
  private final Scheduler scheduler = Schedulers.parallel();
  private final long startNanos = scheduler.now(TimeUnit.NANOSECONDS);
  private volatile AttemptSigning signature = new AttemptSigning();
  private volatile ReplyHolder held = new ReplyHolder();
  private volatile boolean isRefused;
  private volatile boolean isSucceeded;

  RetriedExchange(RetryFilter filter, ClientRequest request, ExchangeFunction next) {
    this.filter = filter;
    this.policy = filter.policy();
    this.request = request;
    this.next = next;
    this.body = new ReplayedBody(request.body(), filter.maxBodyBytes());
  }

  Mono<ClientResponse> run() {
    return Mono.defer(this::attempt)
        .transform(filter.limiterFor(request)::limit)
        .transform(this::withinDeadline)
        .doOnSuccess(reply -> isSucceeded = true)
        .retryWhen(policy.asRetry(filter.isRepeatable(request), filter.budget(), this))
        .onErrorResume(EcsException.class, this::conclude)
        .doOnNext(reply -> held.claim())
        .doOnError(failure -> held.release())
        .doOnCancel(() -> held.release())
        .doOnDiscard(ClientResponse.class, BufferedReply::discard);
  }

  private Mono<ClientResponse> attempt() {
    AttemptSigning own = new AttemptSigning();
    ReplyHolder reply = new ReplyHolder();
    ReplayedBody.Sending sending = body.sending();
    Duration timeout = policy.attemptTimeout();
    signature = own;
    held = reply;
    return next.exchange(
            ClientRequest.from(request)
                .attribute(AttemptSigning.ATTRIBUTE, own)
                .body(sending.inserter())
                .build())
        // Not flatMap of a Mono: a cancel that meets the reply would be lost.
        .flatMapMany(response -> BufferedReply.of(response, filter.maxPeekBytes()))
        .singleOrEmpty()
        .doOnNext(peeked -> reply.hold(peeked.response()))
        .timeout(timeout, Mono.error(() -> timedOut(timeout, sending)), scheduler)
        .onErrorMap(failure -> asEcsException(failure, sending))
        .flatMap(peeked -> judge(peeked, own));
  }

  private Mono<ClientResponse> judge(BufferedReply peeked, AttemptSigning own) {
    Instant now = Instant.ofEpochMilli(scheduler.now(TimeUnit.MILLISECONDS));
    EcsException failure = EcsErrorDecoder.of(peeked.seen(), own.credentials(), now);
    if (failure == null) {
      return Mono.just(peeked.response());
    }
    isRefused = true;
    return Mono.error(failure.mutate().errorCode(policy.treat(failure.errorCode())).build());
  }

  private Mono<ClientResponse> withinDeadline(Mono<ClientResponse> attempt) {
    Duration deadline = policy.deadline();
    return deadline == null
        ? attempt
        : Mono.defer(
            () ->
                attempt.timeout(
                    deadline.minus(elapsed()),
                    Mono.error(() -> deadlinePassed(deadline)),
                    scheduler));
  }

  @Override
  public void retrying(EcsException last, Remedy cure) {
    held.release();
    isRefused = false;
    signature.cure(cure, last);
  }

  @Override
  public boolean isSucceeded() {
    return isSucceeded;
  }

  /**
   * A reply that was refused in the last try is the caller's to judge; without one there is only
   * the error.
   */
  private Mono<ClientResponse> conclude(EcsException failure) {
    ClientResponse reply = isRefused ? held.claim() : null;
    return reply == null ? Mono.error(failure) : Mono.just(reply);
  }

  private Duration elapsed() {
    return Duration.ofNanos(scheduler.now(TimeUnit.NANOSECONDS) - startNanos);
  }

  /** What this filter, or the one that signs, refused to send stays as it is: nothing helps it. */
  private static Throwable asEcsException(Throwable failure, ReplayedBody.Sending sending) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof EcsException known) {
        return known;
      }
      if (cause instanceof IllegalArgumentException) {
        return failure;
      }
    }
    Delivery delivery = sending.delivery();
    return EcsException.builder(
            delivery == Delivery.NOT_SENT
                ? ClientErrors.CONNECT_FAILED
                : ClientErrors.CONNECTION_LOST,
            delivery)
        .detail("The HTTP client failed with " + rootOf(failure).getClass().getSimpleName())
        .cause(failure)
        .build();
  }

  private static Throwable rootOf(Throwable failure) {
    Throwable root = Exceptions.unwrap(failure);
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static EcsException timedOut(Duration timeout, ReplayedBody.Sending sending) {
    return EcsException.builder(ClientErrors.ATTEMPT_TIMEOUT, sending.delivery())
        .detail("The try took longer than the attempt timeout of " + timeout)
        .build();
  }

  private EcsException deadlinePassed(Duration deadline) {
    return EcsException.builder(ClientErrors.DEADLINE_EXCEEDED, body.delivery())
        .detail("The exchange took longer than its deadline of " + deadline)
        .endedBy(Limit.DEADLINE)
        .build();
  }
}

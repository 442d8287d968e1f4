package io.fleetstop;

import static io.fleetstop.ScriptedExchange.error;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.StopInstance;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.context.ContextView;

/** A call ended by its caller, its deadline or the stop signal, in each of its phases. */
class CallPhasesTest {

  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final StopInstance STOP = StopInstance.of("i-1");

  /** The phase in which the call waits, with the delivery known by then. */
  enum Phase {
    WAITING_FOR_A_PERMIT(Delivery.NOT_SENT),
    RESOLVING_CREDENTIALS(Delivery.NOT_SENT),
    ACQUIRING_A_CONNECTION(Delivery.NOT_SENT),
    SENDING(Delivery.UNKNOWN),
    BACKING_OFF(Delivery.REJECTED);

    private final Delivery delivery;

    Phase(Delivery delivery) {
      this.delivery = delivery;
    }
  }

  private final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
  private final Endings endings = new Endings();
  private final Halting halting = new Halting();
  private final Sinks.Empty<Void> end = Sinks.empty();
  private RateLimiter limiter = RateLimiter.unlimited();

  @AfterEach
  void realTime() {
    VirtualTimeScheduler.reset();
  }

  private EcsClient clientHaltingIn(Phase phase) {
    halting.phase = phase;
    return EcsClient.builder()
        .region("cn-beijing")
        .rateLimiter(phase == Phase.WAITING_FOR_A_PERMIT ? exhausted() : RateLimiter.unlimited())
        .credentials(
            phase == Phase.RESOLVING_CREDENTIALS
                ? Mono::never
                : CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
        .retryPolicy(
            RetryPolicy.builder()
                .deadline(DEADLINE)
                .attemptTimeout(Duration.ofSeconds(60))
                .backoff(Category.BUSY, (retry, random) -> Duration.ofSeconds(20))
                .stopRetryingWhen(end.asMono())
                .build())
        .transport(halting)
        .listener(endings)
        .build();
  }

  private RateLimiter exhausted() {
    RateLimiter bucket = RateLimiter.tokenBucket(0.0001, 1);
    bucket.limit(Mono.just(1)).subscribe();
    limiter = bucket;
    return bucket;
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void cancelledCall_sendsNothingMore(Phase phase) {
    Disposable call = clientHaltingIn(phase).stopInstance(STOP).subscribe();
    time.advanceTimeBy(Duration.ofSeconds(5));
    call.dispose();
    int sent = halting.sent.get();
    time.advanceTimeBy(Duration.ofHours(5));
    assertThat(halting.sent).hasValue(sent);
    assertThat(halting.sendLater()).isFalse();
    assertThat(endings.events).containsExactly("cancelled " + phase.delivery);
    assertThat(endings.elapsed).isEqualTo(Duration.ofSeconds(5));
    assertThat(limiter.waiting()).isZero();
    assertThat(halting.running).hasValue(0);
  }

  @Test
  void attemptStartedDuringCancel_isNotSent() {
    Disposable call = clientHaltingIn(Phase.BACKING_OFF).stopInstance(STOP).subscribe();
    // By now the cancelling thread has read the current attempt but not yet stopped the timer.
    endings.whenCancelled = () -> time.advanceTimeBy(DEADLINE.minusSeconds(1));
    call.dispose();
    assertThat(endings.events).containsExactly("cancelled REJECTED");
    assertThat(halting.exchanges).hasValueGreaterThan(1);
    assertThat(halting.sent).hasValue(1);
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void deadline_endsTheCallWithItsLastError(Phase phase) {
    List<Throwable> failures = new ArrayList<>();
    clientHaltingIn(phase).stopInstance(STOP).subscribe(result -> {}, failures::add);
    time.advanceTimeBy(DEADLINE.minusMillis(1));
    assertThat(failures).hasSize(phase == Phase.BACKING_OFF ? 1 : 0);
    time.advanceTimeBy(Duration.ofMillis(1));
    EcsException error = (EcsException) failures.get(0);
    ErrorCode expected =
        switch (phase) {
          case BACKING_OFF -> EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED;
          // It got no permit: the rate is too low for the deadline.
          case WAITING_FOR_A_PERMIT -> ClientErrors.QUEUE_TIMEOUT;
          default -> ClientErrors.DEADLINE_EXCEEDED;
        };
    assertThat(error.errorCode()).isEqualTo(expected);
    assertThat(error.delivery()).isEqualTo(phase.delivery);
    assertThat(error.exhaustedLimit()).isEqualTo(Limit.DEADLINE);
    assertThat(error.action()).isEqualTo("StopInstance");
    assertThat(error.getMessage()).contains("ended by DEADLINE");
    int sent = halting.sent.get();
    time.advanceTimeBy(Duration.ofHours(5));
    assertThat(halting.sent).hasValue(sent);
    assertThat(halting.sendLater()).isFalse();
    assertThat(limiter.waiting()).isZero();
    assertThat(halting.running).hasValue(0);
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void stopSignal_endsWhatIsNotSent(Phase phase) {
    List<Throwable> failures = new ArrayList<>();
    clientHaltingIn(phase).stopInstance(STOP).subscribe(result -> {}, failures::add);
    time.advanceTimeBy(Duration.ofSeconds(5));
    end.tryEmitEmpty();
    if (phase == Phase.SENDING) {
      assertThat(failures).isEmpty();
      halting.answer(error(500, "InternalError"));
    }
    EcsException error = (EcsException) failures.get(0);
    ErrorCode expected =
        switch (phase) {
          case SENDING -> EcsErrors.INTERNAL_ERROR;
          case BACKING_OFF -> EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED;
          default -> ClientErrors.CLOSED;
        };
    assertThat(error.errorCode()).isEqualTo(expected);
    assertThat(error.delivery()).isEqualTo(phase.delivery);
    assertThat(error.exhaustedLimit()).isEqualTo(Limit.CALLER);
    assertThat(error.attempts()).isEqualTo(1);
    assertThat(error.history()).hasSize(1);
    assertThat(endings.failures).hasSize(1);
    int sent = halting.sent.get();
    time.advanceTimeBy(Duration.ofHours(5));
    assertThat(halting.sent).hasValue(sent);
    assertThat(halting.sendLater()).isFalse();
    assertThat(limiter.waiting()).isZero();
    assertThat(halting.running).hasValue(0);
  }

  @Test
  void afterTheStopSignal_nothingIsSent() {
    end.tryEmitEmpty();
    StepVerifier.create(clientHaltingIn(Phase.SENDING).stopInstance(STOP))
        .expectErrorSatisfies(
            error -> assertThat(((EcsException) error).errorCode()).isEqualTo(ClientErrors.CLOSED))
        .verify(Duration.ofSeconds(10));
    assertThat(halting.sent).hasValue(0);
  }

  @Test
  void attemptTimeout_isRetried() {
    AtomicInteger exchanges = new AtomicInteger();
    HttpExchange exchange =
        (request, maySend) ->
            Mono.defer(
                () -> {
                  assertThat(maySend.getAsBoolean()).isTrue();
                  return exchanges.incrementAndGet() == 1
                      ? Mono.never()
                      : ScriptedExchange.accepted();
                });
    List<Object> ends = new ArrayList<>();
    EcsClient.builder()
        .region("cn-beijing")
        .rateLimiter(RateLimiter.unlimited())
        .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
        .retryPolicy(
            RetryPolicy.builder()
                .attemptTimeout(Duration.ofSeconds(3))
                .backoff(Category.NETWORK, (retry, random) -> Duration.ofSeconds(1))
                .build())
        .transport(exchange)
        .listener(endings)
        .build()
        .stopInstance(STOP)
        .subscribe(ends::add, ends::add);
    time.advanceTimeBy(Duration.ofMillis(3_999));
    assertThat(exchanges).hasValue(1);
    time.advanceTimeBy(Duration.ofMillis(1));
    assertThat(ends).containsExactly(new StopInstance.Result("2025-r1", 2));
    assertThat(endings.failures).containsExactly("Client.AttemptTimeout UNKNOWN");
  }

  @Test
  void queueTime_isNotPartOfTheAttemptTimeout() {
    RateLimiter slow = RateLimiter.tokenBucket(0.1, 1);
    slow.limit(Mono.just(1)).subscribe();
    StepVerifier.withVirtualTime(
            () ->
                EcsClient.builder()
                    .region("cn-beijing")
                    .rateLimiter(slow)
                    .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
                    .retryPolicy(
                        RetryPolicy.builder().attemptTimeout(Duration.ofSeconds(1)).build())
                    .transport(ScriptedExchange.answering(ScriptedExchange.accepted()))
                    .build()
                    .stopInstance(STOP),
            () -> time,
            Long.MAX_VALUE)
        .thenAwait(Duration.ofSeconds(10))
        .expectNext(new StopInstance.Result("2025-r1", 1))
        .verifyComplete();
  }

  @Test
  void cancelAfterTheResult_isNoCancelledCall() {
    List<String> ends = new ArrayList<>();
    CallListener listener =
        new CallListener() {
          @Override
          public void callSucceeded(
              String action, int attempts, Duration elapsed, ContextView context) {
            ends.add("succeeded");
          }

          @Override
          public void callCancelled(
              String action, Delivery delivery, Duration elapsed, ContextView context) {
            ends.add("cancelled");
          }
        };
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .rateLimiter(RateLimiter.unlimited())
            .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
            .transport(ScriptedExchange.answering(ScriptedExchange.accepted()))
            .listener(listener)
            .build();
    StepVerifier.create(Flux.just(STOP).flatMap(client::stopInstance).next())
        .expectNextCount(1)
        .verifyComplete();
    assertThat(ends).containsExactly("succeeded");
  }

  @Test
  void errorDuringCancel_isNotLogged() {
    List<Throwable> dropped = new ArrayList<>();
    Hooks.onErrorDropped(dropped::add);
    Disposable.Swap call = Disposables.swap();
    Sinks.One<HttpExchange.Response> reply = Sinks.one();
    CallListener cancelling =
        new CallListener() {
          @Override
          public void attemptFailed(
              String action, int attempt, EcsException failure, ContextView context) {
            call.dispose();
          }
        };
    call.update(
        EcsClient.builder()
            .region("cn-beijing")
            .rateLimiter(RateLimiter.unlimited())
            .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
            .transport((request, maySend) -> reply.asMono())
            .listener(cancelling)
            .build()
            .stopInstance(STOP)
            .subscribe());
    reply.tryEmitError(new IOException("reset"));

    assertThat(dropped).isEmpty();
  }

  @Test
  void throwingListener_doesNotAffectTheCall() {
    CallListener throwing =
        new CallListener() {
          @Override
          public void callStarted(String action, ContextView context) {
            throw new IllegalStateException("a bug of the listener");
          }

          @Override
          public void callSucceeded(
              String action, int attempts, Duration elapsed, ContextView context) {
            throw new IllegalStateException("a bug of the listener");
          }
        };
    List<Throwable> dropped = new ArrayList<>();
    Hooks.onErrorDropped(dropped::add);
    StepVerifier.create(
            EcsClient.builder()
                .region("cn-beijing")
                .rateLimiter(RateLimiter.unlimited())
                .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
                .transport(ScriptedExchange.answering(ScriptedExchange.accepted()))
                .listener(throwing)
                .build()
                .stopInstance(STOP))
        .expectNextCount(1)
        .verifyComplete();
    assertThat(dropped).hasSize(2);
  }

  /** Stops responding in the given phase. */
  private static final class Halting implements HttpExchange {

    private final AtomicInteger exchanges = new AtomicInteger();
    private final AtomicInteger sent = new AtomicInteger();
    private final AtomicInteger running = new AtomicInteger();
    private final Sinks.One<Mono<Response>> reply = Sinks.one();
    private @Nullable BooleanSupplier gate;
    private @Nullable Phase phase;

    @Override
    public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
      return Mono.defer(
              () -> {
                exchanges.incrementAndGet();
                running.incrementAndGet();
                gate = maySend;
                if (phase == Phase.ACQUIRING_A_CONNECTION) {
                  return Mono.never();
                }
                assertThat(maySend.getAsBoolean()).isTrue();
                sent.incrementAndGet();
                return phase == Phase.BACKING_OFF
                    ? error(412, "OperationDenied.ResourceLocked")
                    : reply.asMono().flatMap(answer -> answer);
              })
          .doFinally(signal -> running.decrementAndGet());
    }

    void answer(Mono<Response> answer) {
      reply.tryEmitValue(answer);
    }

    /** Whether a connection that comes too late would still send the request. */
    boolean sendLater() {
      return phase == Phase.ACQUIRING_A_CONNECTION && gate != null && gate.getAsBoolean();
    }
  }

  private static final class Endings implements CallListener {

    private final List<String> events = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private final AtomicBoolean started = new AtomicBoolean();
    private @Nullable Duration elapsed;
    private Runnable whenCancelled = () -> {};

    @Override
    public void callStarted(String action, ContextView context) {
      assertThat(started.getAndSet(true)).isFalse();
    }

    @Override
    public void attemptFailed(
        String action, int attempt, EcsException failure, ContextView context) {
      failures.add(failure.errorCode().code() + " " + failure.delivery());
    }

    @Override
    public void callCancelled(
        String action, Delivery delivery, Duration elapsed, ContextView context) {
      events.add("cancelled " + delivery);
      this.elapsed = elapsed;
      whenCancelled.run();
    }
  }
}

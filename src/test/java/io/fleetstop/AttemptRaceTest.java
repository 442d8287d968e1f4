package io.fleetstop;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.StopInstance;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.HttpExchange.Response;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;
import reactor.util.context.ContextView;

/** Reply, timer, cancellation and stop signal of an attempt race: exactly one terminates it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AttemptRaceTest {

  private static final int ROUNDS = 2_000;
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  /** More threads than racers: two that wait for each other need one thread each. */
  private static final int RACE_THREADS = 16;

  private Scheduler threads = Schedulers.immediate();

  @BeforeAll
  void startThreads() {
    threads = Schedulers.newBoundedElastic(RACE_THREADS, 100, "race");
  }

  @AfterAll
  void stopThreads() {
    threads.dispose();
  }

  @AfterEach
  void realTime() {
    VirtualTimeScheduler.reset();
  }

  /** One call that was sent, and the signals it emitted. */
  private static final class RunningCall implements CallListener {

    private final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    private final Sinks.One<Response> reply = Sinks.one();
    private final Sinks.Empty<Void> end = Sinks.empty();
    private final List<String> emitted = new CopyOnWriteArrayList<>();
    private final List<String> observed = new CopyOnWriteArrayList<>();
    private final List<String> attempts = new CopyOnWriteArrayList<>();
    private final EcsClient client;
    private final Disposable call;

    RunningCall(RateLimiter limiter) {
      this(limiter, null);
    }

    /** Starts the call with the given transport, or with a scripted one if {@code null}. */
    RunningCall(RateLimiter limiter, @Nullable HttpExchange connecting) {
      client =
          EcsClient.builder()
              .region("cn-beijing")
              .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
              .rateLimiter(limiter)
              .maxInFlight(1)
              .transport(
                  connecting == null ? ScriptedExchange.of(number -> reply.asMono()) : connecting)
              .retryPolicy(
                  RetryPolicy.builder()
                      .maxAttempts(1)
                      .attemptTimeout(TIMEOUT)
                      .deadline(TIMEOUT.multipliedBy(2))
                      .stopRetryingWhen(end.asMono())
                      .build())
              .listener(this)
              .build();
      call =
          client
              .stopInstance(StopInstance.of("i-1"))
              .subscribe(
                  result -> emitted.add("accepted"),
                  error -> emitted.add(((EcsException) error).errorCode().code()));
    }

    void accept() {
      reply.tryEmitValue(ScriptedExchange.accepted().block());
    }

    @Override
    public void attemptSucceeded(
        String action, int attempt, int httpStatus, String requestId, ContextView context) {
      attempts.add("accepted");
    }

    @Override
    public void attemptFailed(
        String action, int attempt, EcsException failure, ContextView context) {
      attempts.add(failure.errorCode().code());
    }

    @Override
    public void callSucceeded(String action, int attempts, Duration elapsed, ContextView context) {
      observed.add("accepted");
    }

    @Override
    public void callFailed(
        String action, EcsException failure, Duration elapsed, ContextView context) {
      observed.add(failure.errorCode().code());
    }

    @Override
    public void callCancelled(
        String action, Delivery delivery, Duration elapsed, ContextView context) {
      observed.add("cancelled");
    }
  }

  @Test
  void replyRacingTimer_emitsOneSignal() {
    for (int round = 0; round < ROUNDS; round++) {
      RunningCall running = new RunningCall(RateLimiter.unlimited());
      RaceTestUtils.race(threads, running::accept, () -> running.time.advanceTimeBy(TIMEOUT));
      assertThat(running.emitted)
          .hasSize(1)
          .isEqualTo(running.observed)
          .isEqualTo(running.attempts)
          .isSubsetOf("accepted", ClientErrors.ATTEMPT_TIMEOUT.code());
      assertThat(running.client.gauges().inFlight()).isZero();
      VirtualTimeScheduler.reset();
    }
  }

  @Tag("guarantee:one-end")
  @Test
  void replyAfterTheTimer_isDropped() {
    RunningCall running = new RunningCall(new SlowFeedback(VirtualTimeScheduler.getOrSet()));
    running.accept();

    String timeout = ClientErrors.ATTEMPT_TIMEOUT.code();
    assertThat(running.attempts).containsExactly(timeout);
    assertThat(running.emitted).containsExactly(timeout).isEqualTo(running.observed);
    assertThat(running.client.gauges().inFlight()).isZero();
  }

  /** Its permit takes the whole attempt timeout to process a success. */
  private record SlowFeedback(VirtualTimeScheduler time) implements RateLimiter {

    @Override
    public Mono<Permit> acquire() {
      return Mono.just(
          new Permit() {
            @Override
            public void succeeded() {
              time.advanceTimeBy(TIMEOUT);
            }

            @Override
            public void throttled(@Nullable Duration retryAfter) {}

            @Override
            public void ignored() {}
          });
    }
  }

  @Test
  void replyRacingCancel_isObservedOnce() {
    for (int round = 0; round < ROUNDS; round++) {
      RunningCall running = new RunningCall(RateLimiter.unlimited());
      RaceTestUtils.race(threads, running::accept, running.call::dispose);
      assertThat(running.observed).hasSize(1).isSubsetOf("accepted", "cancelled");
      assertThat(running.client.gauges().inFlight()).isZero();
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void stopSignal_doesNotEndASentRequest() {
    for (int round = 0; round < ROUNDS; round++) {
      RunningCall running = new RunningCall(RateLimiter.unlimited());
      RaceTestUtils.race(threads, running::accept, () -> running.end.tryEmitEmpty());
      assertThat(running.emitted).containsExactly("accepted");
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void connectionRacingStopSignal_isSentOrClosed() {
    for (int round = 0; round < ROUNDS; round++) {
      Connecting connecting = new Connecting();
      RunningCall running = new RunningCall(RateLimiter.unlimited(), connecting);
      RaceTestUtils.race(threads, connecting::connected, () -> running.end.tryEmitEmpty());
      assertThat(running.emitted).isEqualTo(running.observed);
      assertThat(running.emitted)
          .isEqualTo(connecting.sent ? List.of() : List.of(ClientErrors.CLOSED.code()));
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void failureAfterSending_isKeptDespiteStopSignal() {
    Connecting connecting = new Connecting();
    RunningCall running = new RunningCall(RateLimiter.unlimited(), connecting);
    connecting.connected();
    running.end.tryEmitEmpty();

    connecting.loseConnection();

    assertThat(running.emitted).containsExactly(ClientErrors.CONNECTION_LOST.code());
  }

  @Test
  void gateClosedByTheTimer_failsWithTheTimeout() {
    Watched time = new Watched();
    VirtualTimeScheduler.set(time);
    Connecting connecting = new Connecting();
    RunningCall running = new RunningCall(RateLimiter.unlimited(), connecting);
    // The timer reads the clock to find out which limit was exceeded; the gate is closed by then.
    time.whenRead = connecting::connected;

    time.advanceTimeBy(TIMEOUT);

    assertThat(connecting.refused).isTrue();
    assertThat(running.emitted).containsExactly(ClientErrors.ATTEMPT_TIMEOUT.code());
    assertThat(running.observed).isEqualTo(running.emitted);
    assertThat(running.client.gauges().inFlight()).isZero();
  }

  @Test
  void permitRacingDeadlineAndStopSignal_emitsOneSignal() {
    for (int round = 0; round < ROUNDS; round++) {
      RateLimiter limiter = RateLimiter.tokenBucket(0.5, 1);
      limiter.acquire().subscribe();
      RunningCall running = new RunningCall(limiter);
      // The permit is granted at the instant of the deadline.
      RaceTestUtils.race(
          threads,
          () -> running.time.advanceTimeBy(TIMEOUT.multipliedBy(2)),
          () -> running.end.tryEmitEmpty());
      running.accept();
      running.time.advanceTimeBy(TIMEOUT.multipliedBy(10));
      assertThat(running.emitted).hasSize(1).isEqualTo(running.observed);
      assertThat(running.client.gauges().inFlight()).isZero();
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void sentAtTheDeadline_isNotAQueueTimeout() {
    for (int round = 0; round < ROUNDS; round++) {
      Sinks.Empty<Void> permit = Sinks.empty();
      RateLimiter limiter = () -> permit.asMono().then(RateLimiter.unlimited().acquire());
      AtomicBoolean sent = new AtomicBoolean();
      HttpExchange silent =
          (request, maySend) -> {
            sent.set(maySend.getAsBoolean());
            return Mono.never();
          };
      RunningCall running = new RunningCall(limiter, silent);
      running.time.advanceTimeBy(TIMEOUT.multipliedBy(2).minusMillis(1));
      RaceTestUtils.race(
          threads, permit::tryEmitEmpty, () -> running.time.advanceTimeBy(Duration.ofMillis(1)));
      assertThat(running.emitted).hasSize(1).isEqualTo(running.observed);
      if (sent.get()) {
        assertThat(running.emitted).containsExactly(ClientErrors.DEADLINE_EXCEEDED.code());
      }
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void unsentAfterALongQueue_isAQueueTimeout() {
    Sinks.Empty<Void> permit = Sinks.empty();
    RateLimiter limiter = () -> permit.asMono().then(RateLimiter.unlimited().acquire());
    RunningCall running = new RunningCall(limiter, (request, maySend) -> Mono.never());

    running.time.advanceTimeBy(TIMEOUT.multipliedBy(2).minusMillis(1));
    permit.tryEmitEmpty();
    running.time.advanceTimeBy(Duration.ofMillis(1));

    assertThat(running.emitted).containsExactly(ClientErrors.QUEUE_TIMEOUT.code());
    VirtualTimeScheduler.reset();
  }

  /** Waits for a connection, then asks the gate whether to send. */
  private static final class Connecting implements HttpExchange {

    private final Sinks.One<Response> reply = Sinks.one();

    /** Created in advance, so that its construction does not delay the race. */
    private final EcsException refusal =
        EcsException.builder(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT)
            .action("StopInstance")
            .build();

    private BooleanSupplier gate = () -> false;
    private volatile boolean sent;
    private volatile boolean refused;

    @Override
    public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
      gate = maySend;
      return reply.asMono();
    }

    void connected() {
      sent = gate.getAsBoolean();
      refused = !sent;
      if (refused) {
        reply.tryEmitError(refusal);
      }
    }

    void loseConnection() {
      reply.tryEmitError(
          EcsException.builder(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN).build());
    }
  }

  /** A clock that runs an action the first time it is read. */
  private static final class Watched extends VirtualTimeScheduler {

    private @Nullable Runnable whenRead;

    Watched() {
      super(false);
    }

    @Override
    public long now(TimeUnit unit) {
      Runnable emitted = whenRead;
      whenRead = null;
      if (emitted != null) {
        emitted.run();
      }
      return super.now(unit);
    }
  }
}

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

/** The reply of a try, its timer, its caller and the end meet: one of them ends it, and alone. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AttemptRaceTest {

  private static final int ROUNDS = 2_000;
  private static final Duration TIMEOUT = Duration.ofSeconds(1);

  /** Far more than race at once: two that wait for each other must not get one thread. */
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

  /** One call that has been sent, and what was told of it. */
  private static final class Running implements CallListener {

    private final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
    private final Sinks.One<Response> reply = Sinks.one();
    private final Sinks.Empty<Void> end = Sinks.empty();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final List<String> heard = new CopyOnWriteArrayList<>();
    private final List<String> tries = new CopyOnWriteArrayList<>();
    private final EcsClient client;
    private final Disposable call;

    Running(RateLimiter limiter) {
      this(limiter, null);
    }

    /** One whose transport waits for a connection, if it is given. */
    Running(RateLimiter limiter, @Nullable HttpExchange connecting) {
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
                  result -> told.add("accepted"),
                  error -> told.add(((EcsException) error).errorCode().code()));
    }

    void accept() {
      reply.tryEmitValue(ScriptedExchange.accepted().block());
    }

    @Override
    public void attemptSucceeded(
        String action, int attempt, int httpStatus, String requestId, ContextView context) {
      tries.add("accepted");
    }

    @Override
    public void attemptFailed(
        String action, int attempt, EcsException failure, ContextView context) {
      tries.add(failure.errorCode().code());
    }

    @Override
    public void callSucceeded(String action, int attempts, Duration elapsed, ContextView context) {
      heard.add("accepted");
    }

    @Override
    public void callFailed(
        String action, EcsException failure, Duration elapsed, ContextView context) {
      heard.add(failure.errorCode().code());
    }

    @Override
    public void callCancelled(
        String action, Delivery delivery, Duration elapsed, ContextView context) {
      heard.add("cancelled");
    }
  }

  @Test
  void theReplyMeetsTheTimer() {
    for (int round = 0; round < ROUNDS; round++) {
      Running running = new Running(RateLimiter.unlimited());
      RaceTestUtils.race(threads, running::accept, () -> running.time.advanceTimeBy(TIMEOUT));
      assertThat(running.told)
          .hasSize(1)
          .isEqualTo(running.heard)
          .isEqualTo(running.tries)
          .isSubsetOf("accepted", ClientErrors.ATTEMPT_TIMEOUT.code());
      assertThat(running.client.gauges().inFlight()).isZero();
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void aReplyThatIsOnItsWayAsTheTimerEndsTheTryIsTooLate() {
    Running running = new Running(new SlowToHear(VirtualTimeScheduler.getOrSet()));
    running.accept();

    String timeout = ClientErrors.ATTEMPT_TIMEOUT.code();
    assertThat(running.tries).containsExactly(timeout);
    assertThat(running.told).containsExactly(timeout).isEqualTo(running.heard);
    assertThat(running.client.gauges().inFlight()).isZero();
  }

  /** Its permit takes the whole attempt timeout to hear of a success. */
  private record SlowToHear(VirtualTimeScheduler time) implements RateLimiter {

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
  void theReplyMeetsACancel() {
    for (int round = 0; round < ROUNDS; round++) {
      Running running = new Running(RateLimiter.unlimited());
      RaceTestUtils.race(threads, running::accept, running.call::dispose);
      assertThat(running.heard).hasSize(1).isSubsetOf("accepted", "cancelled");
      assertThat(running.client.gauges().inFlight()).isZero();
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void whatIsOnTheWireIsNotEndedByTheEnd() {
    for (int round = 0; round < ROUNDS; round++) {
      Running running = new Running(RateLimiter.unlimited());
      RaceTestUtils.race(threads, running::accept, () -> running.end.tryEmitEmpty());
      assertThat(running.told).containsExactly("accepted");
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void theConnectionMeetsTheEnd() {
    for (int round = 0; round < ROUNDS; round++) {
      Connecting connecting = new Connecting();
      Running running = new Running(RateLimiter.unlimited(), connecting);
      RaceTestUtils.race(threads, connecting::connected, () -> running.end.tryEmitEmpty());
      assertThat(running.told).isEqualTo(running.heard);
      assertThat(running.told)
          .isEqualTo(connecting.isSent ? List.of() : List.of(ClientErrors.CLOSED.code()));
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void whatFailsOnTheWireAfterTheEndIsToldAsItIs() {
    Connecting connecting = new Connecting();
    Running running = new Running(RateLimiter.unlimited(), connecting);
    connecting.connected();
    running.end.tryEmitEmpty();

    connecting.loseConnection();

    assertThat(running.told).containsExactly(ClientErrors.CONNECTION_LOST.code());
  }

  @Test
  void theRefusalOfAGateThatTheTimerClosesIsTheTimers() {
    Watched time = new Watched();
    VirtualTimeScheduler.set(time);
    Connecting connecting = new Connecting();
    Running running = new Running(RateLimiter.unlimited(), connecting);
    // The timer looks at the time to know which limit it is: the gate is closed by then.
    time.whenRead = connecting::connected;

    time.advanceTimeBy(TIMEOUT);

    assertThat(connecting.isRefused).isTrue();
    assertThat(running.told).containsExactly(ClientErrors.ATTEMPT_TIMEOUT.code());
    assertThat(running.heard).isEqualTo(running.told);
    assertThat(running.client.gauges().inFlight()).isZero();
  }

  @Test
  void thePermitMeetsTheDeadlineAndTheEnd() {
    for (int round = 0; round < ROUNDS; round++) {
      RateLimiter limiter = RateLimiter.tokenBucket(0.5, 1);
      limiter.acquire().subscribe();
      Running running = new Running(limiter);
      // The permit is there at the very moment at which the deadline passes.
      RaceTestUtils.race(
          threads,
          () -> running.time.advanceTimeBy(TIMEOUT.multipliedBy(2)),
          () -> running.end.tryEmitEmpty());
      running.accept();
      running.time.advanceTimeBy(TIMEOUT.multipliedBy(10));
      assertThat(running.told).hasSize(1).isEqualTo(running.heard);
      assertThat(running.client.gauges().inFlight()).isZero();
      VirtualTimeScheduler.reset();
    }
  }

  @Test
  void whoeverIsSentAsTheDeadlinePassesDidNotWaitInLineUntilThen() {
    for (int round = 0; round < ROUNDS; round++) {
      Sinks.Empty<Void> turn = Sinks.empty();
      RateLimiter line = () -> turn.asMono().then(RateLimiter.unlimited().acquire());
      AtomicBoolean isSent = new AtomicBoolean();
      HttpExchange silent =
          (request, maySend) -> {
            isSent.set(maySend.getAsBoolean());
            return Mono.never();
          };
      Running running = new Running(line, silent);
      running.time.advanceTimeBy(TIMEOUT.multipliedBy(2).minusMillis(1));
      RaceTestUtils.race(
          threads, turn::tryEmitEmpty, () -> running.time.advanceTimeBy(Duration.ofMillis(1)));
      assertThat(running.told).hasSize(1).isEqualTo(running.heard);
      if (isSent.get()) {
        assertThat(running.told).containsExactly(ClientErrors.DEADLINE_EXCEEDED.code());
      }
      VirtualTimeScheduler.reset();
    }
  }

  /** Waits for a connection, and asks when it is there. */
  private static final class Connecting implements HttpExchange {

    private final Sinks.One<Response> reply = Sinks.one();

    /** Made ahead and named, so that nothing delays it when it races. */
    private final EcsException refusal =
        EcsException.builder(ClientErrors.CONNECT_FAILED, Delivery.NOT_SENT)
            .action("StopInstance")
            .build();

    private BooleanSupplier gate = () -> false;
    private volatile boolean isSent;
    private volatile boolean isRefused;

    @Override
    public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
      gate = maySend;
      return reply.asMono();
    }

    void connected() {
      isSent = gate.getAsBoolean();
      isRefused = !isSent;
      if (isRefused) {
        reply.tryEmitError(refusal);
      }
    }

    void loseConnection() {
      reply.tryEmitError(
          EcsException.builder(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN).build());
    }
  }

  /** A clock that says, once, that it is read. */
  private static final class Watched extends VirtualTimeScheduler {

    private @Nullable Runnable whenRead;

    Watched() {
      super(false);
    }

    @Override
    public long now(TimeUnit unit) {
      Runnable told = whenRead;
      whenRead = null;
      if (told != null) {
        told.run();
      }
      return super.now(unit);
    }
  }
}

package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.ScriptedExchange;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Stopped;
import io.fleetstop.fleet.ShutdownProgress.State;
import io.fleetstop.limit.FixedRateLimiter;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.TokenBucketOptions;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange.Response;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

/** A run that is observed, paused, resumed and drained while it is in progress. */
class ShutdownRunTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** The time of the limiter only: permits are granted when the test advances it. */
  private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

  private final FixedRateLimiter limiter =
      RateLimiter.tokenBucket(TokenBucketOptions.of(10, 1).withScheduler(() -> time));
  private final ShutdownOptions options =
      ShutdownOptions.builder()
          .protectTag("")
          .runId("run")
          .awaitStopped(false)
          .maxInFlight(8)
          .failureLimit(FailureLimit.none())
          .build();
  private final List<ShutdownOutcome> outcomes = new CopyOnWriteArrayList<>();
  private final AtomicBoolean completed = new AtomicBoolean();

  private EcsClient client(ScriptedExchange exchange) {
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
        .rateLimiter(limiter)
        .retryPolicy(
            RetryPolicy.builder()
                .noDeadline()
                .backoff(Category.THROTTLED, (retry, random) -> Duration.ofHours(1))
                .build())
        .transport(exchange)
        .build();
  }

  private static Flux<InstanceId> fleet(int size) {
    return Flux.range(0, size).map(i -> InstanceId.of("i-" + i));
  }

  private ShutdownRun run(ScriptedExchange exchange, int size) {
    return FleetShutdown.create(client(exchange), options).run(fleet(size));
  }

  private Disposable begin(ShutdownRun run) {
    return run.outcomes().doOnComplete(() -> completed.set(true)).subscribe(outcomes::add);
  }

  private static ScriptedExchange accepting() {
    return ScriptedExchange.of(number -> ScriptedExchange.accepted());
  }

  private static ShutdownProgress progress(ShutdownRun run) {
    return Objects.requireNonNull(run.progressUpdates().blockFirst(PATIENCE));
  }

  private void advanceSeconds(int seconds) {
    time.advanceTimeBy(Duration.ofSeconds(seconds));
  }

  @Test
  void pause_withdrawsQueuedCallsAndResumeCallsAll() {
    ScriptedExchange exchange = accepting();
    ShutdownRun run = run(exchange, 100);
    begin(run);
    advanceSeconds(2);
    assertThat(exchange.sent()).hasSize(21);
    run.pause();
    assertThat(limiter.waiting()).isZero();
    assertThat(progress(run).state()).isEqualTo(State.PAUSED);
    assertThat(progress(run).inFlight()).isZero();
    advanceSeconds(60);
    assertThat(exchange.sent()).hasSize(21);
    run.pause();
    run.resume();
    run.resume();
    // One of them got the permit accrued meanwhile and passed its slot on.
    assertThat(exchange.sent()).hasSize(22);
    assertThat(limiter.waiting()).isEqualTo(8);
    advanceSeconds(60);
    assertThat(exchange.sent()).hasSize(100);
    assertThat(outcomes).hasSize(100).allMatch(outcome -> outcome instanceof Accepted);
    assertThat(outcomes).allMatch(outcome -> outcome.stats().attempts() == 1);
    assertThat(completed).isTrue();
  }

  @Test
  void pausedBeforeSubscribe_startsNothing() {
    ScriptedExchange exchange = accepting();
    ShutdownRun run = run(exchange, 10);
    run.pause();
    begin(run);
    advanceSeconds(60);
    assertThat(progress(run).started()).isZero();
    run.resume();
    advanceSeconds(60);
    assertThat(outcomes).hasSize(10);
  }

  @Test
  void pause_doesNotCancelCallsInFlight() {
    Sinks.One<Response> reply = Sinks.one();
    ScriptedExchange exchange = ScriptedExchange.answering(reply.asMono());
    ShutdownRun run = run(exchange, 3);
    begin(run);
    assertThat(exchange.sent()).hasSize(1);
    run.pause();
    assertThat(exchange.cancelled()).isZero();
    reply.tryEmitValue(Objects.requireNonNull(ScriptedExchange.accepted().block()));
    assertThat(outcomes).hasSize(1);
    advanceSeconds(60);
    assertThat(exchange.sent()).hasSize(1);
  }

  @Test
  void pauseDuringBackoff_retriesAfterResume() {
    ScriptedExchange exchange =
        ScriptedExchange.answering(
            ScriptedExchange.error(429, "FlowLimitExceeded"), ScriptedExchange.accepted());
    ShutdownRun run = run(exchange, 1);
    begin(run);
    advanceSeconds(60);
    assertThat(exchange.sent()).hasSize(1);
    run.pause();
    assertThat(outcomes).isEmpty();
    run.resume();
    advanceSeconds(60);
    assertThat(outcomes).hasSize(1).allMatch(outcome -> outcome instanceof Accepted);
    assertThat(outcomes.get(0).stats().attempts()).isEqualTo(2);
    assertThat(exchange.parameter(2, "ClientToken"))
        .isEqualTo(exchange.parameter(1, "ClientToken"));
  }

  @Test
  void pause_doesNotStopPolling() {
    StubClient stub = new StubClient();
    stub.onStop = request -> Mono.just(new StopInstance.Result("req", 1));
    ShutdownOptions waiting =
        options
            .mutate()
            .awaitStopped(true)
            .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(1)))
            .build();
    ShutdownRun run = FleetShutdown.create(stub, waiting).run(fleet(5));
    StepVerifier.create(run.outcomes())
        .then(run::pause)
        .then(() -> stub.called().forEach(id -> stub.states.put(id, "STOPPED")))
        .expectNextMatches(outcome -> outcome instanceof Stopped)
        .expectNextCount(4)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(progress(run).state()).isEqualTo(State.TERMINATED);
  }

  @Test
  void drainWhilePaused_skipsAndCompletes() {
    ScriptedExchange exchange = accepting();
    ShutdownRun run = run(exchange, 5_000);
    begin(run);
    advanceSeconds(2);
    run.pause();
    run.drain();
    assertThat(completed).isTrue();
    assertThat(exchange.sent()).hasSize(21);
    assertThat(outcomes).filteredOn(outcome -> outcome instanceof Accepted).hasSize(21);
    assertThat(outcomes)
        .filteredOn(outcome -> outcome instanceof Skipped)
        .hasSize(options.maxOpen());
  }

  @Test
  void drainBeforeSubscribe_startsNothing() {
    ShutdownRun run = run(accepting(), 10);
    run.drain();
    begin(run);
    assertThat(completed).isTrue();
    assertThat(outcomes).isEmpty();
  }

  @Test
  void cancelWhilePaused_releasesEverything() {
    AtomicBoolean sourceCancelled = new AtomicBoolean();
    ScriptedExchange exchange = accepting();
    ShutdownRun run =
        FleetShutdown.create(client(exchange), options)
            .run(fleet(10_000).doOnCancel(() -> sourceCancelled.set(true)));
    Disposable running = begin(run);
    advanceSeconds(1);
    run.pause();
    running.dispose();
    assertThat(sourceCancelled).isTrue();
    run.resume();
    advanceSeconds(60);
    assertThat(limiter.waiting()).isZero();
    assertThat(exchange.sent()).hasSize(11);
    assertThat(progress(run).state()).isEqualTo(State.TERMINATED);
  }

  @Test
  void cancel_cancelsThePollInProgress() {
    StubClient stub = new StubClient();
    CountDownLatch polling = new CountDownLatch(1);
    CountDownLatch cancelled = new CountDownLatch(1);
    stub.onDescribe =
        ids ->
            Flux.<Instance>never()
                .doOnSubscribe(poll -> polling.countDown())
                .doOnCancel(cancelled::countDown);
    ShutdownOptions waiting =
        options
            .mutate()
            .awaitStopped(true)
            .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(1)))
            .build();

    StepVerifier.create(FleetShutdown.create(stub, waiting).stop(fleet(1)))
        .then(() -> awaitLatch(polling))
        .thenCancel()
        .verify(PATIENCE);

    // The poll may just have started; its cancellation then follows a moment later.
    awaitLatch(cancelled);
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void demandDuringPause_isServedAfterResume() {
    ShutdownRun run = run(accepting(), 1_000);
    StepVerifier.create(run.outcomes(), 0)
        .then(run::pause)
        .thenRequest(50)
        .then(() -> advanceSeconds(60))
        .then(() -> assertThat(progress(run).started()).isZero())
        .then(run::resume)
        .then(() -> advanceSeconds(60))
        .expectNextCount(50)
        .thenCancel()
        .verify(PATIENCE);
  }

  @Test
  void secondSubscriber_isRejected() {
    ShutdownRun run = run(accepting(), 1);
    begin(run);
    advanceSeconds(1);
    StepVerifier.create(run.outcomes()).verifyError(IllegalStateException.class);
    assertThat(completed).isTrue();
  }

  @Test
  void slowProgressSubscriber_getsTheLatest() {
    ShutdownRun run = run(accepting(), 100);
    StepVerifier.create(run.progressUpdates(), 0)
        .thenRequest(1)
        .assertNext(first -> assertThat(first.started()).isZero())
        .then(() -> begin(run))
        .then(() -> advanceSeconds(2))
        .thenAwait(Duration.ofMillis(500))
        .then(() -> advanceSeconds(2))
        .thenRequest(1)
        .assertNext(
            late -> {
              assertThat(late.state()).isEqualTo(State.RUNNING);
              assertThat(late.started()).isEqualTo(100);
              assertThat(late.accepted()).isEqualTo(41).isEqualTo(late.outcomes());
              assertThat(late.open()).isEqualTo(59);
              assertThat(late.inFlight()).isEqualTo(8);
              assertThat(late.failures()).isZero();
            })
        .then(() -> advanceSeconds(60))
        .then(() -> assertThat(completed).isTrue())
        .thenRequest(10)
        .assertNext(last -> assertThat(last.state()).isEqualTo(State.TERMINATED))
        .expectComplete()
        .verify(PATIENCE);
    StepVerifier.create(run.progressUpdates())
        .assertNext(last -> assertThat(last.outcomes()).isEqualTo(100))
        .verifyComplete();
  }

  @Test
  void pauseRacingResumeAndDrain_losesNoOutcome() {
    Scheduler threads = Schedulers.newBoundedElastic(16, 100, "race");
    try {
      for (int round = 0; round < 300; round++) {
        StubClient stub = new StubClient();
        ShutdownRun run = FleetShutdown.create(stub, options).run(fleet(200));
        Sinks.Empty<Void> end = Sinks.empty();
        outcomes.clear();
        Runnable begin =
            () -> run.outcomes().doFinally(signal -> end.tryEmitEmpty()).subscribe(outcomes::add);
        boolean drains = round % 2 == 0;
        RaceTestUtils.race(threads, begin, run::pause, drains ? run::drain : run::resume);
        run.resume();
        end.asMono().block(PATIENCE);
        if (!drains) {
          assertThat(outcomes).hasSize(200);
        }
        assertThat(stub.called()).hasSizeLessThanOrEqualTo(outcomes.size());
        assertThat(progress(run).open()).isZero();
      }
    } finally {
      threads.dispose();
    }
  }
}

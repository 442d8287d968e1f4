package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.EcsClient;
import io.fleetstop.ScriptedExchange;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.retry.RetryPolicy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.test.util.RaceTestUtils;

/** The bound of a client on the open instances of all its runs, in virtual time. */
class OpenInstancesTest {

  private static final Logger LOG = LoggerFactory.getLogger(OpenInstancesTest.class);
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final ShutdownOptions OPTIONS = ShutdownOptions.builder().protectTag("").build();

  private final ExecutorService executor = Executors.newFixedThreadPool(2);
  private final Scheduler threads = Schedulers.fromExecutor(executor);
  private final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
  private final StubClient client = new StubClient();

  /** What a run has emitted. */
  private static final class Run {

    private final ShutdownRun run;
    private final AtomicInteger read = new AtomicInteger();
    private final List<ShutdownOutcome> outcomes = new ArrayList<>();
    private @Nullable Throwable error;
    private boolean completed;
    private final Disposable subscription;

    Run(EcsClient client, ShutdownOptions options, String name, int size) {
      Flux<InstanceId> ids =
          Flux.range(0, size)
              .map(i -> InstanceId.of(name + "-" + i))
              .doOnNext(id -> read.incrementAndGet());
      run = FleetShutdown.create(client, options).run(ids);
      subscription =
          run.outcomes()
              .subscribe(outcomes::add, failure -> error = failure, () -> completed = true);
    }

    boolean ended() {
      return completed || error != null;
    }

    long open() {
      return run.progress().open();
    }
  }

  @AfterEach
  void resetTime() {
    executor.shutdownNow();
    VirtualTimeScheduler.reset();
  }

  private Mono<StopInstance.Result> accept(StopInstance request) {
    client.states.put(request.instanceId().value(), "STOPPING");
    return Mono.just(new StopInstance.Result("req", 1));
  }

  private ConcurrencyLimiter limitTo(int maxOpenInstances) {
    client.openInstances = ConcurrencyLimiter.of(maxOpenInstances);
    return client.openInstances;
  }

  /** A client whose instances are accepted and never stop. */
  private static EcsClient client(int maxOpenInstances) {
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
        .rateLimiter(RateLimiter.unlimited())
        .retryPolicy(RetryPolicy.defaults().mutate().deadline(DEADLINE).build())
        .maxOpenInstances(maxOpenInstances)
        .transport(
            (request, maySend) ->
                Mono.fromSupplier(maySend::getAsBoolean)
                    .filter(sent -> request.uri().getRawQuery().contains("Action=StopInstance"))
                    .flatMap(stop -> ScriptedExchange.accepted())
                    .switchIfEmpty(Mono.never()))
        .build();
  }

  @Tag("guarantee:bounded-memory")
  @Test
  void runs_shareTheBoundAndGetSlotsInTurn() {
    ConcurrencyLimiter open = limitTo(30);
    client.onStop = this::accept;
    Run first = new Run(client, OPTIONS, "a", 100);
    assertThat(first.open()).isEqualTo(30);
    Run second = new Run(client, OPTIONS, "b", 100);
    Run third = new Run(client, OPTIONS, "c", 100);
    assertThat(second.open() + third.open()).isZero();
    assertThat(open.waiting()).isEqualTo(3);
    // Backpressure: one id is read ahead.
    assertThat(first.read.get() + second.read.get() + third.read.get()).isEqualTo(30 + 3);

    client.states.replaceAll((id, state) -> "STOPPED");
    client.states.put("a-0", "STOPPING");
    time.advanceTimeBy(Duration.ofSeconds(3));

    assertThat(first.outcomes).hasSize(29);
    assertThat(open.inFlight()).isEqualTo(30);
    assertThat(List.of(first.open() - 1, second.open(), third.open()))
        .allMatch(share -> share == 9 || share == 10);

    client.onStop = client::stop;
    for (int i = 0; i < 20; i++) {
      client.states.replaceAll((id, state) -> "STOPPED");
      time.advanceTimeBy(Duration.ofSeconds(3));
    }
    for (Run run : List.of(first, second, third)) {
      assertThat(run.completed).isTrue();
      assertThat(run.outcomes).hasSize(100);
    }
    assertThat(open.inFlight()).isZero();
  }

  @Test
  void newRunWithoutSlot_isRefusedAtTheDeadlineOfCalls() {
    EcsClient full = client(2);
    Run first = new Run(full, OPTIONS, "a", 10);
    Run second = new Run(full, OPTIONS, "b", 10);
    time.advanceTimeBy(DEADLINE.minusMillis(1));
    assertThat(second.ended()).isFalse();
    time.advanceTimeBy(Duration.ofMillis(1));

    assertRefused(second, "within 30s");
    assertThat(second.outcomes).isEmpty();
    // The first run waits for further slots as long as it takes.
    assertThat(first.ended()).isFalse();
    assertThat(first.open()).isEqualTo(2);
    first.subscription.dispose();
    assertThat(full.openInstances().inFlight()).isZero();
    assertThat(full.openInstances().waiting()).isZero();
  }

  @Test
  void newRunWithoutSlot_isRefusedAtItsOwnDeadline() {
    EcsClient full = client(2);
    Run first = new Run(full, OPTIONS, "a", 2);
    ShutdownOptions hasty = OPTIONS.mutate().runDeadline(Duration.ofSeconds(5)).build();
    Run second = new Run(full, hasty, "b", 10);
    time.advanceTimeBy(Duration.ofSeconds(5));

    assertRefused(second, "within 5s");
    first.run.drain();
    assertThat(first.completed).isTrue();
    assertThat(full.openInstances().inFlight()).isZero();
  }

  private static void assertRefused(Run run, String detail) {
    assertThat(run.error)
        .isInstanceOfSatisfying(
            EcsException.class,
            error -> {
              assertThat(error.errorCode()).isEqualTo(ClientErrors.TOO_MANY_OPEN_INSTANCES);
              assertThat(error.category()).isEqualTo(Category.LOCAL);
              assertThat(error.delivery()).isEqualTo(Delivery.NOT_SENT);
              assertThat(error.detail())
                  .contains(detail, "have 2 instances open", "maxOpenInstances");
            });
  }

  @Test
  void slotInTime_startsTheRun() {
    EcsClient full = client(2);
    Run first = new Run(full, OPTIONS, "a", 2);
    Run second = new Run(full, OPTIONS, "b", 2);
    time.advanceTimeBy(DEADLINE.minusMillis(1));
    first.run.drain();
    time.advanceTimeBy(DEADLINE.multipliedBy(2));

    assertThat(second.ended()).isFalse();
    assertThat(second.open()).isEqualTo(2);
    second.run.drain();
    assertThat(second.outcomes).hasSize(2);
  }

  @Test
  void drainedWhileWaiting_completesWithoutOutcome() {
    ConcurrencyLimiter open = limitTo(1);
    client.onStop = this::accept;
    Run first = new Run(client, OPTIONS, "a", 1);
    Run second = new Run(client, OPTIONS, "b", 5);
    Run third = new Run(client, OPTIONS, "c", 5);
    second.run.drain();
    third.subscription.dispose();

    assertThat(second.completed).isTrue();
    assertThat(second.outcomes).isEmpty();
    assertThat(open.waiting()).isZero();
    first.subscription.dispose();
    assertThat(open.inFlight()).isZero();
  }

  @Test
  void outcomesThatAreNotTaken_holdNoSlot() {
    ConcurrencyLimiter open = limitTo(5);
    Disposable subscription =
        FleetShutdown.create(client, OPTIONS.mutate().awaitStopped(false).build())
            .stop(Flux.range(0, 100).map(i -> InstanceId.of("i-" + i)))
            .subscribeWith(
                new BaseSubscriber<ShutdownOutcome>() {
                  @Override
                  protected void hookOnSubscribe(Subscription subscription) {
                    subscription.request(1);
                  }
                });
    assertThat(client.calls).hasSize(1 + OPTIONS.maxInFlight());
    assertThat(open.inFlight()).isZero();
    subscription.dispose();
  }

  @Test
  void cancelRacingRelease_leavesNoSlot() {
    client.onStop = this::accept;
    for (int round = 0; round < 2_000; round++) {
      ConcurrencyLimiter open = limitTo(1);
      Run first = new Run(client, OPTIONS, "a", 3);
      Run second = new Run(client, OPTIONS, "b", 3);

      RaceTestUtils.race(threads, first.subscription::dispose, second.subscription::dispose);

      assertThat(open.inFlight()).as("round %d", round).isZero();
      assertThat(open.waiting()).as("round %d", round).isZero();
    }
  }

  @Tag("guarantee:no-leak")
  @Test
  void randomEnds_releaseEachSlot() {
    long seed = Long.getLong("fleetstop.seed", System.nanoTime());
    LOG.info("random ends by -Dfleetstop.seed={}", seed);
    for (int round = 0; round < 200; round++) {
      randomEnds(new Random(seed + round), "round " + round);
    }
  }

  private void randomEnds(Random random, String round) {
    int bound = 1 + random.nextInt(20);
    ConcurrencyLimiter open = limitTo(bound);
    client.states.clear();
    client.onStop = request -> randomReply(random, request);
    List<Run> runs = new ArrayList<>();
    for (int i = 0; i < 2 + random.nextInt(8); i++) {
      ShutdownOptions.Builder options =
          OPTIONS.mutate().maxOpen(1 + random.nextInt(30)).awaitStopped(random.nextBoolean());
      if (random.nextInt(3) == 0) {
        options.runDeadline(Duration.ofSeconds(1 + random.nextInt(60)));
      }
      runs.add(new Run(client, options.build(), "r" + i, random.nextInt(60)));
    }
    for (int step = 0; step < 40; step++) {
      time.advanceTimeBy(Duration.ofMillis(random.nextInt(3_000)));
      assertThat(open.inFlight()).as(round).isLessThanOrEqualTo(bound);
      Run run = runs.get(random.nextInt(runs.size()));
      switch (random.nextInt(8)) {
        case 0 -> run.subscription.dispose();
        case 1 -> run.run.drain();
        case 2 -> run.run.pause();
        case 3 -> run.run.resume();
        default -> client.states.replaceAll((id, state) -> "STOPPED");
      }
    }
    runs.forEach(run -> run.run.resume());
    client.onStop = client::stop;
    for (int step = 0; step < 200; step++) {
      client.states.replaceAll((id, state) -> "STOPPED");
      time.advanceTimeBy(Duration.ofSeconds(30));
    }
    assertThat(runs).as(round).allMatch(run -> run.ended() || run.subscription.isDisposed());
    assertThat(open.inFlight()).as(round).isZero();
    assertThat(open.waiting()).as(round).isZero();
  }

  private Mono<StopInstance.Result> randomReply(Random random, StopInstance request) {
    return switch (random.nextInt(20)) {
      case 0 -> Mono.error(error(GatewayErrors.SIGNATURE_DOES_NOT_MATCH));
      case 1, 2 -> Mono.error(error(EcsErrors.INVALID_INSTANCE_NOT_FOUND));
      case 3, 4 -> Mono.error(error(EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED));
      case 5 -> Mono.error(new IllegalStateException("a defect"));
      case 6, 7, 8 -> Mono.delay(Duration.ofSeconds(random.nextInt(5))).then(accept(request));
      case 9, 10 -> client.stop(request);
      default -> accept(request);
    };
  }

  private static EcsException error(ErrorCode code) {
    return EcsException.builder(code, Delivery.REJECTED).attempts(1).build();
  }

  @Test
  void boundOfZero_isRejected() {
    assertThatThrownBy(() -> EcsClient.builder().maxOpenInstances(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxOpenInstances must be at least 1, was 0");
  }
}

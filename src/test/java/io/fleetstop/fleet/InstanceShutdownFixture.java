package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.fleet.MonoStages.Stage;
import io.fleetstop.fleet.ShutdownOutcome.Skipped;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.poll.AwaitOptions;
import io.fleetstop.poll.StateWaiter;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.context.Context;

/** One instance on its way from its first call to its outcome, in virtual time. */
abstract class InstanceShutdownFixture {

  static final String ID = "i-1";
  static final ErrorCode BUSY = EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED;
  static final Duration POLL = Duration.ofSeconds(1);
  static final Duration DEADLINE = Duration.ofSeconds(30);
  static final Duration STOP_TIMEOUT = Duration.ofMinutes(2);
  static final Duration BUSY_TIMEOUT = Duration.ofSeconds(60);
  static final Duration BUSY_DELAY = Duration.ofSeconds(10);

  final StubClient client = new StubClient();
  final RunState control = new RunState();
  final List<ShutdownOutcome> outcomes = new ArrayList<>();
  final List<ShutdownOutcome> counted = new ArrayList<>();
  final Queue<Mono<StopInstance.Result>> answers = new ArrayDeque<>();
  VirtualTimeScheduler time = VirtualTimeScheduler.create();
  ShutdownOptions options = ShutdownOptions.builder().protectTag("").build();
  int intents;
  int awaited;
  boolean lastWasAwaited;
  Runnable afterCount = () -> {};

  /** A run of one instance. */
  final class Run implements InstanceShutdown.RunContext {

    final StateWaiter waiter =
        StateWaiter.create(
            client.poller(),
            AwaitOptions.builder().pollInterval(POLL).maxPollInterval(POLL).build(),
            control.stopped(),
            Context.empty(),
            Schedulers.parallel());

    @Override
    public <T> Mono<T> withSlot(Supplier<Mono<T>> call) {
      return Mono.defer(call);
    }

    @Override
    public Mono<Void> recordIntent(InstanceId id) {
      return Mono.fromRunnable(() -> intents++);
    }

    @Override
    public boolean isBatched() {
      return false;
    }

    @Override
    public StateWaiter waiter() {
      return waiter;
    }

    @Override
    public Duration callDeadline() {
      return DEADLINE;
    }

    @Override
    public Duration describeTimeout() {
      return options.awaitOptions().timeout();
    }

    @Override
    public void onAccepted() {
      awaited++;
    }

    @Override
    public void onLastCall(InstanceId id) {}

    @Override
    public void onOutcome(ShutdownOutcome outcome, boolean wasAwaited) {
      counted.add(outcome);
      lastWasAwaited = wasAwaited;
      afterCount.run();
    }

    @Override
    public Stage<ShutdownOutcome> finish(ShutdownOutcome outcome) {
      return Stage.result(outcome);
    }

    @Override
    public RunState control() {
      return control;
    }
  }

  @BeforeEach
  void takeOverTime() {
    time = VirtualTimeScheduler.getOrSet();
    time.advanceTimeBy(Duration.ofHours(1));
    options =
        ShutdownOptions.builder()
            .protectTag("")
            .awaitOptions(wait -> wait.timeout(STOP_TIMEOUT))
            .busyTimeout(BUSY_TIMEOUT)
            .busyBackoff((retry, random) -> BUSY_DELAY)
            .build();
    // The last answer stays.
    client.onStop =
        request -> Objects.requireNonNull(answers.size() > 1 ? answers.poll() : answers.peek());
  }

  @AfterEach
  void giveBackTime() {
    VirtualTimeScheduler.reset();
  }

  void begin(boolean wasIntended) {
    StopInstance request = StopInstance.builder(ID).dryRun(options.isDryRun()).build();
    InstanceShutdown stop =
        new InstanceShutdown(
            new Run(),
            options,
            StopSettings.of(options),
            request.instanceId(),
            client
                .stopInstance(request)
                .map(result -> new Acceptance(result.requestId(), result.attempts())),
            wasIntended);
    new MonoStages<>(() -> stop.start(wasIntended), () -> {}).subscribe(outcomes::add);
  }

  ShutdownOutcome stop() {
    return stop(false);
  }

  ShutdownOutcome stop(boolean wasIntended) {
    begin(wasIntended);
    time.advanceTimeBy(Duration.ofMinutes(10));
    return outcome();
  }

  ShutdownOutcome outcome() {
    assertThat(outcomes).hasSize(1).isEqualTo(counted);
    return outcomes.get(0);
  }

  void answer(Mono<StopInstance.Result> answer) {
    answers.add(answer);
  }

  static Mono<StopInstance.Result> accepted() {
    return Mono.just(new StopInstance.Result("req-ok", 1));
  }

  static Mono<StopInstance.Result> refused(ErrorCode code) {
    return Mono.error(error(code, Delivery.REJECTED).requestId("req-no").build());
  }

  static Mono<StopInstance.Result> lost() {
    return Mono.error(error(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN).build());
  }

  static EcsException.Builder error(ErrorCode code, Delivery delivery) {
    return EcsException.builder(code, delivery).attempts(1);
  }

  void shows(String status) {
    client.states.put(ID, status);
  }

  void set(ShutdownOptions.Builder changed) {
    options = changed.build();
  }

  static String reason(ShutdownOutcome outcome) {
    return outcome instanceof Unconfirmed unconfirmed
        ? unconfirmed.reason()
        : ((Skipped) outcome).reason();
  }

  static EcsException errorOf(ShutdownOutcome outcome) {
    return Objects.requireNonNull(outcome.error());
  }

  void cannotBeSeen() {
    client.onDescribe =
        ids -> Flux.error(error(GatewayErrors.ACCESS_DENIED, Delivery.REJECTED).build());
  }
}

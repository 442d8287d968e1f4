package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.MonoStages.Stage;
import io.fleetstop.fleet.RecordedBatches.Member;
import io.fleetstop.fleet.ShutdownProgress.State;
import io.fleetstop.limit.CallFlow;
import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.StateWaiter;
import io.fleetstop.retry.RetryPolicy;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** One run: from the ids to their outcomes. */
final class ShutdownEngine implements InstanceShutdown.RunContext {

  private final ShutdownOptions options;
  private final StopSettings settings;
  private final EcsClient client;
  private final RunState control = new RunState();
  private final RunRecord record;
  private final RunCounters counters = new RunCounters();
  private final Sinks.Empty<Void> aborted = Sinks.empty();
  private final Sinks.Empty<Void> terminated = Sinks.empty();
  private final ConcurrencyLimiter inFlight;
  private final EcsClient stopClient;
  private final RunTokens tokens;
  private final IdSet seen = new IdSet();
  private final DemandGate demand;
  private final OpenSlots slots;
  private final WaveGate waves;
  private final ProtectionCheck protection;
  private final CallFlow flow = CallFlow.create();
  private final AtomicLong emitted = new AtomicLong();
  // One for all instances.
  private final Runnable afterTerminate = this::emitted;
  private final String runId;
  private @Nullable StateWaiter waiter;
  private @Nullable StopBatcher batcher;
  private final Disposable.Composite closing = Disposables.composite();
  private @Nullable Duration callDeadline;
  private ContextView context = Context.empty();
  private volatile boolean done;
  private boolean distinct;

  ShutdownEngine(
      EcsClient client,
      ShutdownOptions options,
      @Nullable ShutdownJournal journal,
      String runId,
      Waves waves,
      InstanceCheck check) {
    this.client = client;
    this.options = options;
    this.settings = StopSettings.of(options);
    this.record = new RunRecord(journal, control::stop);
    this.inFlight = ConcurrencyLimiter.of(options.maxInFlight());
    this.stopClient =
        client.withRetryPolicy(
            policy -> {
              callDeadline = policy.deadline();
              RetryPolicy.Builder changed = policy.mutate().neverRetry(Category.BUSY);
              return (options.operation() == Operation.START
                      ? changed.neverRetry(Category.CAPACITY)
                      : changed)
                  .stopRetryingWhen(control.pausedOrStopped())
                  .build();
            });
    this.distinct = journal != null && journal.isHandingOutIds();
    this.runId = runId;
    this.tokens = new RunTokens(runId, options);
    int prefetch = Math.max(options.maxInFlight(), options.batchSize());
    this.demand = new DemandGate(prefetch, this::mayStart, counters::awaited);
    this.slots = new OpenSlots(client.openInstances(), callDeadline, control::stop);
    this.waves = new WaveGate(waves, options.failureLimit(), waveControl());
    this.protection = new ProtectionCheck(options, client.poller(), check);
  }

  /**
   * Starts the run, once. Its calls have {@code context}, including describe calls. {@code
   * onFallback} is given the reason if batches are wanted and cannot be sent.
   *
   * <p>An id passes in this order: it is dropped if the journal has its outcome or if it was seen
   * before; it waits for demand, for the end of a pause and for its wave; it is stopped as one of
   * at most {@code maxOpen}; its outcome is delivered, which admits the next id.
   */
  Flux<ShutdownOutcome> outcomes(
      Flux<InstanceId> ids, ContextView context, Consumer<String> onFallback) {
    this.context = context;
    closing.add(client.beforeClose(Mono.fromRunnable(this::drain).then(terminated())));
    record.claim();
    Duration runDeadline = options.runDeadline();
    if (runDeadline != null) {
      closing.add(
          Mono.delay(runDeadline, Schedulers.parallel())
              .subscribe(late -> onDeadline(runDeadline)));
    }
    waiter =
        StateWaiter.create(
            client.poller(),
            options.awaitOptions(),
            aborted.asMono(),
            context,
            Schedulers.parallel());
    if (options.batchSize() > 1) {
      startBatches(onFallback);
    }
    return ids.filter(this::isIncomplete)
        .filter(id -> distinct || seen.add(id))
        .transform(DemandGate::requireDemand)
        .concatMapDelayError(this::admit, 0)
        .doOnTerminate(() -> ifBatched(StopBatcher::onAllStarted))
        .takeUntilOther(control.stopped())
        .transform(admitted -> new FluxFlatMapMono<>(admitted, this::shutdown, options.maxOpen()))
        .doOnNext(taken -> demand.onDelivered())
        .doOnRequest(demand::request)
        .concatWith(Mono.defer(this::terminalSignal))
        .doOnCancel(() -> ifBatched(StopBatcher::close))
        .doOnCancel(flow::cancel)
        // Limiters serve the runs round robin.
        .contextWrite(flow::putInto);
  }

  private void startBatches(Consumer<String> onFallback) {
    if (options.isDryRun()) {
      onFallback.accept("StopInstances has no dry run");
      return;
    }
    StopBatcher started =
        new StopBatcher(
            new BatchLane(
                options,
                runId,
                record.before(),
                record::append,
                stopClient,
                inFlight,
                counters,
                control,
                Objects.requireNonNullElse(callDeadline, options.awaitOptions().timeout()),
                flow.putInto(Context.of(context)),
                onFallback),
            options);
    batcher = started;
    closing.add(control.stopped().subscribe(null, null, started::reevaluate));
  }

  private void ifBatched(Consumer<StopBatcher> action) {
    StopBatcher started = batcher;
    if (started != null) {
      action.accept(started);
    }
  }

  private void onDeadline(Duration runDeadline) {
    if (!slots.refuseIfUnserved(runDeadline)) {
      drain();
    }
  }

  private boolean isIncomplete(InstanceId id) {
    Objects.requireNonNull(id, "ids must not emit null");
    return !record.isCompleted(id);
  }

  /** Emits {@code id} when demand, the state of the run and the bound of the client admit it. */
  private Mono<InstanceId> admit(InstanceId id) {
    return new MonoStages<>(
        () -> demand.tryAdmit() ? slots.acquire(id) : Stage.of(demand.admit(id), slots::acquire),
        () -> {});
  }

  private boolean mayStart() {
    if (control.isPaused()) {
      return false;
    }
    // The share of a target in the next wave may be empty.
    while (waves.isFull(demand.admitted())) {
      if (emitted.get() < demand.admitted()
          || !waves.tryAdvance(counters.failures(), counters.outcomes(), context)) {
        return false;
      }
    }
    return true;
  }

  private WaveGate.Control waveControl() {
    return new WaveGate.Control() {
      @Override
      public void onLimitExceeded(String reason) {
        control.stop(StopErrors.budgetExhausted(reason));
      }

      @Override
      public void onRefused(@Nullable Throwable error) {
        control.stop(error);
      }

      @Override
      public void reevaluate() {
        demand.reevaluate();
      }

      @Override
      public Mono<Void> stopped() {
        return Mono.firstWithSignal(control.stopped(), terminated());
      }
    };
  }

  // After the outcome was emitted, so that the next wave follows it.
  private void emitted() {
    emitted.incrementAndGet();
    slots.release();
    if (waves.isFull(demand.admitted())) {
      demand.reevaluate();
    }
  }

  private Mono<ShutdownOutcome> shutdown(InstanceId id) {
    StopBatcher shared = batcher;
    Mono<Acceptance> call = shared == null ? callOf(id) : shared.stop(id);
    boolean mayHaveBeenCalled = record.mayHaveBeenCalled(id);
    counters.onStarted();
    ifBatched(started -> started.set(id, Member.STARTED));
    return new MonoStages<>(
        () ->
            protection.isRequired()
                ? check(id, call, mayHaveBeenCalled)
                : stop(id, call, mayHaveBeenCalled),
        afterTerminate);
  }

  private Stage<ShutdownOutcome> stop(
      InstanceId id, Mono<Acceptance> call, boolean mayHaveBeenCalled) {
    ifBatched(started -> started.set(id, Member.ADMITTED));
    // A dry run needs the answer of the service, whatever the state.
    boolean describeFirst = (mayHaveBeenCalled || record.isIncomplete(id)) && !options.isDryRun();
    return new InstanceShutdown(this, options, settings, id, call, mayHaveBeenCalled)
        .start(describeFirst);
  }

  private Stage<ShutdownOutcome> check(
      InstanceId id, Mono<Acceptance> call, boolean mayHaveBeenCalled) {
    return Stage.of(
        protection
            .check(id, mayHaveBeenCalled)
            .takeUntilOther(control.stopped())
            .doOnNext(kept -> ifBatched(started -> started.set(id, Member.EXCLUDED)))
            .doOnNext(kept -> onOutcome(kept, false))
            .singleOptional(),
        kept -> kept.isPresent() ? finish(kept.get()) : stop(id, call, mayHaveBeenCalled));
  }

  @Override
  public Stage<ShutdownOutcome> finish(ShutdownOutcome outcome) {
    return record.appendOutcome(outcome);
  }

  @Override
  public Mono<Void> recordIntent(InstanceId id) {
    return record.appendIntent(id);
  }

  @Override
  public void onAccepted() {
    counters.onAccepted();
    demand.reevaluate();
  }

  @Override
  public void onLastCall(InstanceId id) {
    ifBatched(started -> started.release(id));
  }

  @Override
  public void onOutcome(ShutdownOutcome outcome, boolean wasAwaited) {
    counters.onOutcome(outcome, wasAwaited);
    EcsException error = outcome.error();
    if (error != null && StopErrors.endsRun(error)) {
      control.stop(error);
    }
    long failures = counters.failures();
    long answered = counters.answered();
    if (options.failureLimit().isExceeded(failures, answered)) {
      control.stop(
          StopErrors.budgetExhausted(
              failures
                  + " of "
                  + answered
                  + " instances called are failed or unconfirmed, more than the limit of "
                  + options.failureLimit()));
    }
  }

  @Override
  public <T> Mono<T> withSlot(Supplier<Mono<T>> call) {
    return inFlight.limit(Mono.defer(call));
  }

  private Mono<Acceptance> callOf(InstanceId id) {
    return counters.inFlight(tokens.call(stopClient, id), 1);
  }

  @Override
  public boolean isBatched() {
    return batcher != null;
  }

  @Override
  public StateWaiter waiter() {
    return Objects.requireNonNull(waiter, "not started");
  }

  @Override
  public @Nullable Duration callDeadline() {
    return callDeadline;
  }

  @Override
  public Duration describeTimeout() {
    return StopSettings.describeTimeout(options.awaitOptions(), callDeadline);
  }

  @Override
  public RunState control() {
    return control;
  }

  /** Starts no further calls. */
  void pause() {
    control.pause();
    ifBatched(StopBatcher::reevaluate);
  }

  void resume() {
    control.resume();
    demand.reevaluate();
  }

  /** Stops the run on request of the caller, and aborts all waits. */
  void drain() {
    try {
      control.stop(null);
    } finally {
      aborted.tryEmitEmpty();
    }
  }

  /** Starts no more instances, and ends with an error after the outcomes of the others. */
  void stop(Throwable why) {
    control.stop(why);
  }

  /** Whether the run was stopped without an error. */
  boolean isDrained() {
    return control.isStopped() && control.reason() == null;
  }

  private Mono<ShutdownOutcome> terminalSignal() {
    Throwable why = control.reason();
    return why == null ? Mono.empty() : Mono.error(why);
  }

  void dispose() {
    done = true;
    ifBatched(StopBatcher::close);
    slots.close();
    closing.dispose();
    terminated.tryEmitEmpty();
  }

  ShutdownProgress progress() {
    return counters.progress(done ? State.TERMINATED : control.state(), waves.number());
  }

  /** Keeps no set of the ids; called before the start. */
  void trustDistinct() {
    distinct = true;
  }

  /** Completes when the run has terminated. */
  Mono<Void> terminated() {
    return terminated.asMono();
  }
}

package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.ShutdownProgress.State;
import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/** One run: from the ids to their outcomes. */
final class ShutdownEngine implements InstanceShutdown.RunContext {

  private final ShutdownOptions options;
  private final @Nullable ShutdownJournal journal;
  private final EcsClient client;
  private final RunControl control = new RunControl();
  private final RunCounters count = new RunCounters();
  private final Sinks.Empty<Void> givenUp = Sinks.empty();
  private final Sinks.Empty<Void> over = Sinks.empty();
  private final ConcurrencyLimiter inFlight;
  private final EcsClient patient;
  private final RunTokens tokens;
  private final IdSet seen = new IdSet();
  private final DemandGate admission;
  private final WaveGate waves;
  private final AtomicLong told = new AtomicLong();
  private @Nullable StopWaiter waiter;
  private volatile boolean isOver;

  ShutdownEngine(
      EcsClient client,
      ShutdownOptions options,
      @Nullable ShutdownJournal journal,
      String runId,
      Waves waves) {
    this.client = client;
    this.options = options;
    this.journal = journal;
    this.inFlight = ConcurrencyLimiter.of(options.maxInFlight());
    this.patient =
        client.withRetryPolicy(
            policy ->
                policy.mutate().neverRetry(Category.BUSY).stopRetryingWhen(control.held()).build());
    this.tokens = new RunTokens(runId, options);
    this.admission = new DemandGate(options.maxInFlight(), this::mayTakeUp);
    this.waves = new WaveGate(waves.ends(), options.failureLimit());
  }

  /** Begins the run; once. Its own calls have {@code context}, as those of the instances do. */
  Flux<ShutdownOutcome> outcomes(Flux<InstanceId> ids, ContextView context) {
    PollInterval interval = new PollInterval(options.pollInterval(), options.maxPollInterval());
    waiter = new StopWaiter(client, interval, givenUp.asMono(), context, Schedulers.parallel());
    return ids.filter(this::isToBeStopped)
        .filter(seen::add)
        .transform(ShutdownEngine::asAskedFor)
        .concatMapDelayError(admission::admit, 0)
        .takeUntilOther(control.ended())
        .flatMapDelayError(this::shutdown, options.maxOpen(), 1)
        .doOnRequest(admission::request)
        .concatWith(Mono.defer(this::conclusion));
  }

  private boolean isToBeStopped(InstanceId id) {
    Objects.requireNonNull(id, "ids must not emit null");
    return journal == null || !journal.isCompleted(id);
  }

  /**
   * Ids that come without having been asked for would be dropped on their way: they end the run
   * instead. Behind the filters, whose sources may offer the next id without being asked again.
   */
  private static Flux<InstanceId> asAskedFor(Flux<InstanceId> ids) {
    AtomicLong open = new AtomicLong();
    return ids.doOnRequest(more -> open.accumulateAndGet(more, Operators::addCap))
        .doOnNext(
            id -> {
              if (open.getAndDecrement() <= 0) {
                throw new IllegalStateException(
                    "ids must emit no more than was requested, emitted " + id + " without demand");
              }
            });
  }

  private boolean mayTakeUp() {
    if (control.isPaused()) {
      return false;
    }
    if (!waves.isFull(admission.admitted())) {
      return true;
    }
    if (told.get() < admission.admitted()) {
      return false;
    }
    String complaint = waves.advance(count.failures(), count.outcomes());
    if (complaint != null) {
      control.end(budgetExhausted(complaint));
    }
    return complaint == null;
  }

  // Not before the outcome is on its way: the next wave comes after it.
  private void told() {
    told.incrementAndGet();
    if (waves.isFull(admission.admitted())) {
      admission.look();
    }
  }

  private Mono<ShutdownOutcome> shutdown(InstanceId id) {
    StopInstance request =
        StopInstance.builder(id)
            .forceStop(options.isForceStop())
            .stoppedMode(options.stoppedMode())
            .dryRun(options.isDryRun())
            .clientToken(tokens.tokenFor(id))
            .build();
    boolean isOpen = journal != null && journal.isIncomplete(id);
    boolean maybeCalled = isOpen && journal != null && !journal.isRejected(id);
    // What is wanted of a dry run is the answer, whatever the state.
    boolean isLookedAtFirst = isOpen && !options.isDryRun();
    count.takeUp();
    Mono<ShutdownOutcome> outcome =
        Mono.defer(
            () ->
                new InstanceShutdown(this, options, request, maybeCalled).outcome(isLookedAtFirst));
    return (journal == null ? outcome : outcome.flatMap(known -> record(journal, known)))
        .doAfterTerminate(this::told);
  }

  // Told all the same when it cannot be written: it is what happened.
  private Mono<ShutdownOutcome> record(ShutdownJournal journal, ShutdownOutcome outcome) {
    return endingOnError(journal.recordOutcome(outcome)).thenReturn(outcome);
  }

  private Mono<Void> endingOnError(Mono<Void> writing) {
    return writing.onErrorResume(
        EcsException.class,
        error -> {
          control.end(error);
          return Mono.empty();
        });
  }

  @Override
  public Mono<Void> intend(InstanceId id) {
    return journal == null ? Mono.empty() : endingOnError(journal.recordIntent(id));
  }

  @Override
  public void countAwaited() {
    count.await();
  }

  @Override
  public void count(ShutdownOutcome outcome, boolean wasAwaited) {
    count.count(outcome, wasAwaited);
    EcsException error = outcome.error();
    if (error != null && isEnding(error)) {
      control.end(error);
    }
    long failures = count.failures();
    long answered = count.answered();
    if (options.failureLimit().isExceeded(failures, answered)) {
      control.end(
          budgetExhausted(
              failures
                  + " of "
                  + answered
                  + " instances called are failed or unconfirmed, more than the limit of "
                  + options.failureLimit()));
    }
  }

  /** Whether whoever is called next would fare no better, or worse. */
  private static boolean isEnding(EcsException error) {
    return error.category() == Category.AUTH || StopErrors.isUnexpectedSuccess(error);
  }

  @Override
  public <T> Mono<T> inTurn(Supplier<Mono<T>> call) {
    return inFlight.limit(Mono.defer(call));
  }

  @Override
  public Mono<StopInstance.Result> stop(StopInstance request) {
    return count.calling(Mono.defer(() -> patient.stopInstance(request)));
  }

  @Override
  public StopWaiter waiter() {
    return Objects.requireNonNull(waiter, "begun");
  }

  @Override
  public RunControl control() {
    return control;
  }

  /** Calls nobody from now on. */
  void pause() {
    control.pause();
  }

  void goOn() {
    control.goOn();
    admission.look();
  }

  /** Ends the run because that is wanted: nobody is waited for any more. */
  void end() {
    try {
      control.end(null);
    } finally {
      givenUp.tryEmitEmpty();
    }
  }

  private static EcsException budgetExhausted(String detail) {
    return EcsException.builder(ClientErrors.FAILURE_BUDGET_EXHAUSTED, Delivery.NOT_SENT)
        .detail(detail)
        .build();
  }

  private Mono<ShutdownOutcome> conclusion() {
    EcsException why = control.reason();
    return why == null ? Mono.empty() : Mono.error(why);
  }

  void dispose() {
    waiter().dispose();
    isOver = true;
    over.tryEmitEmpty();
  }

  ShutdownProgress progress() {
    return count.progress(state(), waves.number());
  }

  private State state() {
    if (isOver) {
      return State.TERMINATED;
    }
    if (control.isEnded()) {
      return State.DRAINING;
    }
    return control.isPaused() ? State.PAUSED : State.RUNNING;
  }

  /** Completes when there is nothing more to come. */
  Mono<Void> over() {
    return over.asMono();
  }
}

package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.context.ContextView;

/** Stops a fleet. Immutable and thread-safe; each subscription to {@link #stop} is a run. */
public final class FleetShutdown {

  private final EcsClient client;
  private final ShutdownOptions options;
  private final @Nullable ShutdownJournal journal;

  // Drawn here rather than for each run, because a secure random source may block.
  private final String ownId = UUID.randomUUID().toString();
  private final AtomicLong runs = new AtomicLong();

  private FleetShutdown(
      EcsClient client, ShutdownOptions options, @Nullable ShutdownJournal journal) {
    this.client = Objects.requireNonNull(client, "client");
    this.options = Objects.requireNonNull(options, "options");
    this.journal = journal;
  }

  /** A shutdown by this client, whose pace and bounds on calls hold for the fleet. */
  public static FleetShutdown create(EcsClient client, ShutdownOptions options) {
    return new FleetShutdown(client, options, null);
  }

  /**
   * A shutdown that keeps a journal, with the options of the journal's run. Instances whose outcome
   * is final in it when it is opened are passed over without an outcome; {@link ShutdownJournal}
   * says what becomes of the others. The journal stays open when the run ends.
   */
  public static FleetShutdown create(EcsClient client, ShutdownJournal journal) {
    return new FleetShutdown(client, journal.options(), journal);
  }

  /**
   * Stops every instance of a stream.
   *
   * <p><strong>Values:</strong> one outcome for each distinct id, in the order in which they are
   * known. A failure is a value. <strong>Start:</strong> at subscription; ids are taken up, and
   * called in their order, as places become free. <strong>Demand:</strong> an instance whose
   * outcome was not taken keeps its place, so that a consumer that stops asking stops the calls.
   * <strong>Cancellation:</strong> takes no more ids and ends the calls in flight; some of those
   * may have been delivered. <strong>Threads:</strong> outcomes arrive on those of the client or on
   * {@code Schedulers.parallel()}.
   *
   * <p><strong>Errors:</strong> that of {@code ids} itself; an {@code EcsException} of category
   * {@code AUTH} when the service does not accept who is calling; one with the code {@code
   * Client.FailureBudgetExhausted} when more failed than {@link ShutdownOptions#failureLimit()}
   * bears; and one with the code {@code Client.JournalFailed} when the journal, if there is one,
   * cannot be written. Each comes after the outcomes of all instances that were taken up; those of
   * them for which nothing was sent yet, or nothing but what was refused and would have been tried
   * again, are {@link ShutdownOutcome.Skipped}.
   *
   * <p><strong>Memory:</strong> bounded by {@link ShutdownOptions#maxOpen()}, but for the set of
   * ids by which duplicates are told, some hundred bytes each.
   */
  public Flux<ShutdownOutcome> stop(Publisher<InstanceId> ids) {
    return stop(ids, Mono.never());
  }

  /**
   * As {@link #stop(Publisher)}, and ends the run early once {@code until} emits, completes or
   * fails. From then on nothing new is sent. Requests on the wire end by themselves, and are not
   * tried again. Instances whose turn had not come are {@link ShutdownOutcome.Skipped} as above;
   * those that have not been seen as stopped are not waited for any more, and are {@link
   * ShutdownOutcome.Unconfirmed}; ids that were not taken up have no outcome. Then the run
   * completes.
   *
   * @param until subscribed to once for each run
   */
  public Flux<ShutdownOutcome> stop(Publisher<InstanceId> ids, Publisher<?> until) {
    return Flux.deferContextual(
        context ->
            Flux.using(
                () -> new Run(context, Flux.from(until)),
                run -> run.outcomes(Flux.from(ids)),
                Run::dispose));
  }

  private String runId() {
    String given = options.runId();
    return given != null ? given : ownId + "-" + runs.incrementAndGet();
  }

  /** One subscription. */
  private final class Run implements InstanceShutdown.Surroundings {

    private final Sinks.Empty<Void> aborted = Sinks.empty();
    private final Sinks.Empty<Void> ended = Sinks.empty();
    private final AtomicBoolean isAborted = new AtomicBoolean();
    private final StopWaiter waiter;
    private final ConcurrencyLimiter inFlight = ConcurrencyLimiter.of(options.maxInFlight());
    private final EcsClient patient =
        client.withRetryPolicy(
            policy -> policy.mutate().leaveToCaller(Category.BUSY).until(aborted.asMono()).build());
    private final RunTokens tokens = new RunTokens(runId(), options);
    private final AtomicLong outcomes = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final Disposable order;
    private volatile @Nullable EcsException fatal;

    Run(ContextView context, Flux<?> until) {
      PollInterval interval = new PollInterval(options.pollInterval(), options.maxPollInterval());
      this.waiter = new StopWaiter(client, interval, ended.asMono(), context);
      this.order = until.next().then().onErrorComplete().subscribe(nothing -> {}, null, this::end);
    }

    Flux<ShutdownOutcome> outcomes(Flux<InstanceId> ids) {
      return ids.filter(id -> journal == null || !journal.isCompleted(id))
          .distinct()
          .takeUntilOther(aborted.asMono())
          .flatMapDelayError(this::shutdown, options.maxOpen(), 1)
          .concatWith(Mono.defer(this::conclusion));
    }

    private Mono<ShutdownOutcome> shutdown(InstanceId id) {
      StopInstance request =
          StopInstance.builder(id)
              .forceStop(options.isForceStop())
              .stoppedMode(options.stoppedMode())
              .dryRun(options.isDryRun())
              .clientToken(tokens.tokenFor(id))
              .build();
      // A dry run has nothing that could be ours.
      boolean isOpen = journal != null && !options.isDryRun() && journal.isOpen(id);
      Mono<ShutdownOutcome> outcome =
          Mono.defer(() -> new InstanceShutdown(this, options, request, isOpen).outcome());
      return journal == null ? outcome : outcome.flatMap(known -> record(journal, known));
    }

    // Told all the same when it cannot be written: it is what happened.
    private Mono<ShutdownOutcome> record(ShutdownJournal journal, ShutdownOutcome outcome) {
      return abortingOnError(journal.record(outcome)).thenReturn(outcome);
    }

    private Mono<Void> abortingOnError(Mono<Void> writing) {
      return writing.onErrorResume(
          EcsException.class,
          error -> {
            abort(error);
            return Mono.empty();
          });
    }

    @Override
    public Mono<Void> intend(InstanceId id) {
      return journal == null ? Mono.empty() : abortingOnError(journal.intend(id));
    }

    @Override
    public void count(ShutdownOutcome outcome) {
      boolean isFailure = outcome instanceof Failed || outcome instanceof Unconfirmed;
      long failed = isFailure ? failures.incrementAndGet() : failures.get();
      long counted = outcomes.incrementAndGet();
      EcsException error = errorOf(outcome);
      if (error != null && error.category() == Category.AUTH) {
        abort(error);
      }
      if (options.failureLimit().isExceeded(failed, counted)) {
        abort(budgetExhausted(failed, counted));
      }
    }

    private static @Nullable EcsException errorOf(ShutdownOutcome outcome) {
      if (outcome instanceof Failed failed) {
        return failed.error();
      }
      return outcome instanceof Unconfirmed unconfirmed ? unconfirmed.error() : null;
    }

    @Override
    public <T> Mono<T> inTurn(Supplier<Mono<T>> call) {
      return inFlight.limit(Mono.defer(call));
    }

    @Override
    public Mono<StopInstance.Result> stop(StopInstance request) {
      return Mono.defer(() -> patient.stopInstance(request));
    }

    @Override
    public StopWaiter waiter() {
      return waiter;
    }

    @Override
    public Mono<Void> aborted() {
      return aborted.asMono();
    }

    @Override
    public boolean isAborted() {
      return isAborted.get();
    }

    private void end() {
      abort(null);
      ended.tryEmitEmpty();
    }

    /** Ends the run; the first reason counts, {@code null} for an end that was wanted. */
    private void abort(@Nullable EcsException why) {
      if (isAborted.compareAndSet(false, true)) {
        fatal = why;
        aborted.tryEmitEmpty();
      }
    }

    private EcsException budgetExhausted(long failures, long outcomes) {
      return EcsException.builder(ClientErrors.FAILURE_BUDGET_EXHAUSTED, Delivery.NOT_SENT)
          .detail(
              failures
                  + " of "
                  + outcomes
                  + " outcomes are failed or unconfirmed, more than the limit of "
                  + options.failureLimit())
          .build();
    }

    private Mono<ShutdownOutcome> conclusion() {
      EcsException why = fatal;
      return why == null ? Mono.empty() : Mono.error(why);
    }

    void dispose() {
      order.dispose();
      waiter.dispose();
    }
  }
}

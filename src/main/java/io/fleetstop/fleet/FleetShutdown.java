package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import io.fleetstop.fleet.ShutdownOutcome.Unconfirmed;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** Stops a fleet. Immutable and thread-safe; each subscription to {@link #stop} is a run. */
public final class FleetShutdown {

  private final EcsClient client;
  private final ShutdownOptions options;

  private FleetShutdown(EcsClient client, ShutdownOptions options) {
    this.client = Objects.requireNonNull(client, "client");
    this.options = Objects.requireNonNull(options, "options");
  }

  /** A shutdown by this client, whose pace and bounds on calls hold for the fleet. */
  public static FleetShutdown create(EcsClient client, ShutdownOptions options) {
    return new FleetShutdown(client, options);
  }

  /**
   * Stops every instance of a stream.
   *
   * <p><strong>Values:</strong> one outcome for each distinct id, in the order in which they are
   * known. A failure is a value. <strong>Start:</strong> at subscription; ids are taken as places
   * become free. <strong>Demand:</strong> an instance whose outcome was not taken keeps its place,
   * so that a consumer that stops asking stops the calls. <strong>Cancellation:</strong> takes no
   * more ids and ends the calls in flight; some of those may have been delivered.
   * <strong>Threads:</strong> outcomes arrive on those of the client or on {@code
   * Schedulers.parallel()}.
   *
   * <p><strong>Errors:</strong> that of {@code ids} itself; an {@code EcsException} of category
   * {@code AUTH} when the service does not accept who is calling; and one with the code {@code
   * Client.FailureBudgetExhausted} when more failed than {@link ShutdownOptions#failureLimit()}
   * bears. Each comes after the outcomes of all instances that were taken up.
   *
   * <p><strong>Memory:</strong> bounded by {@link ShutdownOptions#maxOpen()}, but for the set of
   * ids by which duplicates are told, some hundred bytes each.
   */
  public Flux<ShutdownOutcome> stop(Publisher<InstanceId> ids) {
    return Flux.deferContextual(
        context ->
            Flux.using(
                () -> new Run(new StopWaiter(client, options.pollInterval(), context)),
                run -> run.outcomes(Flux.from(ids)),
                Run::end));
  }

  /** One subscription. */
  private final class Run {

    private final StopWaiter waiter;
    private final RunTokens tokens = new RunTokens(options);
    private final Sinks.Empty<Void> aborted = Sinks.empty();
    private long outcomes;
    private long failures;
    private volatile @Nullable EcsException fatal;

    Run(StopWaiter waiter) {
      this.waiter = waiter;
    }

    Flux<ShutdownOutcome> outcomes(Flux<InstanceId> ids) {
      return ids.distinct()
          .takeUntilOther(aborted.asMono())
          .flatMapDelayError(this::shutdown, options.maxOpen(), 1)
          .doOnNext(this::count)
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
      return Mono.defer(() -> new InstanceShutdown(client, options, waiter, request).run());
    }

    private void count(ShutdownOutcome outcome) {
      outcomes++;
      failures += outcome instanceof Failed || outcome instanceof Unconfirmed ? 1 : 0;
      EcsException error = errorOf(outcome);
      if (error != null && error.category() == Category.AUTH) {
        abort(error);
      }
      if (options.failureLimit().isExceeded(failures, outcomes)) {
        abort(budgetExhausted());
      }
    }

    private static @Nullable EcsException errorOf(ShutdownOutcome outcome) {
      if (outcome instanceof Failed failed) {
        return failed.error();
      }
      return outcome instanceof Unconfirmed unconfirmed ? unconfirmed.error() : null;
    }

    private void abort(EcsException why) {
      if (fatal == null) {
        fatal = why;
        aborted.tryEmitEmpty();
      }
    }

    private EcsException budgetExhausted() {
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

    void end() {
      waiter.dispose();
    }
  }
}

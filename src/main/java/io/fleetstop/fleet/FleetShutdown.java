package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.model.InstanceId;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

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

  /** Creates a shutdown that calls {@code client}, whose limiters also limit the fleet. */
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
   * called in their order, as places become free. <strong>Demand:</strong> drives the calls: no
   * instance is taken up before one is asked for, and no more than were asked for in total and
   * {@link ShutdownOptions#maxInFlight()} beyond. Instances that take a minute to stop are open
   * together only as far as they are asked for, so a consumer in a hurry asks for thousands, or for
   * everything. <strong>Cancellation:</strong> takes no more ids and ends the calls in flight; some
   * of those may have been delivered. <strong>Threads:</strong> outcomes arrive on those of the
   * client, on {@code Schedulers.parallel()} or on the one that asks; instances may be taken up on
   * the one that asks.
   *
   * <p><strong>Errors:</strong> that of {@code ids} itself, or an {@code IllegalStateException}
   * when it emits an id that was not requested, which would be lost; an {@code EcsException} of
   * category {@code AUTH} when the service does not accept who is calling; one with the code {@code
   * Client.UnexpectedSuccess} when it answers a dry run as if it were none, and may have stopped
   * that instance; one with the code {@code Client.FailureBudgetExhausted} when more failed than
   * {@link ShutdownOptions#failureLimit()} bears; and one with the code {@code
   * Client.JournalFailed} when the journal, if there is one, cannot be written. Each comes after
   * the outcomes of all instances that were taken up; those of them for which nothing was sent yet,
   * or nothing but what was refused and would have been tried again, are {@link
   * ShutdownOutcome.Skipped}.
   *
   * <p><strong>Memory:</strong> bounded by {@link ShutdownOptions#maxOpen()}, but for the set of
   * ids by which duplicates are told: 10 bytes and the id itself for each, as a rule about 30.
   */
  public Flux<ShutdownOutcome> stop(Publisher<InstanceId> ids) {
    Objects.requireNonNull(ids, "ids");
    return Flux.defer(() -> run(ids).outcomes());
  }

  /**
   * As {@link #stop(Publisher)}, and ends the run early, as {@link ShutdownRun#drain()} does, once
   * {@code until} emits, completes or fails. Ids that were not taken up by then have no outcome.
   *
   * @param until subscribed to once for each run
   */
  public Flux<ShutdownOutcome> stop(Publisher<InstanceId> ids, Publisher<?> until) {
    Objects.requireNonNull(ids, "ids");
    Mono<Void> order = Flux.from(until).next().then().onErrorComplete();
    return Flux.defer(
        () -> {
          ShutdownRun run = run(ids);
          return Flux.using(
              () -> order.subscribe(nothing -> {}, null, run::drain),
              waiting -> run.outcomes(),
              Disposable::dispose);
        });
  }

  /**
   * As {@link #stop(Publisher)}, for one run that can be observed, paused and drained. Nothing
   * starts before its {@linkplain ShutdownRun#outcomes() outcomes} are subscribed to.
   */
  public ShutdownRun run(Publisher<InstanceId> ids) {
    return run(ids, Waves.none());
  }

  /**
   * As {@link #run(Publisher)}, in waves. A wave begins when all outcomes of the one before are
   * known, and only if {@link ShutdownOptions#failureLimit()} bears the failures of that wave by
   * itself and of all outcomes so far; a share of them counts however few they are. Otherwise the
   * run ends with {@code Client.FailureBudgetExhausted}, which names the wave; the ids of the waves
   * to come have no outcome. Within a wave the limit holds as it does without.
   *
   * @param waves counted over the instances that this run takes up: a run that goes on from a
   *     journal begins with a canary again
   * @throws IllegalArgumentException if a size is in per cent: see {@link Waves#ofFleet}
   */
  public ShutdownRun run(Publisher<InstanceId> ids, Waves waves) {
    return new ShutdownRun(
        Flux.from(ids), new ShutdownEngine(client, options, journal, runId(), waves));
  }

  private String runId() {
    String given = options.runId();
    return given != null ? given : ownId + "-" + runs.incrementAndGet();
  }
}

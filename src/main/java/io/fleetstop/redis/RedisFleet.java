package io.fleetstop.redis;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.JournalEvent;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.model.InstanceId;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A fleet that several processes stop together: the ids and the outcomes are in Redis, and each
 * process takes from them. Thread-safe.
 *
 * <pre>{@code
 * RedisFleet fleet = RedisFleet.of(redis, "night-2026-11-29");
 * Mono<Void> loaded = fleet.load(parameters, ids);
 * Flux<ShutdownOutcome> outcomes = fleet.join(client, ShutdownOptions.defaults()).outcomes();
 * }</pre>
 *
 * <p>An instance is open in one process at a time. Its outcome counts once: when it is taken out of
 * the open instances. A process that is silent for ten seconds loses its instances; another one
 * describes each before it repeats the call, with the same client token, since tokens are derived
 * from the id of the run. Keys begin with <code>fleetstop:{run id}</code>; those of a run that has
 * ended expire after a week.
 */
public final class RedisFleet {

  private static final int PAGE = 1_000;

  private final RunCommands run;
  private final Duration lease;

  private RedisFleet(RunCommands run, Duration lease) {
    this.run = run;
    this.lease = lease;
  }

  /** Returns the fleet of a run, which may exist or not. */
  public static RedisFleet of(RedisConnection redis, String runId) {
    return of(redis, runId, WorkerExchange.LEASE);
  }

  static RedisFleet of(RedisConnection redis, String runId, Duration lease) {
    // Validates the id.
    ShutdownOptions.builder().runId(runId);
    return new RedisFleet(new RunCommands(redis, runId), lease);
  }

  /**
   * Creates the run with these instances, or completes if it has the same parameters. A process
   * that ends while it loads is replaced by the next one that loads the same run.
   *
   * <p>Errors: an {@code IllegalArgumentException} if the run exists with other parameters; the
   * message names the difference.
   *
   * @param ids distinct ids
   */
  public Mono<Void> load(SharedRunParameters parameters, List<InstanceId> ids) {
    return new RunLoader(run, parameters, ids, lease).load();
  }

  /** Returns the status of the run; empty if it does not exist. */
  public Mono<SharedRunStatus> find() {
    return run.call(RunScripts.READ, List.of())
        .filter(reply -> !reply.get(0).equals("gone"))
        .flatMap(run::statusOf);
  }

  /**
   * Returns the part of this process in the run.
   *
   * @param options of this process; those that the run has in common replace them
   * @throws IllegalArgumentException if the options ask for batches, which a shared run has not
   */
  public SharedRun join(EcsClient client, ShutdownOptions options) {
    return join(client, options, fleet -> fleet);
  }

  /**
   * As {@link #join(EcsClient, ShutdownOptions)}, for parameters that were shown to a person: with
   * any other ones in Redis the outcomes fail, and nothing is called.
   */
  public SharedRun join(EcsClient client, ShutdownOptions options, SharedRunParameters agreed) {
    Objects.requireNonNull(agreed, "agreed");
    return join(client, options, fleet -> fleet, new AgreedParameters(agreed));
  }

  /**
   * As {@link #join(EcsClient, ShutdownOptions)}, with listeners for example.
   *
   * @param build changes the fleet of this process; it must not set options or a journal
   */
  public SharedRun join(
      EcsClient client, ShutdownOptions options, UnaryOperator<FleetShutdown.Builder> build) {
    return join(client, options, build, new AgreedParameters(null));
  }

  private SharedRun join(
      EcsClient client,
      ShutdownOptions options,
      UnaryOperator<FleetShutdown.Builder> build,
      AgreedParameters agreed) {
    Objects.requireNonNull(client, "client");
    Objects.requireNonNull(build, "build");
    if (options.batchSize() > 1) {
      throw new IllegalArgumentException(
          "batchSize must be 1 in a shared run, was " + options.batchSize());
    }
    return new SharedRun(run, client, options, build, agreed, lease);
  }

  /** Pauses all processes of the run, within a second; has no effect unless it is running. */
  public Mono<SharedRunStatus> pause() {
    return change("running", "paused", false);
  }

  /**
   * Resumes a run that is paused, was drained or exceeded its failure limit; earlier failures do
   * not count against the limit then.
   */
  public Mono<SharedRunStatus> resume() {
    return change("paused", "running", false)
        .flatMap(paused -> change("draining failed", "running", true));
  }

  /** Drains all processes of the run; what is left stays in Redis and can be resumed. */
  public Mono<SharedRunStatus> drain() {
    return change("loading running paused", "draining", false);
  }

  private Mono<SharedRunStatus> change(String from, String to, boolean forgetFailures) {
    return run.call(RunScripts.CHANGE, List.of(from, to, "", forgetFailures ? "1" : "0"))
        .flatMap(run::statusOf);
  }

  /**
   * Reads the outcomes and the open instances of the run, at most as many of each as the run has
   * instances: {@link #surplus} tells what was not read. Memory: one outcome for each instance.
   *
   * <p>Errors: code {@code Client.JournalFailed} if the run does not exist.
   */
  public Mono<JournaledRun> read() {
    return find()
        .switchIfEmpty(Mono.error(run::gone))
        .flatMap(
            status ->
                events(status)
                    .collectList()
                    .onErrorMap(run.redis()::withoutServerText)
                    .onErrorMap(run::failureOf)
                    .map(
                        events ->
                            JournaledRun.of(
                                status
                                    .parameters()
                                    .appliedTo(ShutdownOptions.defaults(), run.runId()),
                                events,
                                status.workers() > 0)));
  }

  /**
   * Returns the number of outcomes in Redis beyond the instances of the run. Workers write one for
   * each instance: there are more only if something else has written them.
   */
  public Mono<Long> surplus() {
    return find()
        .switchIfEmpty(Mono.error(run::gone))
        .flatMap(
            status ->
                run.redis()
                    .commands()
                    .xlen(run.keys().outcomes())
                    .map(entries -> Math.max(0, entries - status.total())))
        .onErrorMap(run.redis()::withoutServerText)
        .onErrorMap(run::failureOf);
  }

  /** Emits an intent for each open instance that may have been called, and then the outcomes. */
  private Flux<JournalEvent> events(SharedRunStatus status) {
    Instant created = Objects.requireNonNullElse(status.created(), Instant.EPOCH);
    Flux<JournalEvent> outcomes =
        page("-")
            .expand(
                page -> page.size() < PAGE ? Mono.empty() : page("(" + page.get(PAGE - 1).getId()))
            .concatMapIterable(page -> page)
            .take(status.total())
            .map(RedisFleet::event);
    Flux<JournalEvent> intents =
        run.redis()
            .commands()
            .hgetall(run.keys().open())
            .take(status.total())
            .filter(open -> open.getValue().endsWith("c"))
            .map(open -> JournalEvent.intentOf(InstanceId.of(open.getKey()), created));
    return intents.concatWith(outcomes);
  }

  private Mono<List<StreamMessage<String, String>>> page(String from) {
    Range.Boundary<String> first =
        from.startsWith("(")
            ? Range.Boundary.excluding(from.substring(1))
            : Range.Boundary.unbounded();
    return run.redis()
        .commands()
        .xrange(
            run.keys().outcomes(), Range.from(first, Range.Boundary.unbounded()), Limit.from(PAGE))
        .collectList();
  }

  private static JournalEvent event(StreamMessage<String, String> message) {
    String id = message.getId();
    Instant at = Instant.ofEpochMilli(Long.parseLong(id.substring(0, id.indexOf('-'))));
    return JournalEvent.ofCompact(
        Objects.requireNonNull(message.getBody().get(RunCommands.OUTCOME)), at);
  }

  /** The run and its Redis. */
  @Override
  public String toString() {
    return "RedisFleet[" + run.runId() + " at " + run.redis().address() + "]";
  }
}

package io.fleetstop.redis;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.JournalEvent;
import io.fleetstop.redis.ExchangeQueue.Batch;
import io.fleetstop.redis.ExchangeQueue.Entry;
import io.fleetstop.redis.ExchangeQueue.Stored;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * The exchanges of a worker with Redis, one at a time: what was added meanwhile shares the next
 * one. Every half second there is one in any case, which extends the lease. An exchange whose reply
 * is lost is repeated with its number, so that it has its effect once.
 *
 * <p>If Redis has forgotten the worker or what it did, because its lease was taken or writes were
 * lost, the worker registers again with what it has and with the outcomes that are lost.
 */
final class WorkerExchange {

  /** What a worker learns. Called by one thread at a time. */
  interface Listener {

    /** Half a second has passed. */
    void onTick();

    /** Returns the number of ids that the worker wants. */
    int wanted();

    /** Returns the number of instances that the service has accepted and that have no outcome. */
    long awaited();

    void onReply(SharedRunStatus status, List<String> ids, boolean asked);

    /** Others have instances of this worker. */
    void onLost();

    /** Redis has no such run any more, or cannot be used. */
    void onFailure(EcsException error);
  }

  /** How long a worker that is silent keeps its instances. */
  static final Duration LEASE = Duration.ofSeconds(10);

  private static final Duration PERIOD = Duration.ofMillis(500);

  /** How often missing instances are a reason to register again. */
  private static final Duration MISSING_PERIOD = Duration.ofSeconds(2);

  private static final Duration RETRY_LIMIT = Duration.ofMinutes(1);

  /** Shorter, since a person waits for the end of a drained process. */
  private static final Duration DRAIN_RETRY_LIMIT = Duration.ofSeconds(5);

  /** Redis has forgotten the worker again each time: something else changes its keys. */
  private static final int MAX_RECLAIMS = 6;

  private final RunCommands run;
  private final String worker;
  private final Listener listener;
  private final Duration lease;
  private final HeldInstances held = new HeldInstances();
  private final StoredOutcomes stored;
  private final ExchangeQueue queue = new ExchangeQueue();
  private final Disposable.Swap timer = Disposables.swap();
  private boolean sending;
  private boolean due;
  private boolean ended;
  private long number;
  private long sweepAt = Long.MIN_VALUE;
  private volatile long drainLimit = Long.MAX_VALUE;

  // Of the exchange that is on its way.
  private long lastEffect;
  private long reclaimAt = Long.MIN_VALUE;
  private boolean reclaimDue;
  private int reclaims;

  /**
   * Creates the exchanges of a worker.
   *
   * @param stored the last outcomes of this process
   */
  WorkerExchange(
      RunCommands run, String worker, Listener listener, Duration lease, StoredOutcomes stored) {
    this.run = run;
    this.worker = worker;
    this.listener = listener;
    this.lease = lease;
    this.stored = stored;
  }

  /** Starts to exchange. */
  void start() {
    timer.update(
        Flux.interval(Duration.ZERO, PERIOD, Schedulers.parallel())
            .onBackpressureDrop()
            .subscribe(tick -> onTick()));
  }

  private void onTick() {
    listener.onTick();
    synchronized (this) {
      due = true;
    }
    send();
  }

  /** Stores an outcome or an intent. */
  Mono<Stored> store(JournalEvent event) {
    return Mono.create(
        result -> {
          if (queue.add(new Entry(event, result))) {
            send();
          } else {
            result.error(run.failure("its worker has ended", null));
          }
        });
  }

  /** Sends the next exchange if there is something to send and none is on its way. */
  void send() {
    Batch batch = next();
    if (batch != null) {
      attempt(ExchangeScripts.EXCHANGE, arguments(batch))
          .subscribe(reply -> onReply(batch, reply), error -> onError(batch.entries(), error));
    }
  }

  private Mono<List<Object>> attempt(RedisScript script, List<String> arguments) {
    return repeated(run.call(script, arguments));
  }

  /** Repeats a step while Redis is away, but not one that fails because of what Redis has. */
  private <T> Mono<T> repeated(Mono<T> step) {
    long limit = now() + RETRY_LIMIT.toMillis();
    return step.retryWhen(
        Retry.fixedDelay(Long.MAX_VALUE, PERIOD)
            .filter(
                error ->
                    !(error instanceof EcsException)
                        && !isEnded()
                        && now() < Math.min(limit, drainLimit)));
  }

  /** Gives up soon if Redis is away, because the process is drained. */
  void onDrain() {
    drainLimit = Math.min(drainLimit, now() + DRAIN_RETRY_LIMIT.toMillis());
  }

  private static long now() {
    return Schedulers.parallel().now(TimeUnit.MILLISECONDS);
  }

  private synchronized boolean isEnded() {
    return ended;
  }

  private synchronized @Nullable Batch next() {
    if (sending || ended) {
      return null;
    }
    int want = listener.wanted();
    if (!due && want == 0 && queue.isEmpty()) {
      return null;
    }
    sending = true;
    due = false;
    boolean sweep = now() >= sweepAt;
    if (sweep) {
      sweepAt = now() + lease.toMillis();
    }
    return queue.next(++number, want, sweep);
  }

  private List<String> arguments(Batch batch) {
    List<String> arguments = new ArrayList<>();
    arguments.add(worker);
    arguments.add(Long.toString(batch.number()));
    arguments.add(Long.toString(lastEffect));
    arguments.add(Long.toString(lease.toMillis()));
    arguments.add(Long.toString(listener.awaited()));
    batch.addTo(arguments);
    return arguments;
  }

  private void onReply(Batch batch, List<Object> reply) {
    switch (String.valueOf(reply.get(0))) {
      case "ok" -> onStored(batch, reply);
      case "forgotten" -> {
        queue.putBack(batch.entries());
        reclaim();
      }
      default -> onError(batch.entries(), run.gone());
    }
  }

  private void onStored(Batch batch, List<Object> reply) {
    List<?> ids = (List<?>) reply.get(3);
    String flags = String.valueOf(reply.get(2));
    List<Entry> entries = batch.entries();
    if (ids.size() > batch.want() || flags.length() != entries.size()) {
      throw run.damaged();
    }
    if (!ids.isEmpty() || !flags.isEmpty()) {
      lastEffect = batch.number();
    }
    List<Entry> forgotten = new ArrayList<>();
    List<StoredOutcomes.Stored> added = new ArrayList<>();
    for (int i = 0; i < flags.length(); i++) {
      Entry entry = entries.get(i);
      Stored result = Stored.of(flags.charAt(i));
      if (result == Stored.NOT_OWNED && held.has(entry.id())) {
        forgotten.add(entry);
      } else if (!entry.isOutcome() && result == Stored.STORED) {
        held.onIntent(entry.id());
      } else if (entry.isOutcome()) {
        held.remove(entry.id());
        if (result == Stored.STORED) {
          added.add(entry.toOutcome());
        }
      }
    }
    stored.add(String.valueOf(reply.get(4)), added);
    listener.onReply(run.status((List<?>) reply.get(1)), held.take(ids), batch.want() > 0);
    for (int i = 0; i < flags.length(); i++) {
      if (!forgotten.contains(entries.get(i))) {
        entries.get(i).result().success(Stored.of(flags.charAt(i)));
      }
    }
    if (!forgotten.isEmpty()) {
      queue.putBack(forgotten);
      reclaim();
      return;
    }
    reclaims = 0;
    if (reclaimDue) {
      reclaim();
    } else {
      sendNext();
    }
  }

  private void sendNext() {
    synchronized (this) {
      sending = false;
    }
    send();
  }

  /** Requests to register again, since instances of the run are missing in Redis. */
  void onMissing() {
    reclaimDue = now() >= reclaimAt;
  }

  /** Registers again, with what this worker knows; the exchange is still on its way. */
  private void reclaim() {
    if (++reclaims > MAX_RECLAIMS) {
      onError(List.of(), run.damaged());
      return;
    }
    Duration wait = reclaims == 1 ? Duration.ZERO : PERIOD;
    reclaimDue = false;
    long exchange;
    synchronized (this) {
      exchange = ++number;
    }
    Mono.delay(wait, Schedulers.parallel())
        .then(repeated(stored.lost(run)))
        .flatMap(lost -> isEnded() ? Mono.empty() : reclaim(exchange, lost))
        .subscribe(done -> sendNext(), error -> onError(List.of(), error));
  }

  private Mono<Boolean> reclaim(long exchange, List<StoredOutcomes.Stored> lost) {
    List<String> mine = held.toArguments();
    List<String> arguments = new ArrayList<>();
    arguments.add(worker);
    arguments.add(Long.toString(exchange));
    arguments.add(Long.toString(lease.toMillis()));
    arguments.add(Integer.toString(lost.size()));
    arguments.add(Integer.toString(mine.size()));
    lost.forEach(outcome -> outcome.addTo(arguments));
    arguments.addAll(mine);
    return attempt(ExchangeScripts.RECLAIM, arguments)
        .map(
            reply -> {
              onReclaimed(exchange, lost, mine, reply);
              return true;
            });
  }

  private void onReclaimed(
      long exchange, List<StoredOutcomes.Stored> lost, List<String> mine, List<Object> reply) {
    String kind = String.valueOf(reply.get(0));
    if (!kind.equals("ok")) {
      throw kind.equals("loading")
          ? run.failure(
              "Redis has lost the end of its loading: give its instances again, with the same id",
              null)
          : run.gone();
    }
    String flags = String.valueOf(reply.get(1));
    if (flags.length() != lost.size() + mine.size()) {
      throw run.damaged();
    }
    lastEffect = exchange;
    stored.onStoredAgain(lost, i -> flags.charAt(i) == '1', String.valueOf(reply.get(2)));
    boolean refused = false;
    for (int i = 0; i < mine.size(); i++) {
      if (flags.charAt(lost.size() + i) != '1') {
        held.remove(mine.get(i).substring(1));
        refused = true;
      }
    }
    reclaimAt = now() + MISSING_PERIOD.toMillis();
    synchronized (this) {
      due = true;
    }
    if (refused) {
      listener.onLost();
    }
  }

  private void onError(List<Entry> entries, Throwable error) {
    boolean known = isEnded();
    end();
    EcsException failure = run.failureOf(error);
    if (!known) {
      listener.onFailure(failure);
    }
    entries.forEach(entry -> entry.result().error(failure));
    queue.removeAll().forEach(entry -> entry.result().error(failure));
  }

  /** Ends the exchanges and the lease, and completes in any case; again does nothing. */
  Mono<Void> close() {
    return Mono.defer(
        () ->
            end()
                ? run.call(ExchangeScripts.LEAVE, List.of(worker)).onErrorComplete().then()
                : Mono.empty());
  }

  private boolean end() {
    timer.dispose();
    queue.close();
    synchronized (this) {
      boolean first = !ended;
      ended = true;
      return first;
    }
  }
}

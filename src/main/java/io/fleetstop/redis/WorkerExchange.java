package io.fleetstop.redis;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.JournalEvent;
import io.fleetstop.fleet.ShutdownOutcome.Kind;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;
import reactor.util.retry.Retry;

/**
 * The exchanges of a worker with Redis, one at a time: what was added meanwhile shares the next
 * one. Every half second there is one in any case, which extends the lease. An exchange whose reply
 * is lost is repeated with its number, so that it has its effect once.
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

    void onReply(SharedRunStatus status, List<?> ids, boolean asked);

    /** The lease of the worker has expired, and others have its instances. */
    void onLost();

    /** Redis has no such run any more, or cannot be used. */
    void onFailure(EcsException error);
  }

  /** What Redis did with an outcome or an intent. */
  enum Stored {
    STORED,
    /** Another worker has the instance. */
    NOT_OWNED,
    /** An intent was refused because the run exceeded its failure limit. */
    LIMIT_EXCEEDED;

    static Stored of(char digit) {
      return switch (digit) {
        case '1' -> STORED;
        case '2' -> LIMIT_EXCEEDED;
        default -> NOT_OWNED;
      };
    }
  }

  /** How long a worker that is silent keeps its instances. */
  static final Duration LEASE = Duration.ofSeconds(10);

  private static final Duration PERIOD = Duration.ofMillis(500);
  private static final Duration RETRY_LIMIT = Duration.ofMinutes(1);

  /** Shorter, since a person waits for the end of a drained process. */
  private static final Duration DRAIN_RETRY_LIMIT = Duration.ofSeconds(5);

  private static final int MAX_ENTRIES = 256;

  private record Entry(JournalEvent event, MonoSink<Stored> result) {}

  private record Batch(long number, int want, List<Entry> outcomes, List<Entry> intents) {}

  private final RunCommands run;
  private final String worker;
  private final Listener listener;
  private final Duration lease;
  private final Queue<Entry> outcomes = new ArrayDeque<>();
  private final Queue<Entry> intents = new ArrayDeque<>();
  private final Disposable.Swap timer = Disposables.swap();
  private boolean sending;
  private boolean due;
  private boolean ended;
  private long number;
  private volatile long drainLimit = Long.MAX_VALUE;

  WorkerExchange(RunCommands run, String worker, Listener listener, Duration lease) {
    this.run = run;
    this.worker = worker;
    this.listener = listener;
    this.lease = lease;
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
          boolean accepted;
          synchronized (this) {
            accepted = !ended;
            if (accepted) {
              (event.outcome() == null ? intents : outcomes).add(new Entry(event, result));
            }
          }
          if (accepted) {
            send();
          } else {
            result.error(run.failure("its worker has ended", null));
          }
        });
  }

  /** Sends the next exchange if there is something to send and none is on its way. */
  void send() {
    Batch batch = next();
    if (batch == null) {
      return;
    }
    long limit = now() + RETRY_LIMIT.toMillis();
    run.call(RunScripts.EXCHANGE, arguments(batch))
        .retryWhen(
            Retry.fixedDelay(Long.MAX_VALUE, PERIOD)
                .filter(error -> !isEnded() && now() < Math.min(limit, drainLimit)))
        .subscribe(reply -> onReply(batch, reply), error -> onError(batch, error));
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
    if (!due && want == 0 && outcomes.isEmpty() && intents.isEmpty()) {
      return null;
    }
    sending = true;
    due = false;
    return new Batch(++number, want, first(outcomes), first(intents));
  }

  private static List<Entry> first(Queue<Entry> queue) {
    List<Entry> first = new ArrayList<>();
    while (first.size() < MAX_ENTRIES && !queue.isEmpty()) {
      first.add(queue.remove());
    }
    return first;
  }

  private List<String> arguments(Batch batch) {
    List<String> arguments = new ArrayList<>();
    arguments.add(worker);
    arguments.add(Long.toString(batch.number()));
    arguments.add(Long.toString(lease.toMillis()));
    arguments.add(Long.toString(listener.awaited()));
    arguments.add(Integer.toString(batch.want()));
    arguments.add(Integer.toString(batch.outcomes().size()));
    arguments.add(Integer.toString(batch.intents().size()));
    for (Entry entry : batch.outcomes()) {
      Kind kind = Objects.requireNonNull(entry.event().outcome());
      arguments.add(entry.event().instanceIds().get(0).value());
      arguments.add(kind.name());
      arguments.add(entry.event().toCompact());
    }
    for (Entry entry : batch.intents()) {
      arguments.add(entry.event().instanceIds().get(0).value());
    }
    return arguments;
  }

  private void onReply(Batch batch, List<Object> reply) {
    String kind = String.valueOf(reply.get(0));
    if (!kind.equals("ok")) {
      end();
      EcsException error =
          kind.equals("lost")
              ? run.failure(
                  "the lease of this worker has expired, and others have its instances", null)
              : run.gone();
      if (kind.equals("lost")) {
        listener.onLost();
      } else {
        listener.onFailure(error);
      }
      fail(batch, error);
      return;
    }
    List<?> ids = (List<?>) reply.get(3);
    if (ids.size() > batch.want()) {
      throw run.damaged();
    }
    listener.onReply(run.status((List<?>) reply.get(1)), ids, batch.want() > 0);
    String flags = String.valueOf(reply.get(2));
    int at = 0;
    for (Entry entry : batch.outcomes()) {
      entry.result().success(Stored.of(flags.charAt(at++)));
    }
    for (Entry entry : batch.intents()) {
      entry.result().success(Stored.of(flags.charAt(at++)));
    }
    synchronized (this) {
      sending = false;
    }
    send();
  }

  private void onError(Batch batch, Throwable error) {
    boolean known = isEnded();
    end();
    EcsException failure = run.failureOf(error);
    if (!known) {
      listener.onFailure(failure);
    }
    fail(batch, failure);
  }

  private void fail(Batch batch, EcsException error) {
    List<Entry> left = new ArrayList<>(batch.outcomes());
    left.addAll(batch.intents());
    synchronized (this) {
      left.addAll(outcomes);
      left.addAll(intents);
      outcomes.clear();
      intents.clear();
    }
    left.forEach(entry -> entry.result().error(error));
  }

  /** Ends the exchanges and the lease, and completes in any case; again does nothing. */
  Mono<Void> close() {
    return Mono.defer(
        () ->
            end()
                ? run.call(RunScripts.LEAVE, List.of(worker)).onErrorComplete().then()
                : Mono.empty());
  }

  private boolean end() {
    timer.dispose();
    synchronized (this) {
      boolean first = !ended;
      ended = true;
      return first;
    }
  }
}

package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.WaitResult.Aborted;
import io.fleetstop.fleet.WaitResult.PollFailed;
import io.fleetstop.fleet.WaitResult.TimedOut;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.ContextView;

/**
 * Polls waiting instances together: one describe call for up to 100 of them. Each instance has its
 * own {@link PollInterval}; the longest overdue comes first, and a call with room includes
 * instances whose interval is half over. Calls are sequential, so they never queue up at their
 * limiter. Belongs to one run; no timer is scheduled while no instance waits.
 */
final class StopWaiter implements Disposable {

  /** Key of listed instances that were not requested; no instance has this id. */
  private static final String UNREQUESTED = "";

  private final EcsClient client;
  private final PollInterval interval;
  private final Mono<Void> aborted;
  private final ContextView context;
  private final Scheduler scheduler;
  private final Map<InstanceId, PendingInstance> pending = new ConcurrentHashMap<>();
  private final AtomicBoolean polling = new AtomicBoolean();
  private final Sinks.Empty<Void> disposed = Sinks.empty();

  /**
   * Creates a waiter whose calls have {@code context}.
   *
   * @param aborted aborts all waits when it completes
   * @param scheduler supplies the time
   */
  StopWaiter(
      EcsClient client,
      PollInterval interval,
      Mono<Void> aborted,
      ContextView context,
      Scheduler scheduler) {
    this.client = client;
    this.interval = interval;
    this.aborted = aborted;
    this.context = context;
    this.scheduler = scheduler;
  }

  /**
   * Waits until a poll shows the instance in a state that ends the wait, or the wait cannot succeed
   * any more. The first poll comes after at most one poll interval. Never emits an error.
   */
  Mono<WaitResult> await(InstanceId id, Predicate<State> ends, Duration timeout) {
    return Mono.defer(
        () -> {
          PendingInstance waiting = new PendingInstance(id, ends);
          Mono<WaitResult> result =
              Mono.<WaitResult>create(sink -> start(waiting, sink))
                  .timeout(
                      timeout,
                      Mono.fromSupplier(() -> new TimedOut(waiting.lastStatus())),
                      scheduler);
          return Mono.firstWithSignal(
              aborted.then(Mono.fromSupplier(() -> new Aborted(waiting.lastStatus()))), result);
        });
  }

  private void start(PendingInstance waiting, MonoSink<WaitResult> sink) {
    waiting.start(sink, interval, now());
    pending.put(waiting.id(), waiting);
    sink.onDispose(() -> pending.remove(waiting.id(), waiting));
    poll();
  }

  @Override
  public void dispose() {
    disposed.tryEmitEmpty();
    pending.clear();
  }

  private void poll() {
    if (polling.compareAndSet(false, true)) {
      Mono.defer(() -> Mono.delay(untilDue(), scheduler))
          .thenMany(Flux.defer(this::pollDue))
          .repeat(() -> !pending.isEmpty())
          .doOnComplete(this::idle)
          .contextWrite(context)
          .takeUntilOther(disposed.asMono())
          .subscribe(nothing -> {}, this::failAll);
    }
  }

  private void idle() {
    polling.set(false);
    if (!pending.isEmpty()) {
      poll();
    }
  }

  /** Fails all waits: the poll loop itself has failed, for example by a scheduler shutdown. */
  private void failAll(Throwable failure) {
    polling.set(false);
    WaitResult unobservable = new PollFailed(asEcsException("DescribeInstances", failure));
    pending.values().forEach(waiting -> waiting.complete(unobservable));
  }

  // At most the minimum interval: an instance added meanwhile is not due earlier.
  private Duration untilDue() {
    long now = now();
    long nanos = interval.min().toNanos();
    for (PendingInstance waiting : pending.values()) {
      nanos = Math.min(nanos, waiting.dueNanos() - now);
    }
    return Duration.ofNanos(Math.max(0, nanos));
  }

  private Flux<Void> pollDue() {
    long now = now();
    List<PendingInstance> next =
        pending.values().stream()
            .filter(waiting -> waiting.isEligible(now))
            .sorted(Comparator.comparingLong(waiting -> waiting.dueNanos() - now))
            .limit(DescribeInstances.MAX_PAGE)
            .toList();
    boolean due = !next.isEmpty() && next.get(0).dueNanos() - now <= 0;
    return due ? describe(next) : Flux.empty();
  }

  private Flux<Void> describe(List<PendingInstance> watched) {
    List<InstanceId> ids = watched.stream().map(PendingInstance::id).toList();
    Set<String> asked = ids.stream().map(InstanceId::value).collect(Collectors.toSet());
    return Flux.defer(
            () -> {
              Map<String, Instance> seen = new HashMap<>();
              return client
                  .describeInstances(DescribeInstances.ofIds(ids))
                  .doOnNext(
                      instance -> {
                        String id = instance.instanceId();
                        seen.put(asked.contains(id) ? id : UNREQUESTED, instance);
                      })
                  .takeUntil(instance -> seen.keySet().containsAll(asked))
                  .thenMany(Flux.<Void>empty())
                  .doOnComplete(() -> onPolled(watched, seen));
            })
        .onErrorResume(error -> onPollFailed(watched, asEcsException("DescribeInstances", error)));
  }

  private void onPolled(List<PendingInstance> watched, Map<String, Instance> seen) {
    long now = now();
    // If the page lists instances that were not requested, a missing one may still exist.
    boolean onlyRequested = !seen.containsKey(UNREQUESTED);
    for (PendingInstance waiting : watched) {
      Instance instance = seen.get(waiting.id().value());
      if (instance != null || onlyRequested) {
        waiting.onPolled(instance, now);
      }
      waiting.planNext(interval, now);
    }
  }

  private Flux<Void> onPollFailed(List<PendingInstance> watched, EcsException error) {
    boolean oneIdMayBeInvalid =
        error.category() == Category.REQUEST || error.category() == Category.NOT_FOUND;
    if (oneIdMayBeInvalid && watched.size() > 1) {
      // One invalid id must not hide the others: bisect.
      int half = watched.size() / 2;
      return Flux.concat(
          describe(watched.subList(0, half)), describe(watched.subList(half, watched.size())));
    }
    long now = now();
    for (PendingInstance waiting : watched) {
      waiting.onPollFailed(error, now);
      waiting.planNext(interval, now);
    }
    return Flux.empty();
  }

  private long now() {
    return scheduler.now(TimeUnit.NANOSECONDS);
  }

  /** Converts an error of a custom client. */
  static EcsException asEcsException(String action, Throwable failure) {
    EcsException error = EcsExceptions.of(failure, Delivery.UNKNOWN);
    return error.action() == null ? error.mutate().action(action).build() : error;
  }
}

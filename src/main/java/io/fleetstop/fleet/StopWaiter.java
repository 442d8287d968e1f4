package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.fleet.Sighting.GivenUp;
import io.fleetstop.fleet.Sighting.TimedOut;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/**
 * Looks at all waiting instances together: one describe call for up to 100 of them, round after
 * round, instead of one call for each. Belongs to one run; no timer is armed while nobody waits.
 */
final class StopWaiter implements Disposable {

  private final EcsClient client;
  private final Duration pollInterval;
  private final Mono<Void> ended;
  private final ContextView context;
  private final Map<InstanceId, Watch> watches = new ConcurrentHashMap<>();
  private final AtomicBoolean polling = new AtomicBoolean();
  private final Disposable.Swap rounds = Disposables.swap();

  /**
   * A waiter whose own calls have {@code context}, as those of the run do.
   *
   * @param ended completes when nobody is to wait any more
   */
  StopWaiter(EcsClient client, Duration pollInterval, Mono<Void> ended, ContextView context) {
    this.client = client;
    this.pollInterval = pollInterval;
    this.ended = ended;
    this.context = context;
  }

  /**
   * Waits until a look shows the instance in a state that ends the wait, or nothing more can come
   * of it. The first look comes after one poll interval. Never an error.
   */
  Mono<Sighting> await(InstanceId id, Predicate<State> ends, Duration timeout) {
    return Mono.defer(
        () -> {
          Watch watch = new Watch(id, ends);
          Mono<Sighting> sighting =
              Mono.<Sighting>create(sink -> begin(watch, sink))
                  .timeout(
                      timeout,
                      Mono.fromSupplier(() -> new TimedOut(watch.lastStatus())),
                      Schedulers.parallel());
          return Mono.firstWithSignal(
              ended.then(Mono.fromSupplier(() -> new GivenUp(watch.lastStatus()))), sighting);
        });
  }

  private void begin(Watch watch, MonoSink<Sighting> sink) {
    watch.tell(sink);
    watches.put(watch.id(), watch);
    sink.onDispose(() -> watches.remove(watch.id(), watch));
    poll();
  }

  @Override
  public void dispose() {
    rounds.dispose();
    watches.clear();
  }

  private void poll() {
    if (polling.compareAndSet(false, true)) {
      rounds.replace(
          Mono.delay(pollInterval)
              .thenMany(Flux.defer(this::round))
              .doOnTerminate(this::next)
              .contextWrite(context)
              .subscribe());
    }
  }

  private void next() {
    polling.set(false);
    if (!watches.isEmpty()) {
      poll();
    }
  }

  private Flux<Void> round() {
    return Flux.fromIterable(List.copyOf(watches.values()))
        .buffer(DescribeInstances.MAX_PAGE)
        .concatMap(this::look);
  }

  private Flux<Void> look(List<Watch> watched) {
    List<InstanceId> ids = watched.stream().map(Watch::id).toList();
    return Flux.defer(() -> client.describeInstances(DescribeInstances.ofIds(ids)))
        .take(ids.size())
        .collect(Collectors.toMap(Instance::instanceId, Function.identity(), (a, b) -> b))
        .doOnNext(seen -> watched.forEach(watch -> watch.look(seen.get(watch.id().value()))))
        .thenMany(Flux.<Void>empty())
        .onErrorResume(error -> failed(watched, asEcsException("DescribeInstances", error)));
  }

  private Flux<Void> failed(List<Watch> watched, EcsException error) {
    boolean mayBeOneOfThem =
        error.category() == Category.REQUEST || error.category() == Category.NOT_FOUND;
    if (mayBeOneOfThem && watched.size() > 1) {
      // One id that the service does not take must not hide the others.
      int half = watched.size() / 2;
      return Flux.concat(
          look(watched.subList(0, half)), look(watched.subList(half, watched.size())));
    }
    watched.forEach(watch -> watch.failed(error));
    return Flux.empty();
  }

  /** What a client that the user wrote may signal, in our terms. */
  static EcsException asEcsException(String action, Throwable failure) {
    return failure instanceof EcsException error
        ? error
        : EcsException.builder(ClientErrors.UNEXPECTED_FAILURE, Delivery.UNKNOWN)
            .action(action)
            .detail(ClientErrors.UNEXPECTED_FAILURE.meaning() + " " + failure.getClass().getName())
            .cause(failure)
            .build();
  }
}

package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.WaitResult.Aborted;
import io.fleetstop.fleet.WaitResult.TimedOut;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.InstancePoller;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.ContextView;

/**
 * The waits of one run. The polls are those of the client: its {@link InstancePoller} serves all
 * runs together. Each instance has its own {@link PollInterval}.
 */
final class StopWaiter {

  private final InstancePoller poller;
  private final PollInterval interval;
  private final Mono<Void> aborted;
  private final ContextView context;
  private final Scheduler scheduler;

  /**
   * Creates a waiter.
   *
   * @param aborted aborts all waits when it completes
   * @param context the context of a call that an instance of this run is the first to need
   * @param scheduler supplies the time
   */
  StopWaiter(
      EcsClient client,
      PollInterval interval,
      Mono<Void> aborted,
      ContextView context,
      Scheduler scheduler) {
    this.poller = client.poller();
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
          WaitingInstance waiting = new WaitingInstance(id, ends, interval, context);
          Mono<WaitResult> result =
              Mono.<WaitResult>create(
                      sink -> {
                        waiting.start(sink, scheduler.now(TimeUnit.NANOSECONDS));
                        Disposable unused = poller.add(waiting, sink::onDispose);
                      })
                  .timeout(
                      timeout,
                      Mono.fromSupplier(() -> new TimedOut(timeout, waiting.lastStatus())),
                      scheduler);
          return Mono.firstWithSignal(
              aborted.then(Mono.fromSupplier(() -> new Aborted(waiting.lastStatus()))), result);
        });
  }
}

package io.fleetstop.spring;

import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Drains the runs of the application's {@code FleetShutdown} and {@code FleetStart} beans when the
 * application stops: nothing new is sent, calls in flight finish, and every subscriber gets its
 * outcomes. Blocks no thread.
 */
final class FleetDrain implements SmartLifecycle {

  /**
   * Earlier than web servers, which stop 1,024 and 2,048 below the default phase: a run that is
   * streamed by a response would continue to send while the server waits for that response.
   */
  static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 512;

  private static final Logger LOG = LoggerFactory.getLogger(FleetDrain.class);

  /** A fleet, whatever it does. */
  record Fleet(Supplier<Mono<Void>> drain, Runnable reopen) {

    static Fleet of(FleetShutdown fleet) {
      return new Fleet(fleet::drain, fleet::reopen);
    }

    static Fleet of(FleetStart fleet) {
      return new Fleet(fleet::drain, fleet::reopen);
    }
  }

  private final Supplier<List<Fleet>> fleets;
  private final Duration timeout;
  private volatile List<Fleet> started = List.of();
  private volatile boolean running;
  private volatile boolean stopping;

  FleetDrain(Supplier<List<Fleet>> fleets, Duration timeout) {
    this.fleets = fleets;
    this.timeout = timeout;
  }

  /** Whether the application is stopping, so that runs end early. */
  boolean isStopping() {
    return stopping;
  }

  @Override
  public void start() {
    started = fleets.get();
    started.forEach(fleet -> fleet.reopen().run()); // a context may be stopped and started again
    running = true;
    stopping = false;
  }

  @Override
  public void stop() {
    stop(() -> {});
  }

  /** Calls back when every run has terminated or the timeout has elapsed. */
  @Override
  public void stop(Runnable callback) {
    stopping = true;
    running = false;
    Flux.fromIterable(started)
        .flatMap(fleet -> fleet.drain().get(), Integer.MAX_VALUE)
        .then()
        .timeout(timeout, Mono.fromRunnable(this::logUnfinishedRuns))
        .doFinally(signal -> callback.run())
        .subscribe();
  }

  private void logUnfinishedRuns() {
    LOG.warn(
        "Not every run has delivered its outcomes {} after the application began to stop; the rest"
            + " is lost unless a journal has it: raise fleetstop.close-timeout, and let subscribers"
            + " take outcomes faster",
        timeout);
  }

  @Override
  public boolean isRunning() {
    return running;
  }

  @Override
  public int getPhase() {
    return PHASE;
  }
}

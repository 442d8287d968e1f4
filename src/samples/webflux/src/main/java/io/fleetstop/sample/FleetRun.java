package io.fleetstop.sample;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.OutcomeJson;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownProgress;
import io.fleetstop.fleet.ShutdownProgress.State;
import io.fleetstop.fleet.ShutdownRun;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.codec.ServerSentEvent;
import reactor.core.publisher.ConnectableFlux;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * A run that the server owns, with its outcomes so far. Any number of clients observe it, at any
 * time. The memory for it grows with the number of its instances.
 */
final class FleetRun {

  private static final Logger LOG = LoggerFactory.getLogger(FleetRun.class);
  private static final Duration RECONNECT = Duration.ofSeconds(1);
  private static final Duration BATCH = Duration.ofMillis(100);
  private static final int BATCH_SIZE = 1_000;

  private final String name;
  private final List<InstanceId> ids;
  private final List<OutcomeJson> earlier;
  private final ShutdownRun run;
  private final DoubleSupplier rate;
  private final boolean resumed;
  private final ConnectableFlux<ShutdownOutcome> outcomes;
  private final Sinks.Empty<Void> closed = Sinks.empty();
  private volatile boolean interrupted;

  /**
   * What a list shows of a run.
   *
   * @param name the name of the run
   * @param instances the number of its instances
   * @param state its state
   */
  record Summary(String name, int instances, State state) {}

  /** The first event of a run. */
  private record Begin(String name, List<String> ids, List<OutcomeJson> earlier, boolean resumed) {}

  /** The progress of a run and the calls per second that it may make now. */
  private record Progress(ShutdownProgress counts, double callsPerSecond) {}

  /** Why a run ended. */
  private record End(String reason, @Nullable String message) {}

  /**
   * Creates a run that has not started.
   *
   * @param ids all instances, those with an earlier outcome included
   * @param earlier the outcomes from before a restart of the server
   * @param resumed whether an earlier process has started it; it is paused then
   * @param rate the calls per second that the client may make now
   */
  FleetRun(
      String name,
      List<InstanceId> ids,
      List<OutcomeJson> earlier,
      ShutdownRun run,
      boolean resumed,
      DoubleSupplier rate) {
    this.name = name;
    this.ids = ids;
    this.earlier = earlier;
    this.run = run;
    this.rate = rate;
    this.resumed = resumed;
    this.outcomes = run.outcomes().replay();
  }

  /** Starts the run, whether a client listens or not. */
  void start() {
    pause(resumed);
    outcomes.connect();
  }

  /** Drains the run because the process ends; the next process resumes it. */
  void interrupt() {
    if (!isTerminated()) {
      interrupted = true;
      run.drain();
    }
  }

  /** Whether the process ended before the run did. */
  boolean isInterrupted() {
    return interrupted;
  }

  /** Records that the files of the run are closed. */
  void markClosed() {
    closed.tryEmitEmpty();
  }

  /** Completes once the run has ended and its files are closed. */
  Mono<Void> closed() {
    return closed.asMono();
  }

  /** Completes with the run, also if it ends with an error. */
  Mono<Void> terminated() {
    return outcomes.then().onErrorComplete();
  }

  String name() {
    return name;
  }

  boolean isTerminated() {
    return run.progress().state() == State.TERMINATED;
  }

  void pause(boolean paused) {
    if (paused) {
      run.pause();
    } else {
      run.resume();
    }
  }

  void drain() {
    run.drain();
  }

  Summary summary() {
    return new Summary(name, ids.size(), run.progress().state());
  }

  /** Returns the outcomes since the server started, from the first one on. */
  Flux<ShutdownOutcome> outcomes() {
    return outcomes;
  }

  /** Returns the whole run as events: begin, outcomes in batches, progress, and the end. */
  Flux<ServerSentEvent<Object>> events() {
    List<String> names = ids.stream().map(InstanceId::value).toList();
    Flux<ServerSentEvent<Object>> begin =
        Flux.just(event("begin", new Begin(name, names, earlier, resumed)));
    Flux<ServerSentEvent<Object>> batches =
        outcomes
            .map(ShutdownOutcome::toJson)
            .onErrorComplete()
            .bufferTimeout(BATCH_SIZE, BATCH, true)
            .map(batch -> event("outcomes", batch));
    Flux<ServerSentEvent<Object>> progress =
        run.progressUpdates().map(now -> event("progress", new Progress(now, rate.getAsDouble())));
    Mono<ServerSentEvent<Object>> end =
        outcomes
            .then(Mono.fromSupplier(() -> new End("COMPLETED", null)))
            .onErrorResume(error -> Mono.just(end(error)))
            // Without it the browser connects again, and finds the run in the next process.
            .filter(last -> !interrupted)
            .map(last -> event("end", last));
    return Flux.concat(begin, Flux.merge(batches, progress), end);
  }

  private static End end(Throwable error) {
    if (error instanceof EcsException failure) {
      return new End(failure.errorCode().code(), failure.reason());
    }
    LOG.error("A run ended with an unexpected error", error);
    return new End("FAILED", "The run ended with an unexpected error; see the server's log");
  }

  private static ServerSentEvent<Object> event(String name, Object data) {
    return ServerSentEvent.builder(data).event(name).retry(RECONNECT).build();
  }
}

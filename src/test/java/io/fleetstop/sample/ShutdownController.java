package io.fleetstop.sample;

import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownProgress;
import io.fleetstop.fleet.ShutdownRun;
import io.fleetstop.model.InstanceId;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Stops fleets. The client names each run; by that name it can be observed, paused and drained
 * while it is in progress.
 */
@RestController
@RequestMapping("/shutdowns/{name}")
final class ShutdownController {

  private final FleetShutdown fleet;
  private final Map<String, ShutdownRun> runs = new ConcurrentHashMap<>();

  ShutdownController(FleetShutdown fleet) {
    this.fleet = fleet;
  }

  /**
   * Stops instances and streams one {@link Outcome} per id as soon as it is known, and a {@link
   * RunFailure} last if the run ended early. A client that reads slowly slows the run down. One
   * that disconnects ends it: calls in flight are cancelled, and the service may still have acted
   * on some.
   */
  @PostMapping(
      consumes = MediaType.APPLICATION_JSON_VALUE,
      produces = {MediaType.APPLICATION_NDJSON_VALUE, MediaType.TEXT_EVENT_STREAM_VALUE})
  Flux<Object> stop(@PathVariable String name, @RequestBody List<@Nullable String> ids) {
    List<InstanceId> instances = ids.stream().map(ShutdownController::parseId).toList();
    return Flux.using(
        () -> start(name, instances), ShutdownController::lines, run -> runs.remove(name, run));
  }

  private static InstanceId parseId(@Nullable String id) {
    try {
      return InstanceId.of(Objects.requireNonNullElse(id, ""));
    } catch (IllegalArgumentException e) {
      throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage(), e);
    }
  }

  private ShutdownRun start(String name, List<InstanceId> instances) {
    ShutdownRun run = fleet.run(Flux.fromIterable(instances));
    if (runs.putIfAbsent(name, run) != null) {
      throw new ResponseStatusException(
          HttpStatus.CONFLICT, "A run named " + name + " is in progress; choose another name");
    }
    return run;
  }

  /** The response's status has been sent by then: an error that ends the run has to be a line. */
  private static Flux<Object> lines(ShutdownRun run) {
    return run.outcomes()
        .<Object>map(Outcome::of)
        .onErrorResume(EcsException.class, error -> Mono.just(RunFailure.of(error)));
  }

  /**
   * Streams the run's progress whenever it changes; a slow client gets the latest. Empty if no run
   * of that name is in progress.
   */
  @GetMapping(
      path = "/progress",
      produces = {MediaType.APPLICATION_NDJSON_VALUE, MediaType.TEXT_EVENT_STREAM_VALUE})
  Flux<ShutdownProgress> progress(@PathVariable String name) {
    ShutdownRun run = runs.get(name);
    return run == null ? Flux.empty() : run.progressUpdates();
  }

  /** Pauses or resumes the run. */
  @PutMapping("/paused")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void pause(@PathVariable String name, @RequestBody boolean paused) {
    if (paused) {
      run(name).pause();
    } else {
      run(name).resume();
    }
  }

  /** Drains the run: nothing new is started, and calls in flight still report their outcome. */
  @DeleteMapping
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void drain(@PathVariable String name) {
    run(name).drain();
  }

  private ShutdownRun run(String name) {
    ShutdownRun run = runs.get(name);
    if (run == null) {
      throw new ResponseStatusException(
          HttpStatus.NOT_FOUND, "No run named " + name + " is in progress; start it first");
    }
    return run;
  }
}

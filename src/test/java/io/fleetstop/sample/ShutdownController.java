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
 * Stops fleets. Each run has a name that the client gives it, under which it can be watched, paused
 * and ended while it goes on.
 *
 * <p>Everything that changes something is a {@code PUT}, a {@code DELETE} or takes JSON, so that no
 * page of another site can have a browser ask for it.
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
   * Stops instances and tells of each, as soon as it is known, what became of it: an {@link
   * Outcome} for each id, and a {@link RunFailure} at the end if the run could not go on. A client
   * that reads slowly slows the run down; one that leaves ends it: calls in flight are cancelled
   * then, and some of them may have been delivered.
   */
  @PostMapping(
      consumes = MediaType.APPLICATION_JSON_VALUE,
      produces = {MediaType.APPLICATION_NDJSON_VALUE, MediaType.TEXT_EVENT_STREAM_VALUE})
  Flux<Object> stop(@PathVariable String name, @RequestBody List<@Nullable String> ids) {
    List<InstanceId> instances = ids.stream().map(ShutdownController::checked).toList();
    return Flux.using(
        () -> begin(name, instances), ShutdownController::told, run -> runs.remove(name, run));
  }

  private static InstanceId checked(@Nullable String id) {
    try {
      return InstanceId.of(Objects.requireNonNullElse(id, ""));
    } catch (IllegalArgumentException e) {
      throw new ResponseStatusException(HttpStatus.BAD_REQUEST, e.getMessage(), e);
    }
  }

  private ShutdownRun begin(String name, List<InstanceId> instances) {
    ShutdownRun run = fleet.run(Flux.fromIterable(instances));
    if (runs.putIfAbsent(name, run) != null) {
      throw new ResponseStatusException(
          HttpStatus.CONFLICT, "A run of the name " + name + " goes on");
    }
    return run;
  }

  /** By then the status of the response is on its way: what ends the run has to be a line, too. */
  private static Flux<Object> told(ShutdownRun run) {
    return run.outcomes()
        .<Object>map(Outcome::of)
        .onErrorResume(EcsException.class, error -> Mono.just(RunFailure.of(error)));
  }

  /**
   * How far the run has come, whenever that changes; a slow client gets the newest. Nothing of a
   * run that does not go on, or not yet.
   */
  @GetMapping(
      path = "/progress",
      produces = {MediaType.APPLICATION_NDJSON_VALUE, MediaType.TEXT_EVENT_STREAM_VALUE})
  Flux<ShutdownProgress> progress(@PathVariable String name) {
    ShutdownRun run = runs.get(name);
    return run == null ? Flux.empty() : run.progress();
  }

  /** Pauses the run, or goes on with it. */
  @PutMapping("/paused")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void pause(@PathVariable String name, @RequestBody boolean isPaused) {
    if (isPaused) {
      run(name).pause();
    } else {
      run(name).goOn();
    }
  }

  /** Ends the run early: calls in flight still end, and are told of. */
  @DeleteMapping
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void end(@PathVariable String name) {
    run(name).end();
  }

  private ShutdownRun run(String name) {
    ShutdownRun run = runs.get(name);
    if (run == null) {
      throw new ResponseStatusException(
          HttpStatus.NOT_FOUND, "No run of the name " + name + " goes on");
    }
    return run;
  }
}

package io.fleetstop.sample;

import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.spring.InstanceIdParser;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
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
 * Stops fleets. The client names each run; by that name it can be observed, paused and drained. A
 * run belongs to the server: a client that disconnects does not end it.
 */
@RestController
@RequestMapping("/shutdowns")
final class ShutdownController {

  private final FleetRuns runs;

  ShutdownController(FleetRuns runs) {
    this.runs = runs;
  }

  /** Lists the runs of this server, the newest first. */
  @GetMapping
  List<FleetRun.Summary> list() {
    return runs.all().stream().map(FleetRun::summary).toList();
  }

  /** Starts a run and returns at once; the events have its outcomes. */
  @PutMapping(path = "/{name}", consumes = MediaType.APPLICATION_JSON_VALUE)
  @ResponseStatus(HttpStatus.CREATED)
  Mono<FleetRun.Summary> create(
      @PathVariable String name, @RequestBody List<@Nullable String> instanceIds) {
    return runs.start(name, InstanceIdParser.parse(instanceIds)).map(FleetRun::summary);
  }

  /**
   * Starts a run and streams one outcome for each id as soon as it is known, and a last line that
   * states why the run ended. Malformed ids are status 400, and nothing is sent.
   */
  @PostMapping(
      path = "/{name}",
      consumes = MediaType.APPLICATION_JSON_VALUE,
      produces = {MediaType.APPLICATION_NDJSON_VALUE, MediaType.TEXT_EVENT_STREAM_VALUE})
  Flux<ShutdownOutcome> start(
      @PathVariable String name, @RequestBody List<@Nullable String> instanceIds) {
    return runs.start(name, InstanceIdParser.parse(instanceIds)).flatMapMany(FleetRun::outcomes);
  }

  /**
   * Streams the whole run, however late the client connects: its instances, the outcomes so far,
   * then each change. Ends with the run.
   */
  @GetMapping(path = "/{name}/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
  Flux<ServerSentEvent<Object>> events(@PathVariable String name) {
    return run(name).events();
  }

  /** Pauses or resumes the run. */
  @PutMapping("/{name}/paused")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  void pause(@PathVariable String name, @RequestBody boolean paused) {
    run(name).pause(paused);
  }

  /** Drains the run: nothing new is started, and calls in flight still report their outcome. */
  @DeleteMapping("/{name}")
  @ResponseStatus(HttpStatus.NO_CONTENT)
  Mono<Void> drain(@PathVariable String name) {
    return Mono.fromRunnable(run(name)::drain);
  }

  private FleetRun run(String name) {
    FleetRun run = runs.find(name);
    if (run == null) {
      throw new ResponseStatusException(
          HttpStatus.NOT_FOUND, "No run named " + name + "; start it first");
    }
    return run;
  }
}

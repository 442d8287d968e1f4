package io.fleetstop.sample;

import io.fleetstop.EcsClient;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.OutcomeJson;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownRun;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.model.InstanceId;
import io.fleetstop.spring.FleetstopProperties;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * The runs of this server. Each has a journal: a run that the end of the process interrupted is
 * found again by the next process, paused, with its outcomes so far.
 */
@Component
final class FleetRuns implements SmartLifecycle {

  private static final Logger LOG = LoggerFactory.getLogger(FleetRuns.class);

  /** Names files: two that differ in case alone would be one on some file systems. */
  private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,63}");

  /** Terminated runs that can still be looked at. */
  private static final int KEPT = 20;

  private final EcsClient client;
  private final ShutdownOptions options;
  private final RunFiles files;
  private final RateLimiterRegistry limiters;
  private final Scope scope;

  private final Set<String> inProgress = ConcurrentHashMap.newKeySet();
  private final AtomicReference<List<FleetRun>> runs = new AtomicReference<>(List.of());

  /** What creates or reads the files of runs now. */
  private final Set<Mono<?>> openings = ConcurrentHashMap.newKeySet();

  /** Completes when the names of interrupted runs are reserved. */
  private final Sinks.Empty<Void> listed = Sinks.empty();

  private volatile boolean running;

  FleetRuns(
      EcsClient client,
      ShutdownOptions options,
      RunFiles files,
      RateLimiterRegistry limiters,
      FleetstopProperties properties) {
    this.client = client;
    this.options = options;
    this.files = files;
    this.limiters = limiters;
    this.scope = new Scope(properties.account(), client.gauges().region(), "StopInstance");
  }

  /** Returns the runs, the newest first. */
  List<FleetRun> all() {
    return runs.get();
  }

  @Nullable FleetRun find(String name) {
    return runs.get().stream().filter(run -> run.name().equals(name)).findFirst().orElse(null);
  }

  /**
   * Starts a run; one of the same name must not be in progress. A subscriber that cancels does not
   * keep it from starting.
   */
  Mono<FleetRun> start(String name, List<InstanceId> ids) {
    Mono<FleetRun> begun =
        Mono.defer(
            () -> {
              reserve(name);
              return files
                  .create(name, ids, options)
                  .map(journal -> begin(name, ids, List.of(), journal, false))
                  .doOnError(e -> inProgress.remove(name));
            });
    return opening(Mono.fromRunnable(this::requireRunning).then(listed.asMono()).then(begun));
  }

  /** Opens files to the end, even if the caller cancels; {@link #stop} waits for it. */
  private <T> Mono<T> opening(Mono<T> files) {
    return Mono.defer(
        () -> {
          Mono<T> opening = files.cache();
          openings.add(opening);
          opening
              .onErrorComplete() // the caller gets it
              .doFinally(signal -> openings.remove(opening))
              .subscribe();
          return opening;
        });
  }

  private void requireRunning() {
    if (!running) {
      throw new ResponseStatusException(
          HttpStatus.SERVICE_UNAVAILABLE, "The server is stopping; repeat the request later");
    }
  }

  private void reserve(String name) {
    if (!NAME.matcher(name).matches()) {
      throw new ResponseStatusException(
          HttpStatus.BAD_REQUEST,
          "The name of a run must be 1 to 64 lower-case letters, digits, '-' and '_'; choose another"
              + " name");
    }
    if (!inProgress.add(name)) {
      throw new ResponseStatusException(
          HttpStatus.CONFLICT,
          "A run named " + name + " is in progress or cannot be read; choose another name");
    }
  }

  private FleetRun begin(
      String name,
      List<InstanceId> ids,
      List<OutcomeJson> earlier,
      ShutdownJournal journal,
      boolean resumed) {
    ShutdownRun shutdown = FleetShutdown.create(client, journal).run(Flux.fromIterable(ids));
    FleetRun run =
        new FleetRun(name, ids, earlier, shutdown, resumed, () -> limiters.limiter(scope).rate());
    runs.updateAndGet(before -> with(before, run));
    if (!running) {
      run.interrupt(); // stop() did not see it
    }
    run.start();
    run.terminated()
        .then(journal.disposeLater())
        .then(Mono.defer(() -> run.isInterrupted() ? Mono.empty() : files.complete(name)))
        .doFinally(
            signal -> {
              inProgress.remove(name);
              run.markClosed();
            })
        .subscribe(nothing -> {}, e -> LOG.warn("The files of run {} cannot be closed", name, e));
    return run;
  }

  private static List<FleetRun> with(List<FleetRun> before, FleetRun added) {
    List<FleetRun> after = new ArrayList<>();
    after.add(added);
    int terminated = 0;
    for (FleetRun run : before) {
      boolean kept = !run.isTerminated() || ++terminated <= KEPT;
      if (kept && !run.name().equals(added.name())) {
        after.add(run);
      }
    }
    return List.copyOf(after);
  }

  /** Restores interrupted runs, paused: a user decides whether to resume them. */
  @Override
  public void start() {
    running = true;
    opening(files.interruptedNames().filter(inProgress::add).collectList())
        .doFinally(signal -> listed.tryEmitEmpty())
        .flatMapIterable(names -> names)
        .concatMap(name -> opening(restore(name)))
        .subscribe(
            run -> {},
            e -> LOG.warn("Interrupted runs cannot be read; check sample.runs-directory", e));
  }

  private Mono<FleetRun> restore(String name) {
    return Mono.defer(
        () -> {
          if (!running) {
            inProgress.remove(name); // the next process finds it
            return Mono.empty();
          }
          return files
              .open(name, options)
              .onErrorResume(e -> unreadable(name, e))
              .map(found -> begin(name, found.ids(), found.earlier(), found.journal(), true));
        });
  }

  private Mono<RunFiles.Interrupted> unreadable(String name, Throwable error) {
    // The name stays reserved: a new run of that name would replace the files.
    LOG.warn("The interrupted run {} cannot be resumed; its files stay as they are", name, error);
    return Mono.empty();
  }

  @Override
  public void stop() {
    stop(() -> {});
  }

  /** Drains every run before the web server stops; the files of those stay for the next process. */
  @Override
  public void stop(Runnable callback) {
    running = false;
    runs.get().forEach(FleetRun::interrupt);
    Flux.fromIterable(openings)
        .flatMap(opening -> opening.onErrorComplete().then())
        .thenMany(Flux.defer(() -> Flux.fromIterable(runs.get()))) // with those just opened
        .flatMap(FleetRun::closed)
        .doFinally(signal -> callback.run())
        .subscribe();
  }

  @Override
  public boolean isRunning() {
    return running;
  }
}

package io.fleetstop.simulation;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownRun;
import io.fleetstop.model.InstanceId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SignalType;
import reactor.core.scheduler.Schedulers;

/**
 * One seed: lives of a client that end, are drained, cancelled or crash at a write of the journal,
 * and are resumed by the next one, until the last one has reported every outcome.
 */
final class Simulation {

  private static final int MAX_STEPS = 400_000;
  private static final Duration MAX_TIME = Duration.ofHours(3);

  /**
   * The result of a seed.
   *
   * @param violation the first violation, or {@code null}
   * @param trace the last events
   * @param traceHash a hash of all events: equal for equal runs
   * @param outcomes the outcomes of the last life
   */
  record Result(@Nullable String violation, String trace, long traceHash, int outcomes) {}

  private final SimulatedTime time = new SimulatedTime();
  private final Scenario scenario;
  private final ModelService service;
  private final Invariants invariants;
  private final PlantedBug bug;
  private final Path directory;
  private Duration clockOffset = Duration.ZERO;
  private int steps;

  private Simulation(long seed, PlantedBug bug, Path directory) {
    this.bug = bug;
    this.directory = directory;
    scenario = new Scenario(seed);
    service = new ModelService(time, scenario.stopDelay, scenario.quota, scenario.batches);
    scenario.fill(service);
    invariants = new Invariants(time, service, scenario.options);
  }

  /** Runs a seed; files are created below {@code directory} and deleted at the end. */
  static Result run(long seed, PlantedBug bug, Path directory) {
    Simulation simulation = new Simulation(seed, bug, directory);
    simulation.time.install();
    try {
      simulation.live();
    } finally {
      Schedulers.resetFactory();
    }
    Invariants invariants = simulation.invariants;
    return new Result(
        invariants.violation(),
        invariants.trace(),
        invariants.traceHash(),
        invariants.outcomesOfLife());
  }

  private void live() {
    @Nullable Path journal = scenario.journaled ? directory.resolve("life-0.jsonl") : null;
    for (int number = 0; invariants.violation() == null; number++) {
      boolean last = number == scenario.maxLives - 1;
      Life life = new Life(number, journal, last);
      life.run();
      @Nullable Path next = life.crashed ? life.copyOfJournal() : journal;
      life.close();
      if (last || !life.endedEarly) {
        break;
      }
      if (journal != null && !journal.equals(next)) {
        delete(journal);
      }
      journal = next;
    }
    while (invariants.violation() == null && step()) {
      // Requests that are still on their way have their effects.
    }
    invariants.checkNoEffect();
    if (journal != null) {
      delete(journal);
    }
  }

  private boolean step() {
    if (++steps > MAX_STEPS || time.nanos() > MAX_TIME.toNanos()) {
      invariants.violated("the run does not end: " + steps + " steps");
      return false;
    }
    return time.step();
  }

  private <T> @Nullable T await(Mono<T> mono) {
    Object[] result = {null};
    boolean[] done = {false};
    mono.doFinally(end -> done[0] = true)
        .subscribe(value -> result[0] = value, error -> result[0] = error);
    while (!done[0] && time.step()) {
      // Until the file is open or closed.
    }
    if (result[0] instanceof Throwable error) {
      invariants.violated("the journal failed: " + error);
      return null;
    }
    @SuppressWarnings("unchecked")
    T value = (T) result[0];
    return value;
  }

  private static void delete(@Nullable Path file) {
    try {
      if (file != null) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A process that works on the fleet. */
  private final class Life extends BaseSubscriber<ShutdownOutcome> {

    private final int number;
    private final @Nullable Path file;
    private final boolean last;
    private final int crashAtWrite;
    private final ModelNetwork network;
    private final CountingLimiter limiter;
    private final EcsClient client;
    private @Nullable ShutdownJournal journal;
    private byte[] written = new byte[0];
    private byte[] atCrash = new byte[0];
    private int writes;
    private boolean over;
    private boolean failed;
    private boolean cancelled;
    private boolean drained;
    private boolean crashed;
    private boolean endedEarly;

    Life(int number, @Nullable Path file, boolean last) {
      this.number = number;
      this.file = file;
      this.last = last;
      crashAtWrite = !last && scenario.chance(0.7) ? 1 + scenario.random.nextInt(30) : 0;
      network =
          new ModelNetwork(
              time, service, invariants, scenario.random.split(), scenario.faultRate, number);
      limiter = new CountingLimiter(scenario.limiter(), invariants);
      client =
          EcsClient.builder()
              .region("cn-beijing")
              .endpoint(URI.create("http://127.0.0.1:1"))
              .credentials(CredentialsProvider.fixed(Credentials.of("AKLTmodel", "bW9kZWw")))
              .transport(bug.network(network))
              .retryPolicy(scenario.retryPolicy())
              .rateLimiter(bug.limiter(limiter))
              .maxInFlight(scenario.clientMaxInFlight)
              // Less than the run may have open, so that instances wait for its slots.
              .maxOpenInstances(1 + scenario.options.maxOpen() / 2)
              .clock(() -> service.wallClock().plus(clockOffset))
              .build();
    }

    void run() {
      invariants.beginLife(number, file);
      invariants.event("life " + number);
      ShutdownRun run = start();
      if (run == null) {
        return;
      }
      Flux<ShutdownOutcome> outcomes = bug.outcomes(run.outcomes());
      outcomes.subscribe(this);
      plan(run);
      while (!over && invariants.violation() == null) {
        int sentBefore = network.sent();
        int outcomesBefore = invariants.outcomesOfLife();
        if (!step()) {
          invariants.violated("the run has not ended and nothing is scheduled");
          return;
        }
        if (network.inFlight() > scenario.clientMaxInFlight) {
          invariants.violated(network.inFlight() + " requests are in flight at once");
        }
        boolean quiet =
            sentBefore == network.sent() && outcomesBefore == invariants.outcomesOfLife();
        if (crashAtWrite > 0 && isCrashNow(quiet)) {
          crash();
          return;
        }
      }
      if (invariants.violation() == null) {
        checkEnd();
      }
    }

    private @Nullable ShutdownRun start() {
      Flux<InstanceId> ids = source();
      EcsClient faulty = bug.client(client, invariants::outcome);
      if (file == null || bug == PlantedBug.NO_INTENT) {
        if (file != null) {
          create(file, new byte[0]);
        }
        return FleetShutdown.create(faulty, scenario.options).run(ids);
      }
      journal =
          await(
              Files.exists(file)
                  ? ShutdownJournal.resume(file, scenario.options)
                  : ShutdownJournal.create(file, scenario.options));
      written = bytes();
      return journal == null ? null : FleetShutdown.create(faulty, journal).run(ids);
    }

    private Flux<InstanceId> source() {
      Flux<InstanceId> ids = Flux.fromIterable(scenario.ids).map(InstanceId::of);
      return scenario.sourceFails
          ? ids.concatWith(Mono.error(new IllegalStateException("the source failed")))
          : ids;
    }

    private void plan(ShutdownRun run) {
      if (scenario.controlled) {
        int count = 1 + scenario.random.nextInt(4);
        for (int i = 0; i < count; i++) {
          time.external(scenario.upTo(30_000), alive("pause", run::pause));
          time.external(scenario.upTo(60_000), alive("resume", run::resume));
        }
        time.external(Duration.ofSeconds(61), alive("resume", run::resume));
        if (scenario.chance(0.3)) {
          time.external(scenario.upTo(40_000), alive("drain", () -> drain(run)));
        } else if (scenario.chance(0.3)) {
          time.external(scenario.upTo(40_000), alive("cancel", this::leave));
        }
      }
      if (scenario.slowConsumer) {
        for (int i = 0; i < scenario.ids.size(); i++) {
          time.external(scenario.upTo(60_000), alive("request", () -> demand(1)));
        }
        time.external(Duration.ofSeconds(62), alive("request all", () -> demand(Long.MAX_VALUE)));
      }
      if (scenario.clockJumps) {
        time.external(
            scenario.upTo(30_000),
            alive("clock jump", () -> clockOffset = clockOffset.plus(scenario.clockJump())));
      }
    }

    private Runnable alive(String name, Runnable action) {
      return () -> {
        if (!over && !crashed) {
          invariants.event(name);
          action.run();
        }
      };
    }

    private void demand(long more) {
      invariants.demanded(more);
      request(more);
    }

    private void drain(ShutdownRun run) {
      drained = true;
      endedEarly = true;
      run.drain();
    }

    private void leave() {
      cancelled = true;
      endedEarly = true;
      over = true;
      cancel();
    }

    @Override
    protected void hookOnSubscribe(Subscription subscription) {
      if (!scenario.slowConsumer) {
        demand(Long.MAX_VALUE);
      }
    }

    @Override
    protected void hookOnNext(ShutdownOutcome outcome) {
      if (!crashed) {
        invariants.outcome(outcome);
      }
    }

    @Override
    protected void hookOnError(Throwable error) {
      if (!crashed) {
        invariants.event("failed: " + error);
        failed = true;
      }
    }

    @Override
    protected void hookFinally(SignalType type) {
      over = true;
    }

    private boolean isCrashNow(boolean quiet) {
      byte[] now = bytes();
      if (now.length == written.length || bug == PlantedBug.NO_INTENT) {
        return false;
      }
      byte[] before = written;
      written = now;
      writes++;
      if (writes < crashAtWrite) {
        return false;
      }
      int kept = now.length;
      if (quiet && scenario.random.nextBoolean()) {
        kept = before.length + scenario.random.nextInt(now.length - before.length);
      }
      atCrash = Arrays.copyOf(now, kept);
      return true;
    }

    private void crash() {
      invariants.event("crash");
      crashed = true;
      endedEarly = true;
      network.disconnect();
      // What a dead process would still do has no effect: it is cut off from everything.
      cancel();
    }

    private void checkEnd() {
      invariants.event("end" + (failed ? ", failed" : ""));
      if (!cancelled && invariants.open() > 0) {
        invariants.violated(invariants.open() + " instances have no outcome");
      }
      for (String id : scenario.ids) {
        if (!cancelled && !drained && !failed && !invariants.isReported(id) && !isCompleted(id)) {
          invariants.violated(id + " has no outcome although the run completed");
        }
      }
      time.runDue();
      if (time.timers() > 0) {
        invariants.violated(time.timers() + " timers are left");
      }
      if (network.inFlight() > 0 || client.gauges().inFlight() > 0) {
        invariants.violated("requests or slots are left: " + network.inFlight());
      }
      if (client.openInstances().inFlight() > 0 || client.openInstances().waiting() > 0) {
        invariants.violated("slots of open instances are left");
      }
      if (client.gauges().queued() > 0 || limiter.waiting() > 0) {
        invariants.violated("calls are still queued");
      }
      if (limiter.outstanding() > 0) {
        invariants.violated(limiter.outstanding() + " permits are not settled");
      }
      if (last && scenario.mustSucceed() && !failed) {
        for (String id : scenario.ids) {
          boolean stoppable = service.kind(id) == ModelService.Kind.ORDINARY;
          boolean effect = !service.effects(id).isEmpty();
          if (stoppable && effect == scenario.options.isDryRun()) {
            invariants.violated(id + " was " + (effect ? "" : "not ") + "stopped");
          }
        }
      }
    }

    private boolean isCompleted(String id) {
      return journal != null && journal.state().isCompleted(InstanceId.of(id));
    }

    Path copyOfJournal() {
      Path copy = directory.resolve("life-" + (number + 1) + ".jsonl");
      create(copy, atCrash);
      return copy;
    }

    void close() {
      if (!isDisposed()) {
        cancel();
      }
      ShutdownJournal open = journal;
      if (open != null) {
        await(open.disposeLater());
      }
      await(client.closeAsync());
    }

    private byte[] bytes() {
      try {
        return file == null ? new byte[0] : Files.readAllBytes(file);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void create(Path path, byte[] bytes) {
      try {
        Files.write(path, bytes);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}

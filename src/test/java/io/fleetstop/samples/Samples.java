package io.fleetstop.samples;

import io.fleetstop.EcsClient;
import io.fleetstop.EcsClientBuilder;
import io.fleetstop.credentials.AssumeRoleOptions;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.fleet.FailureLimit;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.FleetStart;
import io.fleetstop.fleet.JournalState;
import io.fleetstop.fleet.JournaledRun;
import io.fleetstop.fleet.MultiTargetShutdown;
import io.fleetstop.fleet.ShutdownJournal;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownRun;
import io.fleetstop.fleet.Target;
import io.fleetstop.fleet.TargetOutcome;
import io.fleetstop.fleet.Waves;
import io.fleetstop.fleet.Waves.Size;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.micrometer.ClientMetrics;
import io.fleetstop.micrometer.FleetMetrics;
import io.fleetstop.micrometer.ObservationCallListener;
import io.fleetstop.micrometer.RateLimiterMetrics;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StopInstance;
import io.fleetstop.poll.AwaitOptions;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.simulator.SimulatedInstance;
import io.fleetstop.spring.InstanceIdParser;
import io.fleetstop.spring.RetryFilter;
import io.fleetstop.spring.SigningFilter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.http.MediaType;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The Java samples of the README and of the pages, between the marks. */
public final class Samples {

  private Samples() {}

  static Mono<String> stopOne(URI endpoint, CredentialsProvider credentials) {
    // sample: stop one
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(endpoint) // default: https://open.volcengineapi.com
            .credentials(credentials) // default: the chain of the official SDKs
            .build();
    Mono<String> answer =
        client
            .stopInstance(StopInstance.of("i-3tiefmkskq3vj0example")) // sent on subscription
            .map(accepted -> "accepted, request " + accepted.requestId())
            .onErrorResume(error -> Mono.just("failed: " + error.getMessage()));
    // end of sample
    return answer;
  }

  static CredentialsProvider assumeRole(CredentialsProvider own) {
    // sample: assume a role
    CredentialsProvider stopper =
        CredentialsProvider.assumeRole(
            own, // the caller's own, for example CredentialsProvider.defaultChain()
            AssumeRoleOptions.builder("trn:iam::2100000001:role/fleet-stopper")
                .sessionName("nightly-2026-11-23") // shown in audit records
                .duration(Duration.ofHours(2))
                .build());
    // end of sample
    return stopper;
  }

  static Flux<String> stopFleet(EcsClient client, Flux<InstanceId> ids) {
    // sample: stop a fleet
    ShutdownOptions options = ShutdownOptions.builder().runId("nightly-2026-11-23").build();

    Flux<String> lines =
        FleetShutdown.create(client, options)
            .stop(ids) // one outcome for each id; a failure is an outcome, not an error
            .filter(outcome -> !outcome.isSuccess())
            .map(ShutdownOutcome::toString);
    // end of sample
    return lines;
  }

  static List<Publisher<Instance>> await(EcsClient client, Flux<InstanceId> ids) {
    // sample: wait until instances are stopped
    InstanceId id = InstanceId.of("i-3tiefmkskq3vj0example");
    Mono<Instance> stopped =
        client
            .stopInstance(request -> request.instanceId(id).forceStop(true))
            .then(client.awaitStopped(id));

    Flux<Instance> others =
        client.awaitStopped(ids, AwaitOptions.builder().timeout(Duration.ofMinutes(5)).build());
    // end of sample
    return List.of(stopped, others);
  }

  static Flux<ShutdownOutcome> stopWithJournal(
      EcsClient client, ShutdownOptions options, Flux<InstanceId> ids, Path file) {
    // sample: stop with a journal
    Mono<ShutdownJournal> opened =
        Mono.defer(
                () ->
                    Files.exists(file)
                        ? ShutdownJournal.resume(file, options)
                        : ShutdownJournal.create(file, options))
            .subscribeOn(Schedulers.boundedElastic()); // a file is read
    Flux<ShutdownOutcome> outcomes =
        Flux.usingWhen(
            opened,
            journal -> FleetShutdown.create(client, journal).stop(ids),
            ShutdownJournal::disposeLater);
    // end of sample
    return outcomes;
  }

  static Mono<JournalState> journalState(
      Flux<String> lines, Function<String, Mono<Void>> insert, ShutdownOptions options) {
    // sample: the state of a journal elsewhere
    Mono<JournalState> state =
        lines
            .reduceWith(() -> JournalState.of("table runs", options), JournalState::apply)
            .flatMap(
                replayed ->
                    replayed.isEmpty()
                        ? insert.apply(replayed.begin().toLine()).thenReturn(replayed)
                        : Mono.just(replayed));
    // end of sample
    return state;
  }

  static CredentialsProvider fixedKeys(String accessKeyId, String secretAccessKey) {
    // sample: fixed keys
    CredentialsProvider keys =
        CredentialsProvider.fixed(Credentials.of(accessKeyId, secretAccessKey));
    // end of sample
    return keys;
  }

  static EcsSimulator protectedInstance() {
    // sample: a protected instance
    EcsSimulator simulator =
        EcsSimulator.builder()
            .instances(100)
            .instance(SimulatedInstance.builder("i-keep").tag("fleetstop:protect", "yes").build())
            .startNow();
    simulator.failNext("i-sim0000000001", EcsErrors.OPERATION_DENIED_RESOURCE_LOCKED, 3);
    // end of sample
    return simulator;
  }

  static Flux<String> stopInWaves(FleetShutdown fleet, Flux<InstanceId> ids, long count) {
    // sample: stop in waves
    Waves waves = Waves.of(Size.percent(1), Size.percent(10), Size.percent(100)).ofFleet(count);
    ShutdownRun run =
        fleet.run(ids, waves); // run.pause(), run.resume() and run.drain() at any time

    Flux<String> display =
        run.progressUpdates().map(now -> "wave " + now.wave() + ": " + now.outcomes() + " done");
    Flux<ShutdownOutcome> outcomes = run.outcomes(); // begins when subscribed to
    // end of sample
    return display.mergeWith(outcomes.thenMany(Flux.empty()));
  }

  // sample: in Spring
  @RestController
  public record Shutdowns(FleetShutdown fleet) {

    @PostMapping(
        path = "/shutdowns",
        produces = {MediaType.APPLICATION_NDJSON_VALUE, MediaType.TEXT_EVENT_STREAM_VALUE})
    Flux<ShutdownOutcome> stop(@RequestBody List<String> ids) {
      return fleet.stop(
          Flux.fromIterable(InstanceIdParser.parse(ids))); // status 400 for malformed ids
    }
  }

  // end of sample

  static Mono<String> anyAction(
      WebClient.Builder builder, URI endpoint, RetryFilter retries, SigningFilter signature) {
    // sample: any action with a WebClient
    WebClient platform =
        builder.baseUrl(endpoint.toString()).filter(retries).filter(signature).build();
    Mono<String> instances =
        platform
            .get()
            .uri("/?Action=DescribeInstances&Version=2020-04-01")
            .retrieve()
            .bodyToMono(String.class);
    // end of sample
    return instances;
  }

  static Flux<ShutdownOutcome> observed(
      EcsClientBuilder builder,
      MeterRegistry meters,
      ObservationRegistry observations,
      ShutdownOptions options,
      Flux<InstanceId> ids) {
    // sample: metrics and traces
    RateLimiterRegistry limiters = RateLimiterRegistry.standard();
    EcsClient client =
        builder // with region, credentials and so on
            .rateLimiters(limiters)
            .listener(ObservationCallListener.of(observations)) // a timer and a span for each call
            .build();
    new RateLimiterMetrics(limiters).bindTo(meters);
    new ClientMetrics(client).bindTo(meters);

    FleetShutdown fleet =
        FleetShutdown.builder(client)
            .options(options)
            .listener(FleetMetrics.of(meters)) // one for all fleets of a registry
            .build();
    // end of sample
    return fleet.stop(ids);
  }

  static Flux<ShutdownOutcome> undo(Path file, EcsClient client) {
    // sample: undo
    Flux<ShutdownOutcome> undone =
        JournaledRun.read(file)
            .flatMapMany(stopRun -> FleetStart.builder(client).build().start(stopRun));
    // end of sample
    return undone;
  }

  // sample: nightly
  @Component
  static final class OfficeHours {

    private final EcsClient client;
    private final Path night;

    OfficeHours(EcsClient client, @Value("${journals}/night.jsonl") Path night) {
      this.client = client;
      this.night = night;
    }

    @Scheduled(cron = "0 0 20 * * MON-FRI", zone = "Asia/Shanghai")
    Mono<Void> stopInTheEvening() {
      Flux<InstanceId> running =
          client
              .describeInstances(DescribeInstances.builder().tag("schedule", "office").build())
              .filter(instance -> instance.state() == Instance.State.RUNNING)
              .map(instance -> InstanceId.of(instance.instanceId()));
      return Mono.usingWhen(
          keepLastNight()
              .then(Mono.defer(() -> ShutdownJournal.create(night, ShutdownOptions.defaults()))),
          journal -> FleetShutdown.create(client, journal).stop(running).then(),
          ShutdownJournal::disposeLater);
    }

    @Scheduled(cron = "0 0 7 * * MON-FRI", zone = "Asia/Shanghai")
    Mono<Void> startInTheMorning() {
      FleetStart start = FleetStart.builder(client).build();
      return JournaledRun.readOwn(night).flatMapMany(start::start).then();
    }

    /** A journal is of one run: that of the night before is renamed. */
    private Mono<Void> keepLastNight() {
      Path last = night.resolveSibling("last-night.jsonl");
      return Mono.fromCallable(
              () ->
                  Files.exists(night)
                      ? Files.move(night, last, StandardCopyOption.REPLACE_EXISTING)
                      : last)
          .subscribeOn(Schedulers.boundedElastic())
          .then();
    }
  }

  // end of sample
  static Flux<TargetOutcome> severalTargets(
      EcsClient beijingClient,
      EcsClient shanghaiClient,
      Flux<InstanceId> ids,
      Flux<InstanceId> otherIds) {
    // sample: several accounts and regions
    Target beijing = new Target("dev", "cn-beijing");
    Target shanghai = new Target("dev", "cn-shanghai");
    MultiTargetShutdown fleet =
        FleetShutdown.across(Map.of(beijing, beijingClient, shanghai, shanghaiClient))
            .maxFailuresPerTarget(FailureLimit.count(10))
            .build();
    Flux<TargetOutcome> outcomes = fleet.stop(Map.of(beijing, ids, shanghai, otherIds));
    // end of sample
    return outcomes;
  }
}

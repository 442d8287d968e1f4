package io.fleetstop.redis;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.Waves;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.lettuce.core.Range;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/** A run in a real Redis whose keys a test damages or sets back, with its service. */
final class DamagedRun implements AutoCloseable {

  static final Duration LIMIT = Duration.ofSeconds(30);
  static final Duration LEASE = Duration.ofMillis(1_200);

  private static final String COPIES =
      """
      for _, key in ipairs(KEYS) do
        local from, to = ARGV[1] == 'save' and key or 'saved' .. key, 'saved' .. key
        if from == to then to = key end
        if redis.call('EXISTS', from) == 1 then redis.call('COPY', from, to, 'REPLACE')
        else redis.call('DEL', to) end
      end
      return {'ok'}
      """;

  private final RedisConnection redis;
  private final RunCommands run;
  private final List<EcsClient> clients = new ArrayList<>();
  final EcsSimulator service;
  final ShutdownOptions options =
      ShutdownOptions.builder()
          .scope("cn-beijing")
          .protectTag("")
          .maxInFlight(8)
          .maxOpen(20)
          .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(20)))
          .build();

  DamagedRun(TestRedis server, String runId, int instances) {
    this(server, runId, instances, Duration.ofMillis(100));
  }

  DamagedRun(TestRedis server, String runId, int instances, Duration stopDelay) {
    this.redis = server.connect();
    this.run = new RunCommands(redis, runId.substring(0, Math.min(100, runId.length())));
    this.service =
        EcsSimulator.builder().instances(instances).stopDelay(stopDelay).seed(1).startNow();
    fleet()
        .load(
            SharedRunParameters.of(options, Waves.none(), Duration.ZERO, "all"),
            service.ids().stream().map(InstanceId::of).toList())
        .block(LIMIT);
  }

  RedisFleet fleet() {
    return RedisFleet.of(redis, run.runId(), LEASE);
  }

  /** Returns a worker that calls at this rate. */
  SharedRun worker(double rate) {
    EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .endpoint(service.endpoint())
            .credentials(
                CredentialsProvider.fixed(
                    Credentials.of(service.accessKeyId(), service.secretAccessKey())))
            .rateLimiter(RateLimiter.tokenBucket(rate, 1))
            .build();
    clients.add(client);
    return fleet().join(client, options);
  }

  /** Keeps a copy of all keys, as if what follows were lost with {@link #setBack()}. */
  void save() {
    run.call(new RedisScript(COPIES), List.of("save")).block(LIMIT);
  }

  /** Sets all keys back, in one step, to what they were. */
  void setBack() {
    run.call(new RedisScript(COPIES), List.of("restore")).block(LIMIT);
  }

  /** Runs commands on the keys, in the names of {@link RunScripts}. */
  void change(String lua) {
    String names = "local head, todo, open, outcomes, workers, replies, awaited, orphans = ";
    run.call(new RedisScript(names + "unpack(KEYS)\n" + lua + "\nreturn {'ok'}"), List.of())
        .block(LIMIT);
  }

  SharedRunStatus status() {
    return fleet().find().blockOptional(LIMIT).orElseThrow();
  }

  /** Returns the instances that have an outcome in Redis, one for each entry. */
  List<String> recorded() {
    return redis
        .commands()
        .xrange(run.keys().outcomes(), Range.unbounded())
        .map(entry -> String.valueOf(entry.getBody().get("o")))
        .map(text -> text.substring(1, text.indexOf('\t')))
        .collectList()
        .blockOptional(LIMIT)
        .orElseThrow();
  }

  void awaitEffects(int effects) {
    await(() -> service.ledger().effects() >= effects);
  }

  static void await(BooleanSupplier condition) {
    Flux.interval(Duration.ofMillis(5), Schedulers.boundedElastic())
        .onBackpressureDrop()
        .takeUntil(tick -> condition.getAsBoolean())
        .blockLast(LIMIT);
  }

  @Override
  public void close() {
    clients.forEach(client -> client.closeAsync().block(LIMIT));
    redis.close().block(LIMIT);
    service.disposeLater().block(LIMIT);
  }
}

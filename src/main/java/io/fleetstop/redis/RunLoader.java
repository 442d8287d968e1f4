package io.fleetstop.redis;

import io.fleetstop.model.InstanceId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * Loads the ids of a run in numbered chunks, each at most once, so that several processes may load
 * the same list and one that ends is replaced. Another list is loaded only if the first loader has
 * ended, from its beginning: no instance is taken before the last chunk.
 */
final class RunLoader {

  private static final int CHUNK = 1_000;
  private static final int DONE = -1;
  private static final Duration WAIT = Duration.ofMillis(500);

  private final RunCommands run;
  private final SharedRunParameters parameters;
  private final List<InstanceId> ids;
  private final Duration lease;
  private final String list;

  RunLoader(RunCommands run, SharedRunParameters parameters, List<InstanceId> ids, Duration lease) {
    this.run = run;
    this.parameters = parameters;
    this.ids = List.copyOf(ids);
    this.lease = lease;
    this.list = digest(this.ids);
  }

  private static String digest(List<InstanceId> ids) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (InstanceId id : ids) {
        sha256.update((id.value() + "\n").getBytes(StandardCharsets.UTF_8));
      }
      return HexFormat.of().formatHex(sha256.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform must provide SHA-256", e);
    }
  }

  Mono<Void> load() {
    return Mono.defer(() -> run.call(RunScripts.CREATE, creation()))
        .flatMap(reply -> reply.get(0).equals("created") ? Mono.empty() : requireSame())
        .thenMany(Flux.defer(this::chunks))
        .then();
  }

  private Flux<Integer> chunks() {
    AtomicInteger next = new AtomicInteger();
    return Mono.defer(() -> chunk(next.get())).doOnNext(next::set).repeat(() -> next.get() != DONE);
  }

  private List<String> creation() {
    List<String> arguments = new ArrayList<>();
    arguments.add(list);
    arguments.add(Long.toString(lease.toMillis()));
    arguments.addAll(List.of("state", "loading", "total", Integer.toString(ids.size())));
    long now = Schedulers.parallel().now(TimeUnit.MILLISECONDS);
    arguments.addAll(List.of("created", Long.toString(now)));
    arguments.addAll(parameters.toFields());
    return arguments;
  }

  private Mono<Void> requireSame() {
    return run.call(RunScripts.READ, List.of())
        .flatMap(run::statusOf)
        .flatMap(
            status -> {
              String difference = status.parameters().difference(parameters);
              return difference == null
                  ? Mono.empty()
                  : Mono.error(
                      new IllegalArgumentException(
                          "the run " + run.runId() + " exists with " + difference));
            });
  }

  /** Adds a chunk; emits the number of the next one. */
  private Mono<Integer> chunk(int number) {
    int from = Math.min(ids.size(), number * CHUNK);
    int to = Math.min(ids.size(), from + CHUNK);
    List<String> arguments = new ArrayList<>();
    arguments.add(list);
    arguments.add(Integer.toString(ids.size()));
    arguments.add(Long.toString(lease.toMillis()));
    arguments.add(Integer.toString(number));
    arguments.add(to == ids.size() ? "1" : "0");
    arguments.addAll(parameters.waveFields());
    ids.subList(from, to).forEach(id -> arguments.add(id.value()));
    return run.call(RunScripts.LOAD, arguments)
        .flatMap(
            reply ->
                switch (String.valueOf(reply.get(0))) {
                  case "gone" -> Mono.error(run.gone());
                  case "wait" -> Mono.delay(WAIT, Schedulers.parallel()).thenReturn(number);
                  // After the last chunk the next reply is "done".
                  case "at" -> Mono.just(((Long) reply.get(1)).intValue());
                  default -> Mono.just(DONE);
                });
  }
}

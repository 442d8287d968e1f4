package io.fleetstop.fleet;

import io.fleetstop.EcsClient;
import io.fleetstop.ScriptedExchange;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.fleet.ShutdownOutcome.Accepted;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.transport.HttpExchange.Response;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Streams a million ids, every tenth of them twice, through a fleet's shutdown to a service without
 * a wire, which accepts each stop. {@link MillionIdsTest} runs it with a heap of its own.
 */
final class MillionIds {

  private static final int FLEET = 1_000_000;
  private static final String PREFIX = "i-ycm";
  private static final long FIRST = 100_000_000_000_000L;

  private MillionIds() {}

  public static void main(String[] args) {
    BitSet emitted = new BitSet(FLEET);
    AtomicLong wrong = new AtomicLong();
    Long outcomes =
        FleetShutdown.create(
                client(), ShutdownOptions.builder().protectTag("").awaitStopped(false).build())
            .stop(Flux.range(0, FLEET).concatMapIterable(MillionIds::ids))
            .doOnNext(
                outcome -> {
                  int number = numberOf(outcome.instanceId());
                  if (emitted.get(number) || !(outcome instanceof Accepted)) {
                    wrong.incrementAndGet();
                  }
                  emitted.set(number);
                })
            .count()
            .block();
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "outcomes=%d distinct=%d wrong=%d maxHeap=%dMB retained=%dkB%n",
        outcomes,
        emitted.cardinality(),
        wrong.get(),
        runtime.maxMemory() >> 20,
        (runtime.totalMemory() - runtime.freeMemory()) >> 10);
  }

  private static Iterable<InstanceId> ids(int number) {
    InstanceId id = InstanceId.of(PREFIX + (FIRST + number));
    return number % 10 == 0
        ? List.of(id, InstanceId.of(PREFIX + (FIRST + number / 2)))
        : List.of(id);
  }

  private static int numberOf(InstanceId id) {
    return (int) (Long.parseLong(id.value().substring(PREFIX.length())) - FIRST);
  }

  private static EcsClient client() {
    Mono<Response> accepted = ScriptedExchange.accepted();
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
        .rateLimiter(RateLimiter.unlimited())
        .transport(
            (request, maySend) ->
                Mono.defer(
                    () -> {
                      if (!maySend.getAsBoolean()) {
                        return Mono.error(new IllegalStateException("this run is not stopped"));
                      }
                      return accepted;
                    }))
        .build();
  }
}

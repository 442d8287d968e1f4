package io.fleetstop.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.EcsException;
import io.fleetstop.fleet.FleetShutdown;
import io.fleetstop.fleet.ShutdownOptions;
import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.model.InstanceId;
import io.fleetstop.simulator.EcsSimulator;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.NettyTransport;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

/** Two tenants use one client, each with a key that the context of its subscriber names. */
class TenantsTest {

  private static final int EACH = 20;

  private final EcsSimulator simulator =
      EcsSimulator.builder()
          .accessKey("AKLTa", "secret-a")
          .accessKey("AKLTb", "secret-b")
          .instances(2 * EACH)
          .stopDelay(Duration.ofMillis(900))
          .startNow();
  private final NettyTransport network = NettyTransport.create();
  private final Queue<String> described = new ConcurrentLinkedQueue<>();

  @AfterEach
  void close() {
    network.disposeLater().then(simulator.disposeLater()).block(Duration.ofSeconds(10));
  }

  /** Records whose instances each call describes, and with which key. */
  private final class Recording implements HttpExchange {

    @Override
    public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
      String key = request.headers().getOrDefault("Authorization", "none");
      String owners =
          Stream.of(request.target().split("&", -1))
              .filter(parameter -> parameter.startsWith("InstanceIds."))
              .map(parameter -> ownerOf(parameter.substring(parameter.indexOf('=') + 1)))
              .distinct()
              .sorted()
              .collect(Collectors.joining());
      if (!owners.isEmpty()) {
        described.add(owners + " by " + (key.contains("AKLTa") ? "a" : "b"));
      }
      return network.exchange(request, maySend);
    }
  }

  private String ownerOf(String id) {
    return simulator.ids().indexOf(id) < EACH ? "a" : "b";
  }

  private EcsClient client(CredentialsProvider credentials) {
    return EcsClient.builder()
        .endpoint(simulator.endpoint())
        .region("cn-beijing")
        .credentials(credentials)
        .transport(new Recording())
        .build();
  }

  private Flux<ShutdownOutcome> run(EcsClient client, String tenant) {
    ShutdownOptions options =
        ShutdownOptions.builder()
            .awaitOptions(wait -> wait.pollInterval(Duration.ofMillis(200)))
            .build();
    int first = tenant.equals("a") ? 0 : EACH;
    return FleetShutdown.create(client, options)
        .stop(Flux.fromIterable(simulator.ids().subList(first, first + EACH)).map(InstanceId::of))
        .contextWrite(Context.of("tenant", tenant));
  }

  private List<ShutdownOutcome> runBoth(CredentialsProvider credentials) {
    try (EcsClient client = client(credentials)) {
      return Flux.merge(run(client, "a"), run(client, "b").onErrorComplete(EcsException.class))
          .collectList()
          .blockOptional(Duration.ofSeconds(30))
          .orElseThrow();
    }
  }

  @Test
  void instancesOfATenant_areDescribedByItsKeyOnly() {
    List<ShutdownOutcome> outcomes =
        runBoth(
            () ->
                Mono.deferContextual(
                    context ->
                        Mono.just(
                            context.get("tenant").equals("a")
                                ? Credentials.of("AKLTa", "secret-a")
                                : Credentials.of("AKLTb", "secret-b"))));

    assertThat(outcomes).hasSize(2 * EACH).allMatch(ShutdownOutcome.Stopped.class::isInstance);
    assertThat(described).contains("a by a", "b by b").doesNotContain("ab by a", "ab by b");
    assertThat(described).doesNotContain("a by b", "b by a");
  }

  /** The id of a key is in each request that it signs, so others may know it. */
  @Test
  void keyIdWithAnotherSecret_sharesNoCall() {
    List<ShutdownOutcome> outcomes =
        runBoth(
            () ->
                Mono.deferContextual(
                    context ->
                        Mono.just(
                            context.get("tenant").equals("a")
                                ? Credentials.of("AKLTa", "secret-a")
                                : Credentials.of("AKLTa", "guessed"))));

    assertThat(outcomes.stream().filter(ShutdownOutcome.Stopped.class::isInstance))
        .hasSize(EACH)
        .allMatch(outcome -> ownerOf(outcome.instanceId().value()).equals("a"));
    assertThat(described).contains("a by a").doesNotContain("ab by a");
  }

  @Test
  void runsWithOneKey_shareTheirPolls() {
    List<ShutdownOutcome> outcomes =
        runBoth(CredentialsProvider.fixed(Credentials.of("AKLTa", "secret-a")));

    assertThat(outcomes).hasSize(2 * EACH);
    assertThat(described).contains("ab by a");
  }
}

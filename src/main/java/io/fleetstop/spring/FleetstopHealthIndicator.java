package io.fleetstop.spring;

import io.fleetstop.credentials.CredentialsProvider;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import reactor.core.publisher.Mono;

/**
 * Reports the last reply that each client got and, if configured, whether credentials can be
 * resolved. Never calls ECS.
 */
final class FleetstopHealthIndicator implements ReactiveHealthIndicator {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final Map<String, EcsClientLifecycle> clients;
  private final Mono<Health.Builder> base;

  /**
   * Creates the indicator.
   *
   * @param clients all clients by their names
   */
  FleetstopHealthIndicator(
      Map<String, EcsClientLifecycle> clients, CredentialsProvider credentials, boolean resolve) {
    this.clients = new TreeMap<>(clients);
    this.base =
        resolve
            ? Mono.defer(credentials::resolve) // once for each health check
                .timeout(TIMEOUT)
                .map(found -> Health.up().withDetail("credentials", "resolved"))
                .onErrorResume(error -> Mono.just(unresolved(error)))
                .switchIfEmpty(
                    Mono.fromSupplier(() -> Health.down().withDetail("credentials", "none")))
            : Mono.fromSupplier(Health::up);
  }

  /** The type alone: the message of a source that the application wrote may hold anything. */
  private static Health.Builder unresolved(Throwable error) {
    return Health.down().withDetail("credentials", error.getClass().getSimpleName());
  }

  @Override
  public Mono<Health> health() {
    return base.map(this::withLastReplies);
  }

  private Health withLastReplies(Health.Builder health) {
    Map<String, Object> details = new LinkedHashMap<>();
    clients.forEach((name, client) -> details.put(name, client.lastReply().details()));
    health.withDetail("clients", details);
    boolean rejected =
        clients.values().stream().anyMatch(client -> client.lastReply().isRejectedIdentity());
    return rejected ? health.down().build() : health.build();
  }
}

package io.fleetstop.spring;

import io.fleetstop.credentials.CredentialsProvider;
import java.time.Duration;
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

  private final EcsClientLifecycle client;
  private final Map<String, EcsClientLifecycle> named;
  private final Mono<Health.Builder> base;

  /**
   * Creates the indicator.
   *
   * @param named the clients below {@code fleetstop.clients} by their names
   */
  FleetstopHealthIndicator(
      EcsClientLifecycle client,
      Map<String, EcsClientLifecycle> named,
      CredentialsProvider credentials,
      boolean resolve) {
    this.client = client;
    this.named = named;
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
    health.withDetails(client.lastReply().details());
    Map<String, Object> others = new TreeMap<>();
    named.forEach((name, other) -> others.put(name, other.lastReply().details()));
    if (!others.isEmpty()) {
      health.withDetail("clients", others);
    }
    boolean rejected =
        client.lastReply().isRejectedIdentity()
            || named.values().stream().anyMatch(other -> other.lastReply().isRejectedIdentity());
    return rejected ? health.down().build() : health.build();
  }
}

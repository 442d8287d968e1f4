package io.fleetstop.spring;

import io.fleetstop.credentials.CredentialsProvider;
import java.time.Duration;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import reactor.core.publisher.Mono;

/**
 * Reports the last reply of the service and, if configured, whether credentials can be resolved.
 * Never calls ECS.
 */
final class FleetstopHealthIndicator implements ReactiveHealthIndicator {

  private static final Duration TIMEOUT = Duration.ofSeconds(5);

  private final CallLog calls;
  private final Mono<Health.Builder> base;

  FleetstopHealthIndicator(CallLog calls, CredentialsProvider credentials, boolean resolve) {
    this.calls = calls;
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
    return base.map(this::withLastReply);
  }

  private Health withLastReply(Health.Builder health) {
    CallLog.Reply last = calls.last();
    if (last == null) {
      return health.withDetail("lastReply", "none").build();
    }
    if (last.isRejectedIdentity()) {
      health.down();
    }
    return health
        .withDetail("lastReply", last.describe())
        .withDetail("throttled", last.isThrottled())
        .build();
  }
}

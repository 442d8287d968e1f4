package io.fleetstop.limit;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiConsumer;
import java.util.function.Function;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * The limiters of a process by scope. The service counts calls per account, region and action;
 * clients with the same registry share a limiter where they share a quota.
 *
 * <p>Safe for concurrent use, without locks. Limiters live as long as the registry.
 */
public final class RateLimiterRegistry {

  /** The upper bound of the standard rate of {@code DescribeInstances}, per second. */
  public static final double DEFAULT_DESCRIBE_CEILING = 50;

  /** Sends the provider's burst within half a second. */
  private static final double DESCRIBE_INITIAL_RATE = 20;

  /** The rate of Volcengine's Terraform provider, per second and action. */
  private static final double CAUTIOUS_RATE = 4;

  /** The burst of Volcengine's Terraform provider. */
  private static final int CAUTIOUS_BURST = 10;

  /**
   * The scope of one quota of the service.
   *
   * @param account a name for the account, chosen by the user. Never the id of an access key: keys
   *     change, those of a role every hour, and the quota does not.
   * @param region the region's id
   * @param action the action's name
   */
  public record Scope(String account, String region, String action) {

    /** Rejects blank names. */
    public Scope {
      requireText("account", account);
      requireText("region", region);
      requireText("action", action);
    }

    private static void requireText(String field, String value) {
      if (value.isBlank()) {
        throw new IllegalArgumentException(field + " must not be blank, was \"" + value + "\"");
      }
    }
  }

  private final Function<Scope, RateLimiter> factory;
  // Copied on write: scopes are few, read with every call, and rarely added.
  private final AtomicReference<Map<Scope, RateLimiter>> known = new AtomicReference<>(Map.of());
  private final List<BiConsumer<Scope, RateLimiter>> listeners = new CopyOnWriteArrayList<>();

  private RateLimiterRegistry(Function<Scope, RateLimiter> factory) {
    this.factory = Objects.requireNonNull(factory, "factory");
  }

  /**
   * Returns a registry that creates the limiter of a scope with {@code factory} on first use.
   *
   * <p>Concurrent first callers may each call the factory; one of the limiters is kept and returned
   * to all of them. The factory may return one limiter for several scopes.
   */
  public static RateLimiterRegistry of(Function<Scope, RateLimiter> factory) {
    return new RateLimiterRegistry(factory);
  }

  /**
   * Returns a new registry with the default limiters: adaptive ones for {@code StopInstance},
   * {@code StopInstances} and {@code StartInstance}, up to {@value AdaptiveOptions#DEFAULT_CEILING}
   * permits per second each, and for {@code DescribeInstances}, up to {@value
   * #DEFAULT_DESCRIBE_CEILING}, since no quota is documented. For every other action it is a token
   * bucket of 4 permits per second and a burst of 10, the limit that Volcengine's own Terraform
   * provider sets itself.
   */
  public static RateLimiterRegistry standard() {
    return of(
        scope ->
            switch (scope.action()) {
              case "StopInstance", "StopInstances", "StartInstance" -> RateLimiter.adaptive();
              case "DescribeInstances" -> describeLimiter(DEFAULT_DESCRIBE_CEILING);
              default -> RateLimiter.tokenBucket(CAUTIOUS_RATE, CAUTIOUS_BURST);
            });
  }

  /**
   * Returns a new adaptive limiter as the {@linkplain #standard() standard} one of {@code
   * DescribeInstances}, with another upper bound. It starts at 20 permits per second, or at the
   * bound if that is lower.
   *
   * @param ceiling the upper bound, in permits per second
   * @throws IllegalArgumentException if the ceiling is not positive
   */
  public static RateLimiter describeLimiter(double ceiling) {
    return RateLimiter.adaptive(describeOptions(ceiling));
  }

  /**
   * Returns the options of {@link #describeLimiter}.
   *
   * @param ceiling the upper bound, in permits per second
   * @throws IllegalArgumentException if the ceiling is not positive
   */
  public static AdaptiveOptions describeOptions(double ceiling) {
    return AdaptiveOptions.builder()
        .ceiling(ceiling)
        .initialRate(Math.min(DESCRIBE_INITIAL_RATE, ceiling))
        .build();
  }

  /**
   * Notifies {@code listener} of every limiter created so far, and of each new one on the thread
   * that first requests it. A limiter that is created concurrently may be reported twice.
   */
  public void addListener(BiConsumer<Scope, RateLimiter> listener) {
    Objects.requireNonNull(listener, "listener");
    // Added first, so that no limiter is missed.
    listeners.add(listener);
    limiters().forEach(listener);
  }

  /** Returns the limiter of {@code scope}, the same object each time. */
  public RateLimiter limiter(Scope scope) {
    RateLimiter found = limiters().get(scope);
    if (found != null) {
      return found;
    }
    RateLimiter created =
        Objects.requireNonNull(factory.apply(scope), () -> "factory returned null for " + scope);
    Map<Scope, RateLimiter> now = known.updateAndGet(before -> with(before, scope, created));
    RateLimiter kept = Objects.requireNonNull(now.get(scope));
    if (kept == created) {
      listeners.forEach(listener -> notifyListener(listener, scope, kept));
    }
    return kept;
  }

  /** A listener that throws must not fail the call that was the first of its scope. */
  private static void notifyListener(
      BiConsumer<Scope, RateLimiter> listener, Scope scope, RateLimiter limiter) {
    try {
      listener.accept(scope, limiter);
    } catch (Throwable thrown) {
      Operators.onErrorDropped(thrown, Context.empty());
    }
  }

  /**
   * Returns the limiters created so far, for gauges and for changes at runtime; an immutable
   * snapshot.
   */
  public Map<Scope, RateLimiter> limiters() {
    return Objects.requireNonNull(known.get());
  }

  private static Map<Scope, RateLimiter> with(
      Map<Scope, RateLimiter> before, Scope scope, RateLimiter created) {
    if (before.containsKey(scope)) {
      return before;
    }
    Map<Scope, RateLimiter> after = new HashMap<>(before);
    after.put(scope, created);
    return Map.copyOf(after);
  }
}

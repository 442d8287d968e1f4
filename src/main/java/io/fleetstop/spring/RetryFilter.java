package io.fleetstop.spring;

import io.fleetstop.error.Preconditions;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.limit.RateLimiterRegistry.Scope;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.util.UriComponentsBuilder;
import reactor.core.publisher.Mono;

/**
 * Rate-limits the requests of a {@code WebClient} to the platform and retries them by the error
 * codes of the replies. Thread-safe; its requests share one retry budget.
 *
 * <p>Each attempt waits for a permit of the limiter. The policy's attempt timeout bounds an attempt
 * up to the head of its reply; the policy's deadline bounds the exchange. To find the error code, a
 * bounded prefix of each reply that has an error status or is JSON is read ahead; the caller still
 * gets the whole body. The request's body is buffered on the first attempt, up to a limit, and
 * replayed on each retry.
 *
 * <p><strong>Idempotency:</strong> a request that may have reached the service is retried only if
 * it is a read or carries a client token: it has a {@code ClientToken} in its query, or an {@code
 * Action} that starts with {@code Describe}, {@code List} or {@code Get}. {@link
 * Builder#repeatable} replaces that rule.
 *
 * <p><strong>Result:</strong> the last reply, whatever its status. Without a reply, an {@code
 * EcsException} with all attempts in its history. A body above its limit is an {@code
 * IllegalArgumentException}, which the {@code WebClient} may wrap.
 *
 * <p>Register it before {@link SigningFilter}, so that each attempt is signed again; it has that
 * filter refresh credentials and correct clock skew.
 */
public final class RetryFilter implements ExchangeFilterFunction {

  private static final String UNNAMED = "unnamed";

  private final RetryPolicy policy;
  private final RetryBudget budget;
  private final Function<ClientRequest, RateLimiter> limiter;
  private final Predicate<ClientRequest> repeatable;
  private final int maxBodyBytes;
  private final int maxPeekBytes;

  private RetryFilter(Builder builder) {
    this.policy = builder.policy;
    this.budget = builder.budget == null ? RetryBudget.standard() : builder.budget;
    this.limiter = builder.limiter;
    this.repeatable = builder.repeatable;
    this.maxBodyBytes = builder.maxBodyBytes;
    this.maxPeekBytes = builder.maxPeekBytes;
  }

  /** Returns a builder with every option at its default. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
    return Mono.defer(() -> new RetriedExchange(this, request, next).run());
  }

  RetryPolicy policy() {
    return policy;
  }

  RetryBudget budget() {
    return budget;
  }

  RateLimiter limiterFor(ClientRequest request) {
    return limiter.apply(request);
  }

  boolean isRepeatable(ClientRequest request) {
    return repeatable.test(request);
  }

  int maxBodyBytes() {
    return maxBodyBytes;
  }

  int maxPeekBytes() {
    return maxPeekBytes;
  }

  private static boolean isReadOrCarriesToken(ClientRequest request) {
    String token = parameter(request, "ClientToken");
    String action = parameter(request, "Action");
    boolean read =
        action != null
            && (action.startsWith("Describe")
                || action.startsWith("List")
                || action.startsWith("Get"));
    return read || (token != null && !token.isBlank());
  }

  static @Nullable String parameter(ClientRequest request, String name) {
    return UriComponentsBuilder.fromUri(request.url()).build().getQueryParams().getFirst(name);
  }

  /** Collects options. Not thread-safe. */
  public static final class Builder {

    private RetryPolicy policy = RetryPolicy.defaults();
    private @Nullable RetryBudget budget;
    private Function<ClientRequest, RateLimiter> limiter = request -> RateLimiter.unlimited();
    private Predicate<ClientRequest> repeatable = RetryFilter::isReadOrCarriesToken;
    private int maxBodyBytes = 1024 * 1024;
    private int maxPeekBytes = 64 * 1024;

    private Builder() {}

    /** Sets the retry policy. Default: {@link RetryPolicy#defaults()}. */
    public Builder policy(RetryPolicy policy) {
      this.policy = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /** Sets the retry budget. Default: a {@link RetryBudget#standard()} for this filter only. */
    public Builder budget(RetryBudget budget) {
      this.budget = Objects.requireNonNull(budget, "budget");
      return this;
    }

    /**
     * Sets one limiter for all requests. Replaces {@link #limiters}. Default: no limit.
     *
     * @see #limiters(RateLimiterRegistry, String, String)
     */
    public Builder limiter(RateLimiter limiter) {
      Objects.requireNonNull(limiter, "limiter");
      this.limiter = request -> limiter;
      return this;
    }

    /**
     * Sets one limiter per action, by the {@code Action} of the query; shared with every client
     * that uses {@code limiters}. Replaces a {@link #limiter}. Default: no limit.
     *
     * @param account the account's name in {@code limiters}
     * @param region the called region
     * @see #limiter(RateLimiter)
     */
    public Builder limiters(RateLimiterRegistry limiters, String account, String region) {
      Objects.requireNonNull(limiters, "limiters");
      this.limiter =
          request -> {
            String action = parameter(request, "Action");
            String name = action == null || action.isBlank() ? UNNAMED : action;
            return limiters.limiter(new Scope(account, region, name));
          };
      return this;
    }

    /** Sets which requests may be retried although the service may have acted on them. */
    public Builder repeatable(Predicate<ClientRequest> repeatable) {
      this.repeatable = Objects.requireNonNull(repeatable, "repeatable");
      return this;
    }

    /**
     * Sets the largest request body, in bytes. Default: 1 MiB.
     *
     * @throws IllegalArgumentException if {@code maxBodyBytes} is less than 1
     */
    public Builder maxBodyBytes(int maxBodyBytes) {
      this.maxBodyBytes = Preconditions.positive("maxBodyBytes", maxBodyBytes);
      return this;
    }

    /**
     * Sets the maximum number of bytes of a reply that are read ahead. Default: 64 KiB.
     *
     * @throws IllegalArgumentException if {@code maxPeekBytes} is less than 1
     */
    public Builder maxPeekBytes(int maxPeekBytes) {
      this.maxPeekBytes = Preconditions.positive("maxPeekBytes", maxPeekBytes);
      return this;
    }

    /** Returns the filter. */
    public RetryFilter build() {
      return new RetryFilter(this);
    }
  }
}

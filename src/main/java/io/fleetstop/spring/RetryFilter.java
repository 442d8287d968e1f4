package io.fleetstop.spring;

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
 * Paces the requests of a {@code WebClient} to the platform and tries them again as the error codes
 * of the replies demand. Thread-safe; holds the retries that its requests share.
 *
 * <p>Each try waits for a permit of the limiter and has the policy's attempt timeout up to the head
 * of its reply; the policy's deadline bounds the exchange. To find the code, the start of each
 * reply that has an error status or is JSON is read ahead, up to a bound; the caller gets the whole
 * body all the same. A body to send is gathered on the first try, up to a bound, and each further
 * try sends the same bytes.
 *
 * <p><strong>Repetition:</strong> a request that may have reached the service is repeated only if
 * it is a read or carries a client token. By the platform's naming that is one with a {@code
 * ClientToken} in its query, or an {@code Action} that begins with {@code Describe}, {@code List}
 * or {@code Get}; {@link Builder#repeatable} says otherwise.
 *
 * <p><strong>What the caller gets:</strong> the last reply, whatever its status. Where there is
 * none, an {@code EcsException} with all tries in its history. A body that is larger than its bound
 * is an {@code IllegalArgumentException}, as the cause of what the client makes of it.
 *
 * <p>Register it before {@link SigningFilter}, so that each try is signed afresh; it has that
 * filter refresh credentials and correct its clock.
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

  /** Starts a filter with every option at its default. */
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
    boolean isRead =
        action != null
            && (action.startsWith("Describe")
                || action.startsWith("List")
                || action.startsWith("Get"));
    return isRead || (token != null && !token.isBlank());
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

    /** What is tried again, how often and for how long. Default {@link RetryPolicy#defaults()}. */
    public Builder policy(RetryPolicy policy) {
      this.policy = Objects.requireNonNull(policy, "policy");
      return this;
    }

    /** The shared retries. Default {@link RetryBudget#standard()}, of this filter alone. */
    public Builder budget(RetryBudget budget) {
      this.budget = Objects.requireNonNull(budget, "budget");
      return this;
    }

    /** One pace for all requests. Default no limit. */
    public Builder limiter(RateLimiter limiter) {
      Objects.requireNonNull(limiter, "limiter");
      this.limiter = request -> limiter;
      return this;
    }

    /**
     * The pace of each action, by the {@code Action} of the query; shared with whoever else holds
     * {@code limiters}, an {@code EcsClient} for one.
     *
     * @param account the name that stands for the account there
     * @param region the region that is called
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

    /** Which requests may be sent again although the service may have acted on them. */
    public Builder repeatable(Predicate<ClientRequest> repeatable) {
      this.repeatable = Objects.requireNonNull(repeatable, "repeatable");
      return this;
    }

    /** The largest body that is sent, in bytes, at least 1. Default 1 MiB. */
    public Builder maxBodyBytes(int maxBodyBytes) {
      this.maxBodyBytes = positive("maxBodyBytes", maxBodyBytes);
      return this;
    }

    /** How much of a reply is read ahead for its code, in bytes, at least 1. Default 64 KiB. */
    public Builder maxPeekBytes(int maxPeekBytes) {
      this.maxPeekBytes = positive("maxPeekBytes", maxPeekBytes);
      return this;
    }

    /** The filter. */
    public RetryFilter build() {
      return new RetryFilter(this);
    }

    private static int positive(String field, int value) {
      if (value < 1) {
        throw new IllegalArgumentException(field + " must be at least 1, was " + value);
      }
      return value;
    }
  }
}

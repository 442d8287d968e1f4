package io.fleetstop;

import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.Preconditions;
import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.sign.ClockSkew;
import io.fleetstop.transport.Authority;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.NettyTransport;
import io.fleetstop.transport.TransportOptions;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Builds an {@link EcsClient}. Not thread-safe. */
public final class EcsClientBuilder {

  private static final Logger LOG = LoggerFactory.getLogger(EcsClientBuilder.class);

  private @Nullable String region;
  private EndpointResolver endpoints = VolcengineEndpoints.defaults();
  private String account = "default";
  private CredentialsProvider credentials = CredentialsProvider.defaultChain();
  private @Nullable HttpExchange transport;
  private @Nullable TransportOptions transportOptions;
  private RetryPolicy retryPolicy = RetryPolicy.defaults();
  private @Nullable RetryBudget retryBudget;
  private @Nullable RateLimiterRegistry rateLimiters;
  private int maxInFlight = 64;
  private int maxOpenInstances = 100_000;
  private Duration closeTimeout = Duration.ofSeconds(20);
  private final List<CallListener> listeners = new ArrayList<>();
  private InstantSource clock = InstantSource.system();

  EcsClientBuilder() {}

  /**
   * Sets the region, for example {@code cn-beijing}, which is part of the signature. Default: none;
   * required.
   *
   * @throws IllegalArgumentException if {@code region} is not lower-case letters, digits and {@code
   *     -}
   */
  public EcsClientBuilder region(String region) {
    this.region = VolcengineEndpoints.requireRegion("region", region);
    return this;
  }

  /**
   * Sets the address of the service: scheme, host, and optionally port and path. Replaces an {@link
   * #endpointResolver}. Default: the address of the default resolver.
   *
   * @throws IllegalArgumentException if {@code endpoint} is not {@code
   *     http(s)://host[:port][/path]}
   * @see #endpointResolver(EndpointResolver)
   */
  public EcsClientBuilder endpoint(URI endpoint) {
    return endpointResolver(EndpointResolver.of(endpoint));
  }

  /**
   * Sets the resolver of the service's address in the client's region. Replaces an {@link
   * #endpoint}. Environment variables are read only by {@link
   * VolcengineEndpoints#withEnvironment()}. Default: {@link VolcengineEndpoints#defaults()}, which
   * is {@code https://open.volcengineapi.com} except for a few regions.
   *
   * @see #endpoint(URI)
   */
  public EcsClientBuilder endpointResolver(EndpointResolver endpoints) {
    this.endpoints = Objects.requireNonNull(endpoints, "endpoints");
    return this;
  }

  /**
   * Sets the name of the account; clients with the same name share rate limits. Do not use the
   * access key id, which changes. Default: {@code default}.
   *
   * @throws IllegalArgumentException if {@code account} is blank
   */
  public EcsClientBuilder account(String account) {
    if (Objects.requireNonNull(account, "account").isBlank()) {
      throw new IllegalArgumentException("account must not be blank");
    }
    this.account = account;
    return this;
  }

  /** Sets the source of the credentials. Default: {@link CredentialsProvider#defaultChain()}. */
  public EcsClientBuilder credentials(CredentialsProvider credentials) {
    this.credentials = Objects.requireNonNull(credentials, "credentials");
    return this;
  }

  /**
   * Sets a transport that the caller creates and closes, instead of the client's own. Cannot be
   * combined with {@link #transportOptions}. Default: none; the client creates and closes its own.
   *
   * @see #transportOptions(TransportOptions)
   */
  public EcsClientBuilder transport(HttpExchange transport) {
    this.transport = Objects.requireNonNull(transport, "transport");
    return this;
  }

  /**
   * Sets the options of the client's own transport. {@link #maxInFlight(int)} overrides their
   * number of connections, because a smaller pool would be a second, hidden queue. Cannot be
   * combined with {@link #transport}. Default: {@link TransportOptions#defaults()}.
   *
   * @see #transport(HttpExchange)
   */
  public EcsClientBuilder transportOptions(TransportOptions transportOptions) {
    this.transportOptions = Objects.requireNonNull(transportOptions, "transportOptions");
    return this;
  }

  /**
   * Sets the retries and the time limits of a call. Default: {@link RetryPolicy#defaults()}.
   *
   * @see #retryBudget(RetryBudget)
   */
  public EcsClientBuilder retryPolicy(RetryPolicy retryPolicy) {
    this.retryPolicy = Objects.requireNonNull(retryPolicy, "retryPolicy");
    return this;
  }

  /**
   * Sets the budget of retries that all calls share. Share the object to share it between clients.
   * Default: {@link RetryBudget#STANDARD_RETRIES}, or {@link #maxInFlight(int)} if that is more,
   * for this client only.
   *
   * @see #retryPolicy(RetryPolicy)
   */
  public EcsClientBuilder retryBudget(RetryBudget retryBudget) {
    this.retryBudget = Objects.requireNonNull(retryBudget, "retryBudget");
    return this;
  }

  /**
   * Sets the rate limiters by action. Replaces a {@link #rateLimiter}. Default: {@link
   * RateLimiterRegistry#standard()}, for this client only.
   *
   * @see #rateLimiter(RateLimiter)
   */
  public EcsClientBuilder rateLimiters(RateLimiterRegistry rateLimiters) {
    this.rateLimiters = Objects.requireNonNull(rateLimiters, "rateLimiters");
    return this;
  }

  /**
   * Sets one rate limiter for all actions together. Replaces {@link #rateLimiters}. Default: one
   * limiter for each action.
   *
   * @see #rateLimiters(RateLimiterRegistry)
   */
  public EcsClientBuilder rateLimiter(RateLimiter rateLimiter) {
    Objects.requireNonNull(rateLimiter, "rateLimiter");
    return rateLimiters(RateLimiterRegistry.of(scope -> rateLimiter));
  }

  /**
   * Sets the maximum number of concurrent requests. Further calls are queued, fair between runs; a
   * call holds no slot during the delay before a retry. Requests that time out lower the number,
   * and replies raise it again, as {@link ConcurrencyLimiter#adaptive} describes. Default: 64.
   *
   * @throws IllegalArgumentException if {@code maxInFlight} is less than 1
   */
  public EcsClientBuilder maxInFlight(int maxInFlight) {
    this.maxInFlight = Preconditions.positive("maxInFlight", maxInFlight);
    return this;
  }

  /**
   * Sets the maximum number of instances that all fleet runs of the client have open together, from
   * their start to their outcome. An open instance occupies about 1 KB of heap beside its id.
   * Further instances wait, fair between runs, and are not requested from the source of their ids.
   * A run that gets no slot for its first instance within the deadline of the {@link
   * #retryPolicy(RetryPolicy)} ends with {@link
   * io.fleetstop.error.ClientErrors#TOO_MANY_OPEN_INSTANCES}. Default: 100,000.
   *
   * @throws IllegalArgumentException if {@code maxOpenInstances} is less than 1
   */
  public EcsClientBuilder maxOpenInstances(int maxOpenInstances) {
    this.maxOpenInstances = Preconditions.positive("maxOpenInstances", maxOpenInstances);
    return this;
  }

  /**
   * Sets the maximum time that {@link EcsClient#closeAsync()} waits for the client's fleet runs to
   * drain. Default: 20 s, which lets requests on the wire end and fits into the 30 s that
   * Kubernetes grants.
   *
   * @throws IllegalArgumentException if {@code closeTimeout} is not 1 ms to 365 days
   */
  public EcsClientBuilder closeTimeout(Duration closeTimeout) {
    this.closeTimeout = Preconditions.positive("closeTimeout", closeTimeout);
    return this;
  }

  /** Adds a call listener. Default: none. */
  public EcsClientBuilder listener(CallListener listener) {
    listeners.add(Objects.requireNonNull(listener, "listener"));
    return this;
  }

  /** Sets the clock of the signatures. Default: the system clock. */
  public EcsClientBuilder clock(InstantSource clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
    return this;
  }

  private RetryBudget defaultRetryBudget() {
    // A gateway that is restarted drops every call in flight: each of them may be retried once.
    return RetryBudget.ofRetries(Math.max(RetryBudget.STANDARD_RETRIES, maxInFlight));
  }

  private TransportOptions pooled() {
    TransportOptions.Builder options =
        transportOptions == null ? TransportOptions.builder() : transportOptions.mutate();
    return options.maxConnections(maxInFlight).build();
  }

  /**
   * Returns the client. It connects and resolves credentials with the first call.
   *
   * @throws IllegalArgumentException if no region was set, the endpoint is not {@code
   *     http(s)://host[:port][/path]}, or both {@link #transport} and {@link #transportOptions}
   *     were set
   */
  public EcsClient build() {
    if (region == null) {
      throw new IllegalArgumentException("region must be set, such as cn-beijing");
    }
    if (transport != null && transportOptions != null) {
      throw new IllegalArgumentException(
          "transport and transportOptions are both set; set one of them");
    }
    URI endpoint = ServiceAddress.checked(endpoints.resolve(DefaultEcsClient.ECS, region));
    if (endpoint.getScheme().equals("http") && !Authority.isLoopback(endpoint)) {
      LOG.warn(
          "Requests to {} are sent without TLS and can be read and replayed for minutes; use https",
          endpoint.getRawAuthority());
    }
    ActionCodec.warmUp();
    HttpExchange exchange = transport == null ? NettyTransport.create(pooled()) : transport;
    Mono<Void> disposal = transport == null ? exchange.disposeLater() : Mono.empty();
    return new DefaultEcsClient(
        new ClientConfig(
            account,
            region,
            endpoints,
            credentials,
            exchange,
            retryPolicy,
            retryBudget == null ? defaultRetryBudget() : retryBudget,
            rateLimiters == null ? RateLimiterRegistry.standard() : rateLimiters,
            ConcurrencyLimiter.adaptive(maxInFlight),
            ConcurrencyLimiter.of(maxOpenInstances),
            CallListener.all(listeners),
            new ClockSkew(clock)),
        disposal,
        new ClosingTasks(closeTimeout));
  }
}

package io.fleetstop;

import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.sign.ClockSkew;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.NettyTransport;
import io.fleetstop.transport.TransportOptions;
import java.net.URI;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/** Collects the options of an {@link EcsClient}. Not thread-safe. */
public final class EcsClientBuilder {

  private static final Logger LOG = LoggerFactory.getLogger(EcsClientBuilder.class);

  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

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
  private final List<CallListener> listeners = new ArrayList<>();
  private InstantSource clock = InstantSource.system();

  EcsClientBuilder() {}

  /** The region, as {@code cn-beijing}. Required: requests say it in their signature alone. */
  public EcsClientBuilder region(String region) {
    this.region = VolcengineEndpoints.requireRegion("region", region);
    return this;
  }

  /**
   * The address of the service: scheme, host, and port and path if need be. Short for an {@link
   * #endpointResolver} that knows no other; whichever of the two is set last holds.
   */
  public EcsClientBuilder endpoint(URI endpoint) {
    return endpointResolver(EndpointResolver.of(endpoint));
  }

  /**
   * Where the service is called in the client's region. Default {@link
   * VolcengineEndpoints#defaults()}: {@code https://open.volcengineapi.com}, but for a few regions.
   * No environment variable is read unless {@link VolcengineEndpoints#withEnvironment()} is asked.
   */
  public EcsClientBuilder endpointResolver(EndpointResolver endpoints) {
    this.endpoints = Objects.requireNonNull(endpoints, "endpoints");
    return this;
  }

  /**
   * A name for the account, for sharing rate limits between clients; never the access key's id,
   * which changes. Default {@code default}.
   */
  public EcsClientBuilder account(String account) {
    if (account.isBlank()) {
      throw new IllegalArgumentException("account must not be blank");
    }
    this.account = account;
    return this;
  }

  /** Where credentials come from. Default {@link CredentialsProvider#defaultChain()}. */
  public EcsClientBuilder credentials(CredentialsProvider credentials) {
    this.credentials = Objects.requireNonNull(credentials, "credentials");
    return this;
  }

  /** A transport of the caller's, who also closes it. Default one of the client's own. */
  public EcsClientBuilder transport(HttpExchange transport) {
    this.transport = Objects.requireNonNull(transport, "transport");
    return this;
  }

  /**
   * The options of the client's own transport. Its number of connections is {@link
   * #maxInFlight(int)}, whatever they say: a pool that is smaller would be a second, hidden queue.
   */
  public EcsClientBuilder transportOptions(TransportOptions transportOptions) {
    this.transportOptions = Objects.requireNonNull(transportOptions, "transportOptions");
    return this;
  }

  /** What is tried again, how often and for how long. Default {@link RetryPolicy#defaults()}. */
  public EcsClientBuilder retryPolicy(RetryPolicy retryPolicy) {
    this.retryPolicy = Objects.requireNonNull(retryPolicy, "retryPolicy");
    return this;
  }

  /**
   * The retries that all calls share. Default {@link RetryBudget#standard()}, not shared further.
   */
  public EcsClientBuilder retryBudget(RetryBudget retryBudget) {
    this.retryBudget = Objects.requireNonNull(retryBudget, "retryBudget");
    return this;
  }

  /**
   * The pace of each action. Default {@link RateLimiterRegistry#standard()}, not shared further.
   */
  public EcsClientBuilder rateLimiters(RateLimiterRegistry rateLimiters) {
    this.rateLimiters = Objects.requireNonNull(rateLimiters, "rateLimiters");
    return this;
  }

  /** One pace for all actions together. */
  public EcsClientBuilder rateLimiter(RateLimiter rateLimiter) {
    Objects.requireNonNull(rateLimiter, "rateLimiter");
    return rateLimiters(RateLimiterRegistry.of(scope -> rateLimiter));
  }

  /**
   * How many requests may be on the wire at once, at least 1. Default 64. Calls beyond it wait in
   * the order in which they were paced; a call that waits before it is tried again holds no place.
   */
  public EcsClientBuilder maxInFlight(int maxInFlight) {
    if (maxInFlight < 1) {
      throw new IllegalArgumentException("maxInFlight must be at least 1, was " + maxInFlight);
    }
    this.maxInFlight = maxInFlight;
    return this;
  }

  /**
   * Somebody who hears of each call, beside those who were added before and after them. Default
   * nobody.
   */
  public EcsClientBuilder listener(CallListener listener) {
    listeners.add(Objects.requireNonNull(listener, "listener"));
    return this;
  }

  /** The clock that dates signatures. Default the system's. */
  public EcsClientBuilder clock(InstantSource clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
    return this;
  }

  private TransportOptions pooled() {
    TransportOptions.Builder options =
        transportOptions == null ? TransportOptions.builder() : transportOptions.mutate();
    return options.maxConnections(maxInFlight).build();
  }

  /**
   * The client. It connects, and asks for credentials, when the first call is made.
   *
   * @throws IllegalArgumentException if no region was set, there is no endpoint for it, or both a
   *     transport and options for one were set
   */
  public EcsClient build() {
    if (region == null) {
      throw new IllegalArgumentException("region must be set, as cn-beijing");
    }
    if (transport != null && transportOptions != null) {
      throw new IllegalArgumentException(
          "transportOptions are those of the client's own transport; set them or transport");
    }
    URI endpoint = ServiceAddress.checked(endpoints.resolve(DefaultEcsClient.ECS, region));
    if (endpoint.getScheme().equals("http") && !LOOPBACK.contains(endpoint.getHost())) {
      LOG.warn(
          "Requests to {} are sent without TLS: whoever sees them can repeat them for minutes",
          endpoint.getHost());
    }
    ActionCodec.prepare();
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
            retryBudget == null ? RetryBudget.standard() : retryBudget,
            rateLimiters == null ? RateLimiterRegistry.standard() : rateLimiters,
            ConcurrencyLimiter.of(maxInFlight),
            CallListener.all(listeners),
            new ClockSkew(clock)),
        disposal);
  }
}

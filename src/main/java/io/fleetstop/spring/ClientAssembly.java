package io.fleetstop.spring;

import io.fleetstop.EcsClientBuilder;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.limit.RateLimiterRegistry;
import io.fleetstop.observe.CallListener;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange;
import io.fleetstop.transport.TransportOptions;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.SslBundles;

/** Assembles the builder of a client from its properties and from the beans that clients share. */
final class ClientAssembly {

  private final RateLimiterRegistry limiters;
  private final ObjectProvider<CallListener> listeners;
  private final ObjectProvider<HttpExchange> transport;
  private final ObjectProvider<TransportOptionsCustomizer> transportCustomizers;
  private final ObjectProvider<EcsClientBuilderCustomizer> customizers;
  private final ObjectProvider<SslBundles> bundles;

  ClientAssembly(
      RateLimiterRegistry limiters,
      ObjectProvider<CallListener> listeners,
      ObjectProvider<HttpExchange> transport,
      ObjectProvider<TransportOptionsCustomizer> transportCustomizers,
      ObjectProvider<EcsClientBuilderCustomizer> customizers,
      ObjectProvider<SslBundles> bundles) {
    this.limiters = limiters;
    this.listeners = listeners;
    this.transport = transport;
    this.transportCustomizers = transportCustomizers;
    this.customizers = customizers;
    this.bundles = bundles;
  }

  /**
   * Returns a new builder.
   *
   * @param region the region, or {@code null} if the caller of the builder sets it
   * @param first a listener that comes before the beans, or {@code null}
   */
  EcsClientBuilder builder(
      FleetstopProperties properties,
      @Nullable String region,
      CredentialsProvider credentials,
      RetryPolicy retryPolicy,
      @Nullable CallListener first) {
    EcsClientBuilder builder =
        properties
            .clientBuilder()
            .credentials(credentials)
            .rateLimiters(limiters)
            .retryPolicy(retryPolicy);
    RetryBudget budget = properties.retry().sharedBudget();
    if (budget != null) {
      builder.retryBudget(budget);
    }
    if (region != null) {
      builder.region(region);
    }
    if (first != null) {
      builder.listener(first);
    }
    listeners.orderedStream().forEach(builder::listener);
    HttpExchange exchange = transport.getIfAvailable();
    if (exchange != null) {
      builder.transport(exchange);
    } else {
      builder.transportOptions(transportOptions(properties));
    }
    customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
    return builder;
  }

  /** Returns the options of the connections, also of those that request credentials. */
  TransportOptions transportOptions(FleetstopProperties properties) {
    TransportOptions.Builder options = properties.transport().options().mutate();
    String bundle = properties.transport().ssl().bundle();
    if (bundle != null && !bundle.isBlank()) {
      options.tls(BundledTls.options(bundle, bundles.getIfAvailable()));
    }
    transportCustomizers.orderedStream().forEach(customizer -> customizer.customize(options));
    return options.build();
  }
}

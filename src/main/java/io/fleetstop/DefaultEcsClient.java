package io.fleetstop;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.Instance;
import io.fleetstop.model.StopInstance;
import io.fleetstop.poll.InstancePoller;
import io.fleetstop.retry.RetryPolicy;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Creates a {@link CallExecution} for each subscription. */
final class DefaultEcsClient implements EcsClient {

  static final String ECS = "ecs";

  private final ClientConfig config;
  private final Mono<Void> disposal;
  private final ClientTokens tokens;
  private final Map<String, ServiceAddress> addresses;
  private final InstancePoller poller;
  private final ClosingTasks closing;

  DefaultEcsClient(ClientConfig config, Mono<Void> disposal, ClosingTasks closing) {
    this(
        config,
        closing.run().then(disposal),
        new ClientTokens(),
        new ConcurrentHashMap<>(),
        null,
        closing);
    // Resolved here and not by the first call, which may run on an event loop.
    addressOf(ECS);
  }

  private DefaultEcsClient(
      ClientConfig config,
      Mono<Void> disposal,
      ClientTokens tokens,
      Map<String, ServiceAddress> addresses,
      @Nullable InstancePoller shared,
      ClosingTasks closing) {
    this.config = config;
    this.disposal = disposal;
    this.tokens = tokens;
    this.addresses = addresses;
    this.closing = closing;
    this.poller =
        shared == null ? InstancePoller.create(this::describeInstances, identity(config)) : shared;
  }

  // The key decides what a call may see, whatever else the context of its caller holds. Its id
  // alone proves nothing: each call shows it.
  private static Mono<Credentials> identity(ClientConfig config) {
    return Mono.defer(() -> config.credentials().resolve())
        .map(
            key ->
                new Credentials(key.accessKeyId(), key.secretAccessKey(), key.sessionToken(), null))
        .timeout(config.retryPolicy().attemptTimeout());
  }

  @Override
  public Mono<StopInstance.Result> stopInstance(StopInstance request) {
    return call(request);
  }

  @Override
  public Flux<Instance> describeInstances(DescribeInstances request) {
    return Flux.defer(
        () -> {
          PageTokens chain = new PageTokens(request);
          return call(request)
              .expand(page -> nextPage(request, page, chain))
              .concatMapIterable(DescribeInstances.Page::instances, 1)
              // Of a named list it shows that a missing instance may be listed nevertheless.
              .filter(
                  instance ->
                      chain.isNamed()
                          || !instance.hasUnreadableRecord()
                          || !instance.instanceId().isEmpty());
        });
  }

  private Mono<DescribeInstances.Page> nextPage(
      DescribeInstances request, DescribeInstances.Page page, PageTokens chain) {
    String token = chain.next(page);
    return token == null ? Mono.empty() : call(request.withNextToken(token));
  }

  @Override
  public InstancePoller poller() {
    return poller;
  }

  @Override
  public ConcurrencyLimiter openInstances() {
    return config.openInstances();
  }

  @Override
  public <T> Mono<T> call(EcsAction<T> action) {
    return Mono.deferContextual(
        context ->
            new CallExecution<>(config, tokens.addTo(action), addressOf(action.service()), context)
                .run());
  }

  private ServiceAddress addressOf(String service) {
    String region = config.region();
    return addresses.computeIfAbsent(
        service, name -> ServiceAddress.of(config.endpoints().resolve(name, region), name, region));
  }

  @Override
  public EcsClient withRetryPolicy(UnaryOperator<RetryPolicy> change) {
    return new DefaultEcsClient(
        config.withRetryPolicy(change), Mono.empty(), tokens, addresses, poller, closing);
  }

  @Override
  public ClientGauges gauges() {
    return new ConfigGauges(config.region(), config.inFlight(), config.transport());
  }

  @Override
  public Disposable beforeClose(Mono<Void> task) {
    return closing.add(task);
  }

  @Override
  public Mono<Void> closeAsync() {
    return disposal;
  }
}

package io.fleetstop;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.EcsAction.Idempotency;
import io.fleetstop.model.Instance;
import io.fleetstop.model.StopInstance;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.sign.RequestSigner;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Makes a {@link Call} for each subscription. */
final class DefaultEcsClient implements EcsClient {

  private final ClientConfig config;
  private final Mono<Void> disposal;
  private final ClientTokens tokens;
  private final Map<String, RequestSigner> signers;

  DefaultEcsClient(ClientConfig config, Mono<Void> disposal) {
    this(config, disposal, new ClientTokens(), new ConcurrentHashMap<>());
  }

  private DefaultEcsClient(
      ClientConfig config,
      Mono<Void> disposal,
      ClientTokens tokens,
      Map<String, RequestSigner> signers) {
    this.config = config;
    this.disposal = disposal;
    this.tokens = tokens;
    this.signers = signers;
  }

  @Override
  public Mono<StopInstance.Result> stopInstance(StopInstance request) {
    return call(request);
  }

  @Override
  public Flux<Instance> describeInstances(DescribeInstances request) {
    return page(request, "")
        .expand(
            page ->
                page.nextToken().isEmpty()
                    ? Mono.empty()
                    : page(request.withNextToken(page.nextToken()), page.nextToken()))
        .concatMapIterable(DescribeInstances.Page::instances, 1);
  }

  private Mono<DescribeInstances.Page> page(DescribeInstances request, String token) {
    return call(request)
        .doOnNext(
            page -> {
              if (!token.isEmpty() && page.nextToken().equals(token)) {
                throw EcsException.builder(ClientErrors.UNREADABLE_REPLY, Delivery.REJECTED)
                    .action(request.action())
                    .detail("The service names a page as its own successor")
                    .build();
              }
            });
  }

  @Override
  public <T> Mono<T> call(EcsAction<T> action) {
    return Mono.deferContextual(
        context -> new Call<>(config, withToken(action), signerFor(action), context).run());
  }

  private <T> EcsAction<T> withToken(EcsAction<T> action) {
    return action.idempotency() == Idempotency.TOKEN && action.clientToken() == null
        ? action.withClientToken(tokens.next())
        : action;
  }

  private RequestSigner signerFor(EcsAction<?> action) {
    return signers.computeIfAbsent(
        action.service(), service -> RequestSigner.of(config.region(), service));
  }

  @Override
  public EcsClient withRetryPolicy(UnaryOperator<RetryPolicy> change) {
    return new DefaultEcsClient(config.withRetryPolicy(change), Mono.empty(), tokens, signers);
  }

  @Override
  public Mono<Void> disposeLater() {
    return disposal;
  }
}

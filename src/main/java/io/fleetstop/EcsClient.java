package io.fleetstop;

import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.Instance;
import io.fleetstop.model.StopInstance;
import io.fleetstop.retry.RetryPolicy;
import java.util.function.UnaryOperator;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Calls ECS. Made by {@link #builder()}; thread-safe, immutable, meant to be shared.
 *
 * <p>Everything is cold: nothing is sent before subscription, and each subscription is a call of
 * its own. Results arrive on a thread of the transport, errors also on {@code
 * Schedulers.parallel()}; neither may be blocked. Cancelling ends a call wherever it is: what was
 * not sent yet is not sent any more.
 *
 * <p>Every error is an {@link io.fleetstop.error.EcsException}. Its {@link
 * io.fleetstop.error.EcsException#delivery() delivery} says whether the service may have acted all
 * the same.
 */
public interface EcsClient {

  /** Starts a client with every option at its default. */
  static EcsClientBuilder builder() {
    return new EcsClientBuilder();
  }

  /** A client for a region, with every other option at its default. */
  static EcsClient create(String region) {
    return builder().region(region).build();
  }

  /**
   * Asks ECS to stop an instance. Success means that the service accepted the request, not that the
   * instance has stopped; a dry run succeeds if the request would have been accepted.
   *
   * <p>Each subscription carries a client token of its own, the same on all its attempts, unless
   * the request has one already. Throttling, failures of the service or the network, busy instances
   * and lack of capacity are tried again as the {@link RetryPolicy} says.
   */
  Mono<StopInstance.Result> stopInstance(StopInstance request);

  /**
   * The instances that match, page by page in the service's order. A page is asked for when the one
   * before it has been consumed, at most one ahead. Each page is a call with retries of its own.
   */
  Flux<Instance> describeInstances(DescribeInstances request);

  /** Calls any action, with the same signing, pace, retries and errors. */
  <T> Mono<T> call(EcsAction<T> action);

  /**
   * This client with a changed retry policy; everything else, from the connections to the shared
   * retry budget, is the same object. Only this client closes it.
   */
  EcsClient withRetryPolicy(UnaryOperator<RetryPolicy> change);

  /**
   * What the client is busy with at present, for metrics.
   *
   * @throws UnsupportedOperationException by default, for clients that do not count
   */
  default ClientGauges gauges() {
    throw new UnsupportedOperationException(getClass().getName() + " has no gauges");
  }

  /**
   * Closes what the client made for itself, the connection pool above all; resources that were
   * given to the builder stay open. Cold; calls that are running fail.
   */
  Mono<Void> closeAsync();
}

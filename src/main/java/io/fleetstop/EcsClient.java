package io.fleetstop;

import io.fleetstop.limit.ConcurrencyLimiter;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import io.fleetstop.model.StartInstance;
import io.fleetstop.model.StopInstance;
import io.fleetstop.model.StopInstances;
import io.fleetstop.poll.AwaitOptions;
import io.fleetstop.poll.InstancePoller;
import io.fleetstop.retry.RetryPolicy;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A client for ECS. Thread-safe, immutable, meant to be shared. {@link #builder()} makes one.
 *
 * <pre>{@code
 * EcsClient client = EcsClient.create("cn-beijing");
 * Mono<StopInstance.Result> stop =
 *     client.stopInstance(request -> request.instanceId("i-1").forceStop(true));
 * }</pre>
 *
 * <p>All publishers are cold: nothing is sent before subscription, and each subscription is a
 * separate call. Results are signalled on a thread of the transport, errors also on {@code
 * Schedulers.parallel()}; neither may be blocked. Cancellation ends a call in any phase; a request
 * that was not sent yet is not sent.
 *
 * <p>Every error is an {@link io.fleetstop.error.EcsException}. Its {@link
 * io.fleetstop.error.EcsException#delivery() delivery} says whether the service may have acted
 * nevertheless.
 */
public interface EcsClient extends AutoCloseable {

  /** Starts a client with every option at its default; the region is required. */
  static EcsClientBuilder builder() {
    return new EcsClientBuilder();
  }

  /** A client for a region, with every other option at its default. */
  static EcsClient create(String region) {
    return builder().region(region).build();
  }

  /**
   * Stops an instance. Success means that the service accepted the request, not that the instance
   * has stopped; a dry run succeeds if the service would accept the request.
   *
   * <p>A request without a client token gets a new one for each subscription; all attempts of the
   * subscription carry it. Throttling, failures of the service or the network, busy instances and
   * lack of capacity are retried by the {@link RetryPolicy}.
   */
  Mono<StopInstance.Result> stopInstance(StopInstance request);

  /**
   * As {@link #stopInstance(StopInstance)}, for a request that {@code request} configures, such as
   * {@code client.stopInstance(request -> request.instanceId("i-1").dryRun(true))}.
   *
   * @throws IllegalArgumentException if the request has no instance or a malformed parameter
   */
  default Mono<StopInstance.Result> stopInstance(Consumer<StopInstance.Builder> request) {
    StopInstance.Builder builder = StopInstance.builder();
    request.accept(builder);
    return stopInstance(builder.build());
  }

  /**
   * Stops up to 100 instances with one call, and returns one result for each of them: accepted,
   * rejected, or unknown if the reply does not name the instance. A call that fails as a whole is
   * an error, and its delivery that of all its instances.
   *
   * <p>A call that is repeated has the same instances in the same order and the same client token.
   * Results of instances are not retried: call again for those that were rejected. Ids in the reply
   * that the request does not have are ignored and reported to {@link
   * io.fleetstop.observe.CallListener#unrequestedIds}.
   *
   * <p>Default: {@link #call} with the request.
   */
  default Mono<StopInstances.Result> stopInstances(StopInstances request) {
    return call(request);
  }

  /**
   * As {@link #stopInstances(StopInstances)}, for a request that {@code request} configures.
   *
   * @throws IllegalArgumentException if the request has no instances or a malformed parameter
   */
  default Mono<StopInstances.Result> stopInstances(Consumer<StopInstances.Builder> request) {
    StopInstances.Builder builder = StopInstances.builder();
    request.accept(builder);
    return stopInstances(builder.build());
  }

  /**
   * Starts a stopped instance. Success means that the service accepted the request, not that the
   * instance runs; a dry run succeeds if the service would accept the request. Tokens and retries
   * are those of {@link #stopInstance(StopInstance)}.
   *
   * <p>Default: {@link #call} with the request.
   */
  default Mono<StartInstance.Result> startInstance(StartInstance request) {
    return call(request);
  }

  /**
   * As {@link #startInstance(StartInstance)}, for a request that {@code request} configures.
   *
   * @throws IllegalArgumentException if the request has no instance or a malformed parameter
   */
  default Mono<StartInstance.Result> startInstance(Consumer<StartInstance.Builder> request) {
    StartInstance.Builder builder = StartInstance.builder();
    request.accept(builder);
    return startInstance(builder.build());
  }

  /**
   * Returns the matching instances, page by page in the service's order. A page is fetched when its
   * predecessor has been consumed, at most one ahead. Each page is a call with its own retries.
   */
  Flux<Instance> describeInstances(DescribeInstances request);

  /**
   * Waits until an instance is stopped, with {@link AwaitOptions#defaults()}; otherwise as {@link
   * #awaitStopped(InstanceId, AwaitOptions)}.
   */
  default Mono<Instance> awaitStopped(InstanceId id) {
    return awaitStopped(id, AwaitOptions.defaults());
  }

  /**
   * Waits until {@code DescribeInstances} reports an instance as {@code STOPPED}:
   *
   * <pre>{@code
   * InstanceId id = InstanceId.of("i-1");
   * Mono<Instance> stopped =
   *     client.stopInstance(StopInstance.of(id)).then(client.awaitStopped(id));
   * }</pre>
   *
   * <ul>
   *   <li><strong>Value:</strong> the instance as the service has described it.
   *   <li><strong>Start:</strong> with the first request of each subscription. The first poll comes
   *       within 10 ms, if the limiter of {@code DescribeInstances} permits it; one call polls up
   *       to 100 instances of all waits and fleet runs of the client.
   *   <li><strong>Cancellation:</strong> ends the polls of the instance; a call that others share
   *       completes.
   *   <li><strong>Errors:</strong> an {@link io.fleetstop.error.EcsException} with the code {@code
   *       Client.NotStopped} if the instance is not stopped within {@link AwaitOptions#timeout()},
   *       is started again while it stops, or is {@code ERROR} or {@code DELETING}; {@code
   *       InvalidInstance.NotFound} if five polls in a row do not list it; the error of a poll if
   *       another one cannot succeed, such as one of category {@code AUTH}. Other failed polls are
   *       repeated.
   *   <li><strong>Threads:</strong> those of the transport, and {@code Schedulers.parallel()}.
   * </ul>
   */
  default Mono<Instance> awaitStopped(InstanceId id, AwaitOptions options) {
    return poller().awaitStopped(id, options);
  }

  /**
   * Waits until instances are stopped, with {@link AwaitOptions#defaults()}; otherwise as {@link
   * #awaitStopped(Publisher, AwaitOptions)}.
   */
  default Flux<Instance> awaitStopped(Publisher<InstanceId> ids) {
    return awaitStopped(ids, AwaitOptions.defaults());
  }

  /**
   * Waits until instances are stopped, each as {@link #awaitStopped(InstanceId, AwaitOptions)}
   * does.
   *
   * <ul>
   *   <li><strong>Values:</strong> each instance when it is stopped, in that order.
   *   <li><strong>Demand:</strong> up to 1,000 ids are requested ahead, and awaited at the same
   *       time; the next one is requested when one of them is done. Instances that are stopped
   *       before they are requested are kept, up to that number. The timeout of an instance starts
   *       with its wait.
   *   <li><strong>Cancellation:</strong> ends all waits, and cancels {@code ids}.
   *   <li><strong>Errors:</strong> those of single instances and of {@code ids} itself, after all
   *       other waits have ended. Several are one composite, see {@code
   *       reactor.core.Exceptions#unwrapMultiple}.
   * </ul>
   */
  default Flux<Instance> awaitStopped(Publisher<InstanceId> ids, AwaitOptions options) {
    return poller().awaitStopped(ids, options);
  }

  /**
   * Returns the poller that all waits of this client share, so that instances of any number of runs
   * are described by the same calls. A client that wraps another one returns that of the other.
   * Default: a new poller for each call of this method.
   */
  default InstancePoller poller() {
    return InstancePoller.create(this::describeInstances);
  }

  /**
   * Returns the limiter of the instances that all fleet runs of this client have open together. A
   * client that wraps another one returns that of the other. Default: a new limiter without a bound
   * for each call of this method.
   *
   * @see EcsClientBuilder#maxOpenInstances(int)
   */
  default ConcurrencyLimiter openInstances() {
    return ConcurrencyLimiter.of(Integer.MAX_VALUE);
  }

  /** Calls any action, with the same signing, rate limits, retries and errors. */
  <T> Mono<T> call(EcsAction<T> action);

  /**
   * Returns a client with a changed retry policy. It shares everything else with this client, from
   * the connections to the retry budget, and only this client closes them.
   */
  EcsClient withRetryPolicy(UnaryOperator<RetryPolicy> change);

  /**
   * Returns the gauges of the client, for metrics.
   *
   * @throws UnsupportedOperationException by default, for clients without gauges
   */
  default ClientGauges gauges() {
    throw new UnsupportedOperationException(getClass().getName() + " has no gauges");
  }

  /**
   * Adds a task that {@link #closeAsync()} runs first, until the result is disposed. A fleet run
   * adds its drain. A client that wraps another one adds it to the other. Default: does nothing.
   *
   * @param task may be subscribed to more than once
   * @throws io.fleetstop.error.EcsException with the code {@code Client.Closed} if the client is
   *     closing or closed, which fails the run
   */
  default Disposable beforeClose(Mono<Void> task) {
    return Disposables.disposed();
  }

  /**
   * Drains the fleet runs of the client and waits for their outcomes, at most for {@link
   * EcsClientBuilder#closeTimeout}. Then it closes the resources that the client made, such as its
   * connection pool; resources that were given to the builder stay open. Other running calls fail.
   * Cold: subscribe to it.
   */
  Mono<Void> closeAsync();

  /** Starts {@link #closeAsync()} and returns without waiting for it. */
  @Override
  default void close() {
    closeAsync().subscribe();
  }
}

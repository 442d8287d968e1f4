package io.fleetstop.poll;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.Printable;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.WaitResult.NotFound;
import io.fleetstop.poll.WaitResult.PollFailed;
import io.fleetstop.poll.WaitResult.Reached;
import io.fleetstop.poll.WaitResult.Reverted;
import io.fleetstop.poll.WaitResult.TimedOut;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.ContextView;

/** Waits until instances are stopped; what prevents that is an error. */
final class StoppedInstances {

  /** How many instances of one subscriber are awaited at the same time. */
  static final int MAX_OPEN = 1_000;

  /** The delay of the first poll, in which other instances may join its call. */
  private static final Duration COALESCE = Duration.ofMillis(10);

  private final StateWaiter waiter;
  private final AwaitOptions options;

  private StoppedInstances(InstancePoller poller, AwaitOptions options, ContextView context) {
    this.waiter =
        StateWaiter.create(poller, options, COALESCE, Mono.never(), context, Schedulers.parallel());
    this.options = options;
  }

  static Mono<Instance> await(InstancePoller poller, InstanceId id, AwaitOptions options) {
    return Mono.deferContextual(
        context -> new StoppedInstances(poller, options, context).await(id));
  }

  static Flux<Instance> await(
      InstancePoller poller, Publisher<InstanceId> ids, AwaitOptions options) {
    return Flux.deferContextual(
        context -> {
          StoppedInstances waits = new StoppedInstances(poller, options, context);
          return Flux.from(ids).flatMapDelayError(waits::await, MAX_OPEN, 1);
        });
  }

  private Mono<Instance> await(InstanceId id) {
    return waiter
        .await(id, StoppedInstances::isFinal, options.timeout())
        .flatMap(result -> toInstance(id, result));
  }

  private static boolean isFinal(State state) {
    return state == State.STOPPED || state == State.ERROR || state == State.DELETING;
  }

  private static Mono<Instance> toInstance(InstanceId id, WaitResult result) {
    return result instanceof Reached reached && reached.state() == State.STOPPED
        ? Mono.just(reached.instance())
        : Mono.error(() -> error(id, result));
  }

  private static EcsException error(InstanceId id, WaitResult result) {
    if (result instanceof PollFailed failed) {
      return failed.error();
    }
    if (result instanceof NotFound) {
      return error(EcsErrors.INVALID_INSTANCE_NOT_FOUND, "DescribeInstances does not list " + id);
    }
    return error(ClientErrors.NOT_STOPPED, id + " " + reason(result));
  }

  private static EcsException error(ErrorCode code, String detail) {
    return EcsException.builder(code, Delivery.NOT_SENT)
        .action("DescribeInstances")
        .detail(detail)
        .build();
  }

  private static String reason(WaitResult result) {
    if (result instanceof Reached reached) {
      return "is " + reached.status();
    }
    if (result instanceof Reverted again) {
      return "was stopping, and is " + again.status() + " again";
    }
    return result instanceof TimedOut late
        ? "was not stopped within " + Printable.duration(late.after()) + lastSeen(late.lastStatus())
        : "is no longer polled";
  }

  private static String lastSeen(@Nullable String status) {
    if (status == null) {
      return ", and no poll has shown it";
    }
    return status.isEmpty() ? ", listed without a status" : ", last seen " + status;
  }
}

package io.fleetstop.poll;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.CallerGroups.Group;
import io.fleetstop.poll.PolledInstance.Registration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * Polls instances for all callers of a client together: one describe call for up to 100 of them,
 * and each instance once, however many targets wait for it. Only callers of one identity share a
 * call: the service decides by the identity which instances exist, and each caller's instances are
 * described in no other name than its own. The longest overdue comes first, and a call with room
 * includes instances that may be polled early. Fewer share a call if replies come too late, as on a
 * slow line. At most four calls run at once, so that they never form a long queue at their limiter,
 * and enough for an adaptive limiter to notice that more are wanted; and beyond them one for each
 * identity that has none, so that it does not wait for slow calls of others. Safe for concurrent
 * use; no timer is scheduled while nothing is polled.
 */
public final class InstancePoller {

  /** The number of concurrent describe calls of one identity. */
  static final int MAX_CONCURRENT = 4;

  private static final Mono<String> ONE_IDENTITY = Mono.just("");

  private final Function<DescribeInstances, Flux<Instance>> client;
  private final Supplier<Scheduler> schedulers;
  private final Queue<Runnable> events = new ConcurrentLinkedQueue<>();
  private final AtomicInteger wip = new AtomicInteger();

  // Used by the draining thread only.
  private final CallerGroups callers;
  private final PageSize pageSize = new PageSize();
  private int running;
  private long added;
  private @Nullable Disposable timer;
  private long timerNanos;

  private InstancePoller(
      Function<DescribeInstances, Flux<Instance>> client,
      Mono<?> identity,
      Supplier<Scheduler> schedulers) {
    this.client = Objects.requireNonNull(client, "client");
    this.schedulers = Objects.requireNonNull(schedulers, "schedulers");
    this.callers = new CallerGroups(identity, this::submit, this::insert);
  }

  /**
   * Returns a poller for callers that all have the same identity, whatever their contexts are.
   *
   * @param client sends a describe call for each subscription
   */
  public static InstancePoller create(Function<DescribeInstances, Flux<Instance>> client) {
    return create(client, ONE_IDENTITY);
  }

  /**
   * Returns a poller for callers whose identity depends on their context.
   *
   * @param client sends a describe call for each subscription
   * @param identity emits the identity of the context that it is subscribed with, compared by
   *     {@code equals}. Subscribed to once for each context in use. A context without an identity,
   *     because it is empty or fails, shares no call; it must not stay silent
   */
  public static InstancePoller create(
      Function<DescribeInstances, Flux<Instance>> client, Mono<?> identity) {
    return new InstancePoller(client, identity, Schedulers::parallel);
  }

  static InstancePoller create(
      Function<DescribeInstances, Flux<Instance>> client, Supplier<Scheduler> schedulers) {
    return new InstancePoller(client, ONE_IDENTITY, schedulers);
  }

  /** Polls an instance for {@code target} whenever it is due, until the result is disposed. */
  Disposable add(PollSubscriber target) {
    return add(target, registration -> {});
  }

  /**
   * As {@link #add(PollSubscriber)}, for a target that ends itself.
   *
   * @param registered receives the result before the first poll, which a client that answers on the
   *     calling thread completes before this method returns
   */
  Disposable add(PollSubscriber target, Consumer<Disposable> registered) {
    Registration registration = new Registration(target, removed -> submit(() -> remove(removed)));
    registered.accept(registration);
    submit(() -> callers.enter(registration));
    return registration;
  }

  /**
   * Describes one instance, together with others that are asked for within 10 ms.
   *
   * <p><strong>Values:</strong> the instance; none if the service does not list it, and does not
   * list it a second later either, since a list may lag behind. <strong>Errors:</strong> the {@code
   * EcsException} of the call.
   */
  public Mono<Instance> describe(InstanceId id) {
    return Mono.deferContextual(
        context -> Mono.create(sink -> InstanceLookup.start(this, id, sink, context, now())));
  }

  /**
   * Waits until an instance is stopped; {@code EcsClient.awaitStopped(InstanceId, AwaitOptions)}
   * has the contract.
   */
  public Mono<Instance> awaitStopped(InstanceId id, AwaitOptions options) {
    return StoppedInstances.await(this, id, options);
  }

  /**
   * Waits until instances are stopped; {@code EcsClient.awaitStopped(Publisher, AwaitOptions)} has
   * the contract.
   */
  public Flux<Instance> awaitStopped(Publisher<InstanceId> ids, AwaitOptions options) {
    return StoppedInstances.await(this, ids, options);
  }

  private long now() {
    return schedulers.get().now(NANOSECONDS);
  }

  private void submit(Runnable event) {
    events.offer(event);
    if (wip.getAndIncrement() != 0) {
      return;
    }
    int missed = 1;
    do {
      for (Runnable next = events.poll(); next != null; next = events.poll()) {
        next.run();
      }
      startPolls();
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
  }

  private void insert(Registration registration, Group group) {
    PolledInstance instance =
        group.instances.computeIfAbsent(
            registration.target.id(), id -> new PolledInstance(id, group, ++added));
    group.idle.remove(instance);
    instance.add(registration);
    enqueue(instance);
  }

  private void remove(Registration registration) {
    PolledInstance instance = registration.instance;
    if (instance != null) {
      instance.group.idle.remove(instance);
      instance.remove(registration);
      if (instance.isUnwanted()) {
        discard(instance);
      } else {
        enqueue(instance);
      }
    }
    callers.leave(registration);
  }

  private static void discard(PolledInstance instance) {
    instance.group.instances.remove(instance.id);
    Poll poll = instance.poll;
    if (poll != null && --poll.wanted == 0) {
      poll.end();
    }
  }

  /** Makes an instance eligible for a poll, unless one is running. */
  private static void enqueue(PolledInstance instance) {
    if (instance.poll == null) {
      instance.plan();
      instance.group.idle.add(instance);
    }
  }

  private void startPolls() {
    long now = now();
    PolledInstance next = firstDue();
    while (next != null && next.dueNanos - now <= 0) {
      Poll poll = new Poll(next.group, next(next.group, now));
      running++;
      next.group.running++;
      poll.start();
      next = firstDue();
    }
    try {
      setTimer(next == null ? null : next.dueNanos, now);
    } catch (RejectedExecutionException rejected) {
      timer = null;
      abortAll(rejected);
    }
  }

  /** Returns the instance that the next call is for, unless all that may be described are. */
  private @Nullable PolledInstance firstDue() {
    return callers.firstDue(group -> running < MAX_CONCURRENT || group.running == 0);
  }

  private List<PolledInstance> next(Group group, long now) {
    List<PolledInstance> next = new ArrayList<>();
    for (PolledInstance instance : group.idle) {
      if (instance.earliestNanos - now <= 0) {
        next.add(instance);
        if (next.size() == pageSize.get()) {
          break;
        }
      }
    }
    next.forEach(group.idle::remove);
    return next;
  }

  private void setTimer(@Nullable Long dueNanos, long now) {
    Disposable set = timer;
    if (set != null && !set.isDisposed() && dueNanos != null && timerNanos == dueNanos) {
      return;
    }
    if (set != null) {
      set.dispose();
      timer = null;
    }
    if (dueNanos != null) {
      timerNanos = dueNanos;
      timer = schedulers.get().schedule(this::onTimer, Math.max(0, dueNanos - now), NANOSECONDS);
    }
  }

  private void onTimer() {
    submit(() -> timer = null);
  }

  /** Without a timer no poll would follow. */
  private void abortAll(Throwable failure) {
    EcsException error = EcsExceptions.of("DescribeInstances", failure);
    callers
        .instances()
        .forEach(instance -> instance.signal(each -> true, target -> target.onAborted(error)));
  }

  /** One describe call; several, if one of its ids is rejected. */
  final class Poll {

    private final Group group;
    private final List<PolledInstance> polled;
    private final Disposable.Swap call = Disposables.swap();
    private int wanted;
    private boolean ended;

    Poll(Group group, List<PolledInstance> polled) {
      this.group = group;
      this.polled = polled;
      this.wanted = polled.size();
      for (PolledInstance instance : polled) {
        instance.startPoll(this);
      }
    }

    void start() {
      Context context = Context.of(polled.get(0).context());
      call.update(
          describe(polled)
              .contextWrite(context)
              .subscribe(
                  nothing -> {},
                  failure -> submit(() -> onUnexpectedError(failure)),
                  () -> submit(this::end)));
    }

    /** Describes instances, and describes each half again if one of many ids is rejected. */
    private Flux<Void> describe(List<PolledInstance> part) {
      return Flux.defer(
              () -> {
                PolledPage page = new PolledPage(part.stream().map(each -> each.id).toList());
                return client
                    .apply(DescribeInstances.ofIds(page.ids()))
                    .doOnNext(page::add)
                    .thenMany(Flux.<Void>empty())
                    .doOnComplete(() -> submit(() -> onPolled(part, page)));
              })
          .onErrorResume(failure -> onFailed(part, EcsExceptions.of("DescribeInstances", failure)));
    }

    private Flux<Void> onFailed(List<PolledInstance> part, EcsException error) {
      boolean oneIdMayBeInvalid =
          error.category() == Category.REQUEST || error.category() == Category.NOT_FOUND;
      if (oneIdMayBeInvalid && part.size() > 1) {
        int half = part.size() / 2;
        return Flux.concat(
            describe(part.subList(0, half)), describe(part.subList(half, part.size())));
      }
      submit(
          () -> {
            pageSize.onFailure(part.size(), error);
            long now = now();
            part.forEach(instance -> signal(instance, target -> target.onPollFailed(error, now)));
          });
      return Flux.empty();
    }

    private void onPolled(List<PolledInstance> part, PolledPage page) {
      pageSize.onReply(part.size());
      long now = now();
      for (PolledInstance instance : part) {
        Instance listed = page.get(instance.id);
        // If the page lists instances that were not requested, a missing one may still exist.
        if (listed != null || page.isExact()) {
          signal(instance, target -> target.onPolled(listed, now));
        } else {
          signal(instance, target -> target.onPollFailed(page.unrequested(), now));
        }
      }
    }

    private void onUnexpectedError(Throwable failure) {
      EcsException error = EcsExceptions.of("DescribeInstances", failure);
      polled.forEach(instance -> signal(instance, target -> target.onAborted(error)));
      end();
    }

    private void signal(PolledInstance instance, Consumer<PollSubscriber> signal) {
      instance.signal(registration -> registration.poll == this, signal);
    }

    /** Ends the poll, and plans the next one of each instance. */
    void end() {
      if (ended) {
        return;
      }
      ended = true;
      running--;
      group.running--;
      call.dispose();
      for (PolledInstance instance : polled) {
        instance.poll = null;
        if (!instance.isUnwanted()) {
          enqueue(instance);
        }
      }
    }
  }
}

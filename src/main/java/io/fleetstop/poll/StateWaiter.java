package io.fleetstop.poll;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.WaitResult.Aborted;
import io.fleetstop.poll.WaitResult.TimedOut;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.ContextView;

/**
 * The waits of one subscriber, such as a fleet run, for states of instances. The polls are those of
 * the client: its {@link InstancePoller} serves all subscribers together. Each instance has its own
 * poll interval. Never locks.
 *
 * <p>All waits share one timer, that of the earliest deadline, and one subscription to the end of
 * the subscriber: composed of {@code create}, {@code timeout} and {@code firstWithSignal}, each
 * wait would have both for itself and cost 0.8 kilobytes more.
 */
public final class StateWaiter {

  private final InstancePoller poller;
  private final AwaitOptions options;
  private final Duration firstPoll;
  private final ContextView context;
  private final Scheduler scheduler;
  private final ConcurrentSkipListSet<Wait> waits = new ConcurrentSkipListSet<>();
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicInteger wip = new AtomicInteger();
  private volatile boolean aborted;

  // Used by the draining thread only.
  private @Nullable Timer timer;

  private StateWaiter(
      InstancePoller poller,
      AwaitOptions options,
      Duration firstPoll,
      ContextView context,
      Scheduler scheduler) {
    this.poller = poller;
    this.options = options;
    this.firstPoll = firstPoll;
    this.context = context;
    this.scheduler = scheduler;
  }

  /**
   * Returns a waiter whose first poll of each instance comes after one poll interval.
   *
   * @param options the poll intervals; each wait has a timeout of its own
   * @param aborted aborts all waits when it completes; subscribed to once
   * @param context the context of a call that an instance of this waiter is the first to need
   * @param scheduler supplies the time
   */
  public static StateWaiter create(
      InstancePoller poller,
      AwaitOptions options,
      Mono<Void> aborted,
      ContextView context,
      Scheduler scheduler) {
    return create(poller, options, options.pollInterval(), aborted, context, scheduler);
  }

  static StateWaiter create(
      InstancePoller poller,
      AwaitOptions options,
      Duration firstPoll,
      Mono<Void> aborted,
      ContextView context,
      Scheduler scheduler) {
    StateWaiter waiter = new StateWaiter(poller, options, firstPoll, context, scheduler);
    Disposable unused = aborted.subscribe(nothing -> {}, error -> waiter.abort(), waiter::abort);
    return waiter;
  }

  /**
   * Waits until a poll shows the instance in a state that ends the wait, or the wait cannot succeed
   * any more. Starts with the first request. Never emits an error.
   */
  public Mono<WaitResult> await(InstanceId id, Predicate<State> ends, Duration timeout) {
    return new Mono<>() {
      @Override
      public void subscribe(CoreSubscriber<? super WaitResult> actual) {
        actual.onSubscribe(new Wait(id, ends, timeout, actual));
      }
    };
  }

  private void abort() {
    aborted = true;
    waits.forEach(wait -> wait.complete(new Aborted(wait.lastStatus())));
  }

  /** Ends the waits whose time is over, or extends them if the process was frozen meanwhile. */
  private void expire(long plannedNanos) {
    long now = scheduler.now(NANOSECONDS);
    boolean frozen = Freeze.wasFrozen(plannedNanos, now);
    for (Wait wait : waits) {
      if (wait.deadlineNanos - now > 0) {
        return;
      }
      if (frozen) {
        wait.extend(now);
      } else {
        wait.complete(new TimedOut(wait.timeout, wait.lastStatus()));
      }
    }
  }

  /** Sets the timer to the earliest deadline, by one thread at a time. */
  private void updateTimer() {
    if (wip.getAndIncrement() != 0) {
      return;
    }
    RejectedExecutionException rejected = null;
    int missed = 1;
    do {
      try {
        setTimer();
      } catch (RejectedExecutionException e) {
        rejected = e;
      }
      missed = wip.addAndGet(-missed);
    } while (missed != 0);
    if (rejected != null) {
      // Without a timer a wait would not end.
      EcsException error = EcsExceptions.of("DescribeInstances", rejected);
      waits.forEach(wait -> wait.onAborted(error));
    }
  }

  private void setTimer() {
    Iterator<Wait> all = waits.iterator();
    Wait first = all.hasNext() ? all.next() : null;
    Timer set = timer;
    // One that is too early is kept, since the first wait often ends before its deadline.
    if (set != null && !set.fired && first != null && set.nanos - first.deadlineNanos <= 0) {
      return;
    }
    if (set != null) {
      set.dispose();
      timer = null;
    }
    if (first != null) {
      Timer next = new Timer(first.deadlineNanos);
      next.schedule();
      timer = next;
    }
  }

  /** One firing of the timer. */
  private final class Timer implements Runnable {

    private final long nanos;
    private @Nullable Disposable task;
    private volatile boolean fired;

    Timer(long nanos) {
      this.nanos = nanos;
    }

    void schedule() {
      long delay = Math.max(0, nanos - scheduler.now(NANOSECONDS));
      task = scheduler.schedule(this, delay, NANOSECONDS);
    }

    void dispose() {
      if (task != null) {
        task.dispose();
      }
    }

    @Override
    public void run() {
      fired = true;
      try {
        expire(nanos);
      } finally {
        updateTimer();
      }
    }
  }

  /** One wait. Ordered by deadline; equal ones in their order. */
  private final class Wait extends WaitingInstance implements Subscription, Comparable<Wait> {

    private static final AtomicIntegerFieldUpdater<Wait> PHASE =
        AtomicIntegerFieldUpdater.newUpdater(Wait.class, "phase");
    private static final int NEW = 0;
    private static final int WAITING = 1;
    private static final int DONE = 2;

    private final Duration timeout;
    private final CoreSubscriber<? super WaitResult> actual;
    private final long number = numbers.getAndIncrement();
    private volatile long deadlineNanos;
    private volatile @Nullable Disposable registration;
    private volatile int phase = NEW;

    Wait(
        InstanceId id,
        Predicate<State> ends,
        Duration timeout,
        CoreSubscriber<? super WaitResult> actual) {
      super(id, ends, options, context);
      this.timeout = timeout;
      this.actual = actual;
    }

    /** Starts with the first request, so that the result has demand. */
    @Override
    public void request(long n) {
      if (!Operators.validate(n) || !PHASE.compareAndSet(this, NEW, WAITING)) {
        return;
      }
      long now = scheduler.now(NANOSECONDS);
      start(now, firstPoll.toNanos());
      deadlineNanos = now + timeout.toNanos();
      waits.add(this);
      // Read after the addition: otherwise an abort between both would miss the wait.
      if (aborted) {
        complete(new Aborted(null));
        return;
      }
      Disposable polls = poller.add(this, added -> registration = added);
      if (phase == DONE) {
        polls.dispose();
      } else {
        updateTimer();
      }
    }

    /** Allows for another poll: the last one was sent before the process was frozen. */
    private void extend(long now) {
      Duration polls = options.maxPollInterval().multipliedBy(2);
      Duration more = polls.compareTo(timeout) < 0 ? polls : timeout;
      waits.remove(this);
      deadlineNanos = now + more.toNanos();
      waits.add(this);
      // An end or an abort between both has missed it.
      if (phase == DONE) {
        waits.remove(this);
      } else if (aborted) {
        complete(new Aborted(lastStatus()));
      }
    }

    @Override
    void complete(WaitResult result) {
      if (end()) {
        actual.onNext(result);
        actual.onComplete();
      }
    }

    @Override
    public void cancel() {
      end();
    }

    private boolean end() {
      if (PHASE.getAndSet(this, DONE) == DONE) {
        return false;
      }
      waits.remove(this);
      Disposable polls = registration;
      if (polls != null) {
        polls.dispose();
      }
      if (waits.isEmpty()) {
        updateTimer();
      }
      return true;
    }

    @Override
    public int compareTo(Wait other) {
      long later = deadlineNanos - other.deadlineNanos;
      return later != 0 ? Long.signum(later) : Long.compare(number, other.number);
    }
  }
}

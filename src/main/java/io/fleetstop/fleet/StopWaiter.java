package io.fleetstop.fleet;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.fleetstop.EcsClient;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.fleet.WaitResult.Aborted;
import io.fleetstop.fleet.WaitResult.TimedOut;
import io.fleetstop.model.Instance.State;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.InstancePoller;
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
 * The waits of one run. The polls are those of the client: its {@link InstancePoller} serves all
 * runs together. Each instance has its own {@link PollInterval}. Never locks.
 *
 * <p>All waits share one timer, that of the earliest deadline, and one subscription to the end of
 * the run: composed of {@code create}, {@code timeout} and {@code firstWithSignal}, each wait would
 * have both for itself and cost 0.8 kilobytes more.
 */
final class StopWaiter {

  private final InstancePoller poller;
  private final PollInterval interval;
  private final ContextView context;
  private final Scheduler scheduler;
  private final ConcurrentSkipListSet<Wait> waits = new ConcurrentSkipListSet<>();
  private final AtomicLong numbers = new AtomicLong();
  private final AtomicInteger wip = new AtomicInteger();
  private volatile boolean aborted;

  // Used by the draining thread only.
  private @Nullable Timer timer;

  private StopWaiter(
      EcsClient client, PollInterval interval, ContextView context, Scheduler scheduler) {
    this.poller = client.poller();
    this.interval = interval;
    this.context = context;
    this.scheduler = scheduler;
  }

  /**
   * Returns a waiter.
   *
   * @param aborted aborts all waits when it completes; subscribed to once
   * @param context the context of a call that an instance of this run is the first to need
   * @param scheduler supplies the time
   */
  static StopWaiter create(
      EcsClient client,
      PollInterval interval,
      Mono<Void> aborted,
      ContextView context,
      Scheduler scheduler) {
    StopWaiter waiter = new StopWaiter(client, interval, context, scheduler);
    Disposable unused = aborted.subscribe(nothing -> {}, error -> waiter.abort(), waiter::abort);
    return waiter;
  }

  /**
   * Waits until a poll shows the instance in a state that ends the wait, or the wait cannot succeed
   * any more. The first poll comes after at most one poll interval. Never emits an error.
   */
  Mono<WaitResult> await(InstanceId id, Predicate<State> ends, Duration timeout) {
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
      super(id, ends, interval, context);
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
      start(now);
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
      Duration polls = interval.max().multipliedBy(2);
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

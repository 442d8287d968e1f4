package io.fleetstop.poll;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.EcsExceptions;
import io.fleetstop.error.GatewayErrors;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import io.fleetstop.model.Instance.Tag;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** One poller for all: what it asks for, when, and what it tells to whom. */
class InstancePollerTest {

  private static final long SECOND = 1_000_000_000L;

  private final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
  private final List<List<String>> calls = new ArrayList<>();
  private final Map<String, String> statuses = new HashMap<>();
  private Function<List<String>, Flux<Instance>> service =
      ids ->
          Flux.fromIterable(ids)
              .filter(id -> !"".equals(statuses.get(id)))
              .map(id -> instance(id, statuses.getOrDefault(id, "RUNNING")));
  private final InstancePoller poller = InstancePoller.create(this::describe);

  @AfterEach
  void resetTime() {
    VirtualTimeScheduler.reset();
  }

  private Flux<Instance> describe(DescribeInstances request) {
    return Flux.defer(
        () -> {
          List<String> ids =
              request.parameters().entrySet().stream()
                  .filter(parameter -> parameter.getKey().startsWith("InstanceIds."))
                  .map(Map.Entry::getValue)
                  .toList();
          calls.add(ids);
          return service.apply(ids);
        });
  }

  private static Instance instance(String id, String status, Tag... tags) {
    return new Instance(
        id, null, status, null, null, null, null, null, null, null, null, List.of(tags));
  }

  private long now() {
    return time.now(TimeUnit.NANOSECONDS);
  }

  /** Polls every second and records what it gets. */
  private final class Recorder implements PollSubscriber {

    private final InstanceId id;
    private final List<String> seen = new ArrayList<>();
    private long due = now() + SECOND;

    Recorder(String id) {
      this.id = InstanceId.of(id);
    }

    @Override
    public InstanceId id() {
      return id;
    }

    @Override
    public long pollDueNanos() {
      return due;
    }

    @Override
    public long earliestPollNanos() {
      return due - SECOND / 2;
    }

    @Override
    public void onPolled(@Nullable Instance instance, long now) {
      seen.add(instance == null ? "-" : instance.status());
      due = now + SECOND;
    }

    @Override
    public void onPollFailed(EcsException error, long now) {
      seen.add(error.errorCode().code());
      due = now + SECOND;
    }

    @Override
    public void onAborted(EcsException error) {
      seen.add("aborted");
    }
  }

  @Test
  void targetsOfOneInstance_shareEachPoll() {
    List<Recorder> recorders = IntStream.range(0, 200).mapToObj(i -> new Recorder("i-1")).toList();
    recorders.forEach(poller::add);

    time.advanceTimeBy(Duration.ofMillis(3_100));

    assertThat(calls).hasSize(3).containsOnly(List.of("i-1"));
    assertThat(recorders)
        .allSatisfy(each -> assertThat(each.seen).containsExactly("RUNNING", "RUNNING", "RUNNING"));
  }

  @Test
  void callers_shareACall() {
    IntStream.range(0, 200).forEach(i -> poller.add(new Recorder("i-" + i)));

    time.advanceTimeBy(Duration.ofMillis(3_100));

    // As many as one caller with 200 instances needs.
    assertThat(calls).hasSize(6).allMatch(ids -> ids.size() == 100);
  }

  @Test
  void repliesThatDoNotFitTheLine_areAskedForInSmallerPages() {
    service =
        ids ->
            ids.size() > 30
                ? Flux.error(EcsExceptions.attemptTimedOut(Duration.ofSeconds(1), Delivery.UNKNOWN))
                : Flux.fromIterable(ids).map(id -> instance(id, "STOPPED"));
    List<Recorder> recorders =
        IntStream.range(0, 200).mapToObj(i -> new Recorder("i-" + i)).toList();
    recorders.forEach(poller::add);
    time.advanceTimeBy(Duration.ofSeconds(20));

    assertThat(recorders).allSatisfy(each -> assertThat(each.seen).contains("STOPPED"));
    service = ids -> Flux.fromIterable(ids).map(id -> instance(id, "STOPPED"));
    time.advanceTimeBy(Duration.ofSeconds(20));
    assertThat(calls.get(calls.size() - 1)).hasSize(100);
  }

  @Test
  void lateReply_halvesThePageOnce() {
    EcsException late = EcsExceptions.attemptTimedOut(Duration.ofSeconds(1), Delivery.UNKNOWN);
    PageSize pages = new PageSize();
    pages.onFailure(100, late);
    pages.onFailure(100, late);
    assertThat(pages.get()).isEqualTo(50);
    pages.onFailure(
        50, EcsException.builder(GatewayErrors.ACCESS_DENIED, Delivery.REJECTED).build());
    pages.onReply(20);
    assertThat(pages.get()).isEqualTo(50);
    pages.onReply(50);
    assertThat(pages.get()).isEqualTo(55);
    // A single instance fits any line: its call says nothing about the size.
    pages.onFailure(1, late);
    assertThat(pages.get()).isEqualTo(55);
  }

  @Test
  void pollSentBeforeATargetWasAdded_isNotItsOwn() {
    Sinks.One<Instance> reply = Sinks.one();
    service = ids -> reply.asMono().flux();
    Recorder first = new Recorder("i-1");
    poller.add(first);
    time.advanceTimeBy(Duration.ofSeconds(1));
    Recorder late = new Recorder("i-1");
    poller.add(late);

    reply.tryEmitValue(instance("i-1", "RUNNING"));

    assertThat(first.seen).containsExactly("RUNNING");
    assertThat(late.seen).isEmpty();
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(late.seen).containsExactly("RUNNING");
  }

  @Test
  void lastTargetRemoved_cancelsItsPollAndTimer() {
    boolean[] cancelled = {false};
    service = ids -> Flux.<Instance>never().doOnCancel(() -> cancelled[0] = true);
    Disposable one = poller.add(new Recorder("i-1"));
    Disposable other = poller.add(new Recorder("i-2"));
    time.advanceTimeBy(Duration.ofSeconds(1));

    one.dispose();
    assertThat(cancelled[0]).isFalse();
    other.dispose();

    assertThat(cancelled[0]).isTrue();
    time.advanceTimeBy(Duration.ofMinutes(1));
    assertThat(calls).hasSize(1);
  }

  @Test
  void lookups_areCoalesced() {
    Flux<Instance> found =
        Flux.range(0, 1_000).flatMap(i -> poller.describe(InstanceId.of("i-" + i)), 1_000);

    StepVerifier.create(found)
        .then(() -> time.advanceTimeBy(Duration.ofMillis(10)))
        .expectNextCount(1_000)
        .verifyComplete();
    assertThat(calls).hasSize(10);
  }

  @Test
  void missingInstance_isDescribedTwice() {
    statuses.put("i-gone", "");
    StepVerifier.create(poller.describe(InstanceId.of("i-gone")))
        .then(() -> time.advanceTimeBy(Duration.ofSeconds(2)))
        .verifyComplete();
    assertThat(calls).hasSize(2);

    statuses.put("i-new", "");
    StepVerifier.create(poller.describe(InstanceId.of("i-new")))
        .then(() -> time.advanceTimeBy(Duration.ofMillis(500)))
        .then(() -> statuses.put("i-new", "RUNNING"))
        .then(() -> time.advanceTimeBy(Duration.ofSeconds(1)))
        .expectNextCount(1)
        .verifyComplete();
  }

  @Test
  void rejectedId_hidesNoOther() {
    EcsException unknown =
        EcsException.builder(EcsErrors.INVALID_INSTANCE_NOT_FOUND, Delivery.REJECTED).build();
    Function<List<String>, Flux<Instance>> usual = service;
    service = ids -> ids.contains("i-3") ? Flux.error(unknown) : usual.apply(ids);
    List<String> found = new ArrayList<>();
    Flux.range(0, 8)
        .flatMap(i -> poller.describe(InstanceId.of("i-" + i)))
        .subscribe(instance -> found.add(instance.instanceId()));

    time.advanceTimeBy(Duration.ofSeconds(3));

    assertThat(found).hasSize(7).doesNotContain("i-3");
  }

  @Test
  void failedCall_failsItsLookups() {
    service =
        ids ->
            Flux.error(
                EcsException.builder(GatewayErrors.ACCESS_DENIED, Delivery.REJECTED).build());
    StepVerifier.create(poller.describe(InstanceId.of("i-1")))
        .then(() -> time.advanceTimeBy(Duration.ofMillis(10)))
        .verifyErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOfSatisfying(
                        EcsException.class,
                        known -> assertThat(known.action()).isEqualTo("DescribeInstances")));
  }

  @Test
  void instanceListedTwice_hasTheTagsOfBoth() {
    service =
        ids ->
            Flux.just(
                instance("i-1", "RUNNING", new Tag("keep", "")),
                instance("i-1", "RUNNING", new Tag("env", "dev")),
                instance("i-2", "RUNNING"));
    List<Instance> found = new ArrayList<>();
    poller.describe(InstanceId.of("i-1")).subscribe(found::add);
    poller.describe(InstanceId.of("i-2")).subscribe(found::add);

    time.advanceTimeBy(Duration.ofMillis(10));

    assertThat(found.get(0).tags()).extracting(Tag::key).containsExactly("keep", "env");
  }

  /** Also if all that were asked for had been listed before. */
  @Test
  void instanceListedAgainAtTheEnd_hasTheTagsOfBoth() {
    service =
        ids ->
            Flux.just(instance("i-1", "RUNNING"), instance("i-1", "RUNNING", new Tag("keep", "")));
    List<Instance> found = new ArrayList<>();
    poller.describe(InstanceId.of("i-1")).subscribe(found::add);

    time.advanceTimeBy(Duration.ofMillis(10));

    assertThat(found.get(0).tags()).extracting(Tag::key).containsExactly("keep");
  }

  @Test
  void targetThatThrows_keepsNoOtherFromItsPoll() {
    poller.add(
        new PollSubscriber() {
          private long due = now() + SECOND;

          @Override
          public InstanceId id() {
            return InstanceId.of("i-1");
          }

          @Override
          public long pollDueNanos() {
            return due;
          }

          @Override
          public long earliestPollNanos() {
            return due;
          }

          @Override
          public void onPolled(@Nullable Instance instance, long now) {
            due += SECOND;
            throw new IllegalStateException("a defect");
          }

          @Override
          public void onPollFailed(EcsException error, long now) {}

          @Override
          public void onAborted(EcsException error) {}
        });
    Recorder other = new Recorder("i-1");
    poller.add(other);

    time.advanceTimeBy(Duration.ofSeconds(2));

    assertThat(other.seen).hasSize(2);
  }

  /** Rejects tasks while it is shut. */
  private static final class Gate implements Scheduler {

    private final Scheduler behind;
    private boolean shut;

    Gate(Scheduler behind) {
      this.behind = behind;
    }

    @Override
    public Disposable schedule(Runnable task) {
      return schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public Disposable schedule(Runnable task, long delay, TimeUnit unit) {
      if (shut) {
        throw new RejectedExecutionException("shut");
      }
      return behind.schedule(task, delay, unit);
    }

    @Override
    public Worker createWorker() {
      return behind.createWorker();
    }

    @Override
    public long now(TimeUnit unit) {
      return behind.now(unit);
    }
  }

  @Test
  void pollerWithoutScheduler_abortsAndPollsAgainLater() {
    Gate gate = new Gate(time);
    InstancePoller gated = InstancePoller.create(this::describe, () -> gate);
    Recorder first = new Recorder("i-1");
    Disposable polled = gated.add(first);
    Function<List<String>, Flux<Instance>> usual = service;
    service = ids -> usual.apply(ids).doOnSubscribe(call -> gate.shut = true);
    time.advanceTimeBy(Duration.ofMillis(1_500));
    assertThat(first.seen).containsExactly("RUNNING", "aborted");
    polled.dispose();

    gate.shut = false;
    service = usual;
    Recorder later = new Recorder("i-2");
    gated.add(later);
    time.advanceTimeBy(Duration.ofSeconds(1));

    assertThat(later.seen).containsExactly("RUNNING");
  }

  @Test
  void slowCalls_areAtMostFourAtOnce() {
    service = ids -> Mono.<Instance>never().flux();
    IntStream.range(0, 1_000).forEach(i -> poller.add(new Recorder("i-" + i)));

    time.advanceTimeBy(Duration.ofSeconds(5));

    assertThat(calls).hasSize(InstancePoller.MAX_CONCURRENT);
  }

  /** A client that answers on the calling thread once polled such a target without end. */
  @Test
  void targetDueAtOnce_isPolledOnce() {
    AtomicReference<Disposable> registration = new AtomicReference<>(Disposables.disposed());
    PollSubscriber once =
        new PollSubscriber() {
          @Override
          public InstanceId id() {
            return InstanceId.of("i-1");
          }

          @Override
          public long pollDueNanos() {
            return now();
          }

          @Override
          public long earliestPollNanos() {
            return now();
          }

          @Override
          public void onPolled(@Nullable Instance instance, long now) {
            assertThat(calls).hasSize(1);
            Objects.requireNonNull(registration.get()).dispose();
          }

          @Override
          public void onPollFailed(EcsException error, long now) {}

          @Override
          public void onAborted(EcsException error) {}

          @Override
          public ContextView context() {
            return Context.empty();
          }
        };

    poller.add(once, registration::set);

    assertThat(calls).hasSize(1);
  }
}

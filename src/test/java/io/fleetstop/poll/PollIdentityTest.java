package io.fleetstop.poll;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.error.EcsException;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.Instance;
import io.fleetstop.model.InstanceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.scheduler.VirtualTimeScheduler;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

/** Callers share a describe call only if they have the same identity. */
class PollIdentityTest {

  private static final long SECOND = 1_000_000_000L;

  private record Call(String tenant, List<String> ids) {}

  private final VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
  private final List<Call> calls = new ArrayList<>();
  private final AtomicInteger resolved = new AtomicInteger();
  private final List<Context> contexts =
      IntStream.range(0, 10).mapToObj(i -> Context.of("key", i + "", "tenant", "slow")).toList();
  private String hung = "";
  private Mono<String> identity =
      Mono.deferContextual(
          context -> {
            resolved.incrementAndGet();
            return Mono.justOrEmpty(context.<String>getOrEmpty("key"));
          });
  private final InstancePoller poller =
      InstancePoller.create(this::describe, Mono.defer(() -> identity));

  @AfterEach
  void resetTime() {
    VirtualTimeScheduler.reset();
  }

  private Flux<Instance> describe(DescribeInstances request) {
    return Flux.deferContextual(
        context -> {
          calls.add(
              new Call(
                  context.<String>getOrEmpty("tenant").orElse("none"),
                  request.instanceIds().stream().sorted().toList()));
          if (hung.equals(context.<String>getOrEmpty("tenant").orElse("none"))) {
            return Flux.never();
          }
          return Flux.fromIterable(request.instanceIds())
              .map(
                  id ->
                      new Instance(
                          id, null, "RUNNING", null, null, null, null, null, null, null, null,
                          List.of()));
        });
  }

  /** Hung calls of one caller occupy the calls that all share, and none that another one needs. */
  @Test
  void hungCallsOfOne_doNotDelayTheOthers() {
    hung = "slow";
    Context slow = Context.of("key", "A", "tenant", "slow");
    IntStream.range(0, 1_000).forEach(i -> poller.add(new Target("i-slow" + i, slow)));
    List<Target> others = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      Target other = new Target("i-" + i, Context.of("key", "B" + i, "tenant", "other" + i));
      others.add(other);
      poller.add(other);
    }

    time.advanceTimeBy(Duration.ofMillis(10_500));

    assertThat(others).allMatch(other -> other.polls == 10);
    assertThat(calls.stream().filter(call -> call.tenant().equals("slow")))
        .hasSize(InstancePoller.MAX_CONCURRENT);
  }

  /** Each identity has one call at least, and all together four more at most. */
  @Test
  void hungCallsOfAll_areBounded() {
    hung = "slow";
    for (int i = 0; i < 5_000; i++) {
      poller.add(new Target("i-" + i, contexts.get(i % contexts.size())));
    }

    time.advanceTimeBy(Duration.ofSeconds(5));

    assertThat(calls)
        .hasSizeBetween(contexts.size(), InstancePoller.MAX_CONCURRENT + contexts.size() - 1);
  }

  /** Polls its instance every second. */
  private final class Target implements PollSubscriber {

    private final InstanceId id;
    private final ContextView context;
    private long due = now() + SECOND;
    private int polls;

    Target(String id, ContextView context) {
      this.id = InstanceId.of(id);
      this.context = context;
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
      return due;
    }

    @Override
    public void onPolled(@Nullable Instance instance, long now) {
      polls++;
      due = now + SECOND;
    }

    @Override
    public void onPollFailed(EcsException error, long now) {
      due = now + SECOND;
    }

    @Override
    public void onAborted(EcsException error) {}

    @Override
    public ContextView context() {
      return context;
    }
  }

  private long now() {
    return time.now(TimeUnit.NANOSECONDS);
  }

  private static Context tenant(String name, String key) {
    return Context.of("tenant", name, "key", key);
  }

  @Test
  void instancesOfOneTenant_areNotDescribedByAnother() {
    Context a = tenant("A", "AK-A");
    Context b = tenant("B", "AK-B");
    for (int i = 0; i < 20; i++) {
      poller.add(new Target("i-a" + i, a));
      poller.add(new Target("i-b" + i, b));
    }

    time.advanceTimeBy(Duration.ofMillis(2_500));

    assertThat(calls)
        .hasSize(4)
        .allSatisfy(
            call ->
                assertThat(call.ids())
                    .hasSize(20)
                    .allMatch(id -> id.startsWith("i-" + (call.tenant().equals("A") ? "a" : "b"))));
    assertThat(resolved).hasValue(2);
  }

  @Test
  void instanceOfTwoTenants_isDescribedForEach() {
    Target ofA = new Target("i-1", tenant("A", "AK-A"));
    Target ofB = new Target("i-1", tenant("B", "AK-B"));
    poller.add(ofA);
    poller.add(ofB);

    time.advanceTimeBy(Duration.ofSeconds(1));

    assertThat(calls).extracting(Call::tenant).containsExactlyInAnyOrder("A", "B");
    assertThat(List.of(ofA.polls, ofB.polls)).containsExactly(1, 1);
  }

  @Test
  void contextsOfOneIdentity_shareEachCall() {
    for (int i = 0; i < 200; i++) {
      poller.add(new Target("i-" + i, tenant("request " + i, "AK")));
    }

    time.advanceTimeBy(Duration.ofMillis(3_100));

    // As many as one caller with 200 instances needs.
    assertThat(calls).hasSize(6).allMatch(call -> call.ids().size() == 100);
  }

  @Test
  void lookupsOfTwoTenants_areSeparate() {
    Flux<Instance> both =
        Flux.merge(
            poller.describe(InstanceId.of("i-a")).contextWrite(tenant("A", "AK-A")),
            poller.describe(InstanceId.of("i-b")).contextWrite(tenant("B", "AK-B")));

    StepVerifier.create(both)
        .then(() -> time.advanceTimeBy(Duration.ofMillis(10)))
        .expectNextCount(2)
        .verifyComplete();
    assertThat(calls)
        .containsExactlyInAnyOrder(new Call("A", List.of("i-a")), new Call("B", List.of("i-b")));
  }

  @Test
  void contextWithoutIdentity_sharesNoCall() {
    identity =
        Mono.deferContextual(
            context ->
                context.hasKey("key")
                    ? Mono.error(new IllegalStateException("no credentials"))
                    : Mono.empty());
    poller.add(new Target("i-1", Context.of("tenant", "A")));
    poller.add(new Target("i-2", Context.of("tenant", "B")));
    poller.add(new Target("i-3", tenant("C", "AK-C")));

    time.advanceTimeBy(Duration.ofSeconds(1));

    assertThat(calls)
        .containsExactlyInAnyOrder(
            new Call("A", List.of("i-1")),
            new Call("B", List.of("i-2")),
            new Call("C", List.of("i-3")));
  }

  @Test
  void identityThatArrivesLate_delaysOnlyItsOwnInstances() {
    identity =
        Mono.deferContextual(
            context ->
                Mono.just(Objects.requireNonNull(context.<String>get("key")))
                    .delayElement(
                        context.get("key").equals("slow") ? Duration.ofSeconds(5) : Duration.ZERO));
    Target slow = new Target("i-1", tenant("A", "slow"));
    Target left = new Target("i-2", tenant("A", "slow"));
    Target fast = new Target("i-3", tenant("B", "fast"));
    poller.add(slow);
    Disposable leaving = poller.add(left);
    poller.add(fast);
    time.advanceTimeBy(Duration.ofMillis(4_900));
    assertThat(List.of(slow.polls, fast.polls)).containsExactly(0, 4);
    leaving.dispose();

    time.advanceTimeBy(Duration.ofMillis(200));

    assertThat(List.of(slow.polls, left.polls)).containsExactly(1, 0);
  }

  @Test
  void identity_isForgottenWithItsLastTarget() {
    Context context = tenant("A", "AK");
    Disposable one = poller.add(new Target("i-1", context));
    Disposable other = poller.add(new Target("i-2", context));
    one.dispose();
    one.dispose();
    poller.add(new Target("i-3", context)).dispose();
    assertThat(resolved).hasValue(1);
    other.dispose();

    poller.add(new Target("i-4", context));

    assertThat(resolved).hasValue(2);
    time.advanceTimeBy(Duration.ofSeconds(1));
    assertThat(calls).containsExactly(new Call("A", List.of("i-4")));
  }
}

package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.InstanceId;
import io.fleetstop.poll.AwaitOptions;
import io.fleetstop.poll.StateWaiter;
import io.fleetstop.poll.WaitResult;
import io.fleetstop.transport.HttpExchange.Response;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.util.context.Context;

/** User-supplied publishers, consumers and schedulers that break their contracts. */
class UserFaultsTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final ShutdownOptions OPTIONS =
      ShutdownOptions.builder()
          .protectTag("")
          .awaitStopped(false)
          .failureLimit(FailureLimit.none())
          .build();
  private static final Response STOPPED =
      new Response(
          200,
          Map.of("Content-Type", List.of("application/json")),
          "{\"ResponseMetadata\":{\"RequestId\":\"r\",\"Action\":\"StopInstance\"},\"Result\":{}}"
              .getBytes(StandardCharsets.UTF_8));

  private final StubClient client = new StubClient();
  private final List<ShutdownOutcome> emitted = new ArrayList<>();

  private static InstanceId id(int number) {
    return InstanceId.of("i-" + number);
  }

  /** Emits any signals on subscription, without regard to the specification. */
  private static Publisher<InstanceId> lawless(Consumer<Subscriber<? super InstanceId>> signals) {
    return subscriber -> {
      subscriber.onSubscribe(Operators.emptySubscription());
      signals.accept(subscriber);
    };
  }

  private StepVerifier.FirstStep<ShutdownOutcome> stop(Publisher<InstanceId> ids) {
    return StepVerifier.create(
        FleetShutdown.create(client, OPTIONS).stop(ids).doOnNext(emitted::add), 10);
  }

  @Test
  void idsWithoutDemand_failTheRun() {
    Sinks.Empty<Void> allEmitted = Sinks.empty();
    client.onStop = request -> allEmitted.asMono().then(client.stop(request));
    stop(lawless(
            subscriber -> {
              for (int i = 0; i < 1_000; i++) {
                subscriber.onNext(id(i));
              }
              allEmitted.tryEmitEmpty();
              subscriber.onComplete();
            }))
        .expectNextCount(10)
        .thenRequest(Long.MAX_VALUE)
        .thenConsumeWhile(outcome -> true)
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                        "ids must emit no more than was requested, emitted i-75 without demand"))
        .verify(PATIENCE);
    assertThat(emitted).hasSameSizeAs(client.calls);
  }

  /** Sources that emit the next id when one was filtered out, without another request. */
  static List<Flux<InstanceId>> sourcesWithRepetitions() {
    List<InstanceId> ids = List.of(id(1), id(1), id(2), id(1), id(3), id(3));
    return List.of(
        Flux.fromIterable(ids),
        Flux.fromArray(ids.toArray(InstanceId[]::new)),
        Flux.fromStream(ids::stream),
        Flux.range(0, 6).map(i -> id(i / 2 + 1)),
        Flux.just(id(1), id(1), id(2), id(3)).map(id -> id));
  }

  @ParameterizedTest
  @MethodSource("sourcesWithRepetitions")
  void duplicatesOfFusedSources_areAllowed(Flux<InstanceId> ids) {
    StepVerifier.create(FleetShutdown.create(client, OPTIONS).stop(ids), 1)
        .expectNextCount(1)
        .thenRequest(Long.MAX_VALUE)
        .expectNextCount(2)
        .expectComplete()
        .verify(PATIENCE);
    assertThat(client.called()).containsExactly("i-1", "i-2", "i-3");
  }

  @Test
  void nullId_failsTheRun() {
    stop(subscriber ->
            subscriber.onSubscribe(
                new Operators.DeferredSubscription() {
                  @Override
                  public void request(long n) {
                    subscriber.onNext(null);
                  }
                }))
        .expectErrorSatisfies(
            error ->
                assertThat(error)
                    .isInstanceOf(NullPointerException.class)
                    .hasMessage("ids must not emit null"))
        .verify(PATIENCE);
    assertThat(client.calls).isEmpty();
  }

  @Test
  void signalsAfterCompletion_areIgnored() {
    stop(lawless(
            subscriber -> {
              subscriber.onComplete();
              subscriber.onNext(id(1));
              subscriber.onError(new IllegalStateException("late"));
              subscriber.onComplete();
            }))
        .expectComplete()
        .verify(PATIENCE);
    assertThat(client.calls).isEmpty();
  }

  @Test
  void throwingPublisher_failsTheRun() {
    IllegalStateException broken = new IllegalStateException("broken");
    stop(subscriber -> {
          throw broken;
        })
        .expectErrorSatisfies(error -> assertThat(error).isSameAs(broken))
        .verify(PATIENCE);
  }

  private enum Thrown {
    EXCEPTION {
      @Override
      void raise() {
        throw new IllegalStateException("a bug of the user's");
      }
    },
    OUT_OF_MEMORY {
      @Override
      void raise() {
        throw new OutOfMemoryError("as the user's heap is full");
      }
    };

    abstract void raise();
  }

  /** Throws at its third outcome without cancelling the run. */
  private static final class Throwing implements Subscriber<ShutdownOutcome> {

    private final Thrown thrown;
    private final CountDownLatch threw = new CountDownLatch(1);
    private int outcomes;

    private Throwing(Thrown thrown) {
      this.thrown = thrown;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(ShutdownOutcome outcome) {
      if (++outcomes == 3) {
        threw.countDown();
        thrown.raise();
      }
    }

    @Override
    public void onError(Throwable error) {}

    @Override
    public void onComplete() {}
  }

  @ParameterizedTest
  @EnumSource
  void throwingConsumer_doesNotBlockOtherRuns(Thrown thrown) throws Exception {
    EcsClient shared =
        EcsClient.builder()
            .region("cn-beijing")
            .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
            .rateLimiter(RateLimiter.unlimited())
            .maxInFlight(4)
            // The run whose consumer threw can not end: closing waits for it, but not for long.
            .closeTimeout(Duration.ofSeconds(1))
            .transport(
                (request, maySend) ->
                    Mono.delay(Duration.ofMillis(1))
                        .filter(tick -> maySend.getAsBoolean())
                        .thenReturn(STOPPED))
            .build();
    List<InstanceId> ids = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      ids.add(id(i));
    }
    Throwing consumer = new Throwing(thrown);
    FleetShutdown.create(shared, OPTIONS).stop(Flux.fromIterable(ids)).subscribe(consumer);
    assertThat(consumer.threw.await(10, TimeUnit.SECONDS)).isTrue();

    StepVerifier.create(FleetShutdown.create(shared, OPTIONS).stop(Flux.fromIterable(ids)))
        .expectNextCount(100)
        .expectComplete()
        .verify(PATIENCE);
    assertThatCode(() -> shared.closeAsync().block(PATIENCE)).doesNotThrowAnyException();
  }

  @Test
  void rejectingScheduler_endsTheWait() {
    Sinks.Empty<Void> answer = Sinks.empty();
    client.onDescribe =
        ids -> answer.asMono().thenMany(Flux.just(StubClient.instance("i-1", "STOPPING")));
    AwaitOptions everyMilli =
        AwaitOptions.builder()
            .pollInterval(Duration.ofMillis(1))
            .maxPollInterval(Duration.ofMillis(1))
            .build();
    StateWaiter waiter =
        StateWaiter.create(
            client.poller(), everyMilli, Mono.never(), Context.empty(), Schedulers.parallel());
    AtomicReference<WaitResult> seen = new AtomicReference<>();
    waiter.await(id(1), state -> false, Duration.ofMinutes(10)).subscribe(seen::set);
    Flux.interval(Duration.ofMillis(1))
        .takeUntil(tick -> answer.currentSubscriberCount() == 1)
        .blockLast(PATIENCE);

    Schedulers.onScheduleHook(
        "shut",
        task -> {
          throw new RejectedExecutionException("shut");
        });
    try {
      answer.tryEmitEmpty();
    } finally {
      Schedulers.resetOnScheduleHook("shut");
    }

    assertThat(seen.get()).isInstanceOf(WaitResult.PollFailed.class);
  }
}

package io.fleetstop.fleet;

import io.fleetstop.junit.SubscriberCaptor;
import io.fleetstop.junit.Tck;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.SubscriberBlackboxVerification;
import org.reactivestreams.tck.TestEnvironment;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Runs the Reactive Streams TCK over the merged results and both subscribers of the operator. */
class FluxFlatMapMonoTckTest {

  private static TestEnvironment environment() {
    return new TestEnvironment(Tck.TIMEOUT_MILLIS, Tck.QUIET_MILLIS);
  }

  /** The merged results. */
  public static class ResultsVerification extends PublisherVerification<Integer> {

    public ResultsVerification() {
      super(environment());
    }

    @Override
    public Publisher<Integer> createPublisher(long elements) {
      Flux<Integer> numbers = Flux.range(0, Integer.MAX_VALUE);
      return new FluxFlatMapMono<>(
          elements == Long.MAX_VALUE ? numbers.repeat() : numbers.take(elements),
          number -> Mono.just(number).hide(),
          16);
    }

    @Override
    public Publisher<Integer> createFailedPublisher() {
      return new FluxFlatMapMono<>(
          Flux.<Integer>error(new IllegalStateException("failed on purpose")), Mono::just, 16);
    }
  }

  /** The subscriber to the source. */
  public static class SourceVerification extends SubscriberBlackboxVerification<Integer> {

    public SourceVerification() {
      super(environment());
    }

    @Override
    public Subscriber<Integer> createSubscriber() {
      SubscriberCaptor<Integer> source = new SubscriberCaptor<>();
      new FluxFlatMapMono<>(Flux.from(source), Mono::just, 16).subscribe(i -> {}, e -> {});
      return source.captured();
    }

    @Override
    public Integer createElement(int element) {
      return element;
    }
  }

  /** The subscriber to a mapped publisher. */
  public static class MappedVerification extends SubscriberBlackboxVerification<Integer> {

    public MappedVerification() {
      super(environment());
    }

    @Override
    public Subscriber<Integer> createSubscriber() {
      SubscriberCaptor<Integer> mapped = new SubscriberCaptor<>();
      new FluxFlatMapMono<>(Flux.just(1), number -> Mono.fromDirect(mapped), 1)
          .subscribe(i -> {}, e -> {});
      return mapped.captured();
    }

    @Override
    public Integer createElement(int element) {
      return element;
    }
  }

  @Test
  void results_followTheSpecification() {
    Tck.verify(ResultsVerification.class, 25);
  }

  @Test
  void subscribers_followTheSpecification() {
    Tck.verify(SourceVerification.class, 8);
    Tck.verify(MappedVerification.class, 8);
  }
}

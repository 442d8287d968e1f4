package io.fleetstop.limit;

import io.fleetstop.junit.SubscriberCaptor;
import io.fleetstop.junit.Tck;
import io.fleetstop.limit.RateLimiter.Permit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.SubscriberBlackboxVerification;
import org.reactivestreams.tck.TestEnvironment;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Runs the Reactive Streams TCK over the publishers and subscribers written here. */
class ReactiveStreamsTckTest {

  private static final double PERMITS_PER_SECOND = 1e6;

  private static RateLimiter limiter() {
    return RateLimiter.tokenBucket(PERMITS_PER_SECOND, 1);
  }

  /** {@link RateLimiter#acquire()}: one permit, always. */
  public static class AcquireVerification extends PublisherVerification<Permit> {

    public AcquireVerification() {
      super(new TestEnvironment(Tck.TIMEOUT_MILLIS, Tck.QUIET_MILLIS));
    }

    @Override
    public long maxElementsFromPublisher() {
      return 1;
    }

    @Override
    public Publisher<Permit> createPublisher(long elements) {
      return limiter().acquire();
    }

    /** None: a full queue fails on request, not on subscription. */
    @Override
    public @Nullable Publisher<Permit> createFailedPublisher() {
      return null;
    }
  }

  /** {@link RateLimiter#limit}, over a source of one element. */
  public static class LimitVerification extends PublisherVerification<Integer> {

    public LimitVerification() {
      super(new TestEnvironment(Tck.TIMEOUT_MILLIS, Tck.QUIET_MILLIS));
    }

    @Override
    public long maxElementsFromPublisher() {
      return 1;
    }

    @Override
    public Publisher<Integer> createPublisher(long elements) {
      return limiter().limit(elements == 0 ? Mono.empty() : Mono.just(1));
    }

    /** None: a call is subscribed to on request, and fails then. */
    @Override
    public @Nullable Publisher<Integer> createFailedPublisher() {
      return null;
    }
  }

  /** The subscriber of {@link RateLimiter#limit} to the source. */
  public static class CallSubscriberVerification extends SubscriberBlackboxVerification<Integer> {

    public CallSubscriberVerification() {
      super(new TestEnvironment(Tck.TIMEOUT_MILLIS, Tck.QUIET_MILLIS));
    }

    @Override
    public Subscriber<Integer> createSubscriber() {
      SubscriberCaptor<Integer> call = new SubscriberCaptor<>();
      limiter().limit(Mono.fromDirect(call)).subscribe(i -> {}, e -> {});
      return call.captured();
    }

    @Override
    public Integer createElement(int element) {
      return element;
    }
  }

  /** The subscriber of {@link RateLimiter#limit} to a permit. */
  public static class LimitPermitVerification extends SubscriberBlackboxVerification<Permit> {

    public LimitPermitVerification() {
      super(new TestEnvironment(Tck.TIMEOUT_MILLIS, Tck.QUIET_MILLIS));
    }

    @Override
    public Subscriber<Permit> createSubscriber() {
      SubscriberCaptor<Permit> permit = new SubscriberCaptor<>();
      RateLimiter limiter = () -> Mono.fromDirect(permit);
      limiter.limit(Mono.never()).subscribe(i -> {}, e -> {});
      return permit.captured();
    }

    @Override
    public Permit createElement(int element) {
      return Unlimited.INSTANCE;
    }
  }

  /** {@link RateLimiter#pace}, its subscriber to the source and its publisher at once. */
  public static class PaceVerification extends PublisherVerification<Integer> {

    public PaceVerification() {
      super(new TestEnvironment(Tck.TIMEOUT_MILLIS, Tck.QUIET_MILLIS));
    }

    @Override
    public Publisher<Integer> createPublisher(long elements) {
      Flux<Integer> numbers = Flux.range(0, Integer.MAX_VALUE);
      return limiter().pace(elements == Long.MAX_VALUE ? numbers.repeat() : numbers.take(elements));
    }

    @Override
    public Publisher<Integer> createFailedPublisher() {
      return limiter().pace(Flux.error(new IllegalStateException("failed on purpose")));
    }
  }

  /** The subscriber of {@link RateLimiter#pace} to its source. */
  public static class SourceSubscriberVerification extends SubscriberBlackboxVerification<Integer> {

    public SourceSubscriberVerification() {
      super(new TestEnvironment(Tck.TIMEOUT_MILLIS, Tck.QUIET_MILLIS));
    }

    @Override
    public Subscriber<Integer> createSubscriber() {
      SubscriberCaptor<Integer> source = new SubscriberCaptor<>();
      RateLimiter.unlimited().pace(Flux.from(source)).subscribe(i -> {}, e -> {});
      return source.captured();
    }

    @Override
    public Integer createElement(int element) {
      return element;
    }
  }

  /** The subscriber of {@link RateLimiter#pace} to a permit. */
  public static class PermitSubscriberVerification extends SubscriberBlackboxVerification<Permit> {

    public PermitSubscriberVerification() {
      super(new TestEnvironment(Tck.TIMEOUT_MILLIS, Tck.QUIET_MILLIS));
    }

    @Override
    public Subscriber<Permit> createSubscriber() {
      SubscriberCaptor<Permit> permit = new SubscriberCaptor<>();
      RateLimiter limiter = () -> Mono.fromDirect(permit);
      limiter.pace(Flux.never()).subscribe(i -> {}, e -> {});
      return permit.captured();
    }

    @Override
    public Permit createElement(int element) {
      return Unlimited.INSTANCE;
    }
  }

  @Test
  void acquire_followsTheSpecification() {
    // The TCK skips rules that need more than one element.
    Tck.verify(AcquireVerification.class, 10);
  }

  @Test
  void pace_followsTheSpecification() {
    Tck.verify(PaceVerification.class, 25);
  }

  @Test
  void paceSubscribers_followTheSpecification() {
    Tck.verify(SourceSubscriberVerification.class, 8);
    Tck.verify(PermitSubscriberVerification.class, 8);
  }

  @Test
  void limit_followsTheSpecification() {
    Tck.verify(LimitVerification.class, 10);
  }

  @Test
  void limitSubscribers_followTheSpecification() {
    Tck.verify(CallSubscriberVerification.class, 8);
    Tck.verify(LimitPermitVerification.class, 8);
  }
}

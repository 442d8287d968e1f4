package io.fleetstop.fleet;

import io.fleetstop.junit.Tck;
import io.fleetstop.model.InstanceId;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import reactor.core.publisher.Flux;

/** Runs the Reactive Streams TCK over the outcomes of a fleet. */
class FleetPublisherTckTest {

  /** {@link FleetShutdown#stop} and {@link ShutdownRun#outcomes()}. */
  public static class OutcomesVerification extends PublisherVerification<ShutdownOutcome> {

    public OutcomesVerification() {
      super(new TestEnvironment(Tck.TIMEOUT_MILLIS, Tck.QUIET_MILLIS));
    }

    private static Flux<ShutdownOutcome> stop(Flux<InstanceId> ids) {
      ShutdownOptions options =
          ShutdownOptions.builder().protectTag("").awaitStopped(false).build();
      return FleetShutdown.create(new StubClient(), options).stop(ids);
    }

    @Override
    public Publisher<ShutdownOutcome> createPublisher(long elements) {
      Flux<InstanceId> fleet =
          Flux.generate(
              () -> 0L,
              (number, sink) -> {
                sink.next(InstanceId.of("i-" + number));
                return number + 1;
              });
      return stop(elements == Long.MAX_VALUE ? fleet : fleet.take(elements));
    }

    @Override
    public Publisher<ShutdownOutcome> createFailedPublisher() {
      return stop(Flux.error(new IllegalStateException("failed on purpose")));
    }
  }

  @Test
  void outcomes_followTheSpecification() {
    Tck.verify(OutcomesVerification.class, 20);
  }
}

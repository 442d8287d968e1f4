package io.fleetstop.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.ITestResult;
import org.testng.TestListenerAdapter;
import org.testng.TestNG;
import reactor.core.publisher.Flux;

/** Runs the Reactive Streams TCK over the outcomes of a fleet. */
class FleetPublisherTckTest {

  /** {@link FleetShutdown#stop} and {@link ShutdownRun#outcomes()}. */
  public static class OutcomesVerification extends PublisherVerification<ShutdownOutcome> {

    private static final long TIMEOUT_MILLIS = 500;
    private static final long QUIET_MILLIS = 50;

    public OutcomesVerification() {
      super(new TestEnvironment(TIMEOUT_MILLIS, QUIET_MILLIS));
    }

    private static Flux<ShutdownOutcome> stop(Flux<InstanceId> ids) {
      ShutdownOptions options = ShutdownOptions.builder().awaitStopped(false).build();
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
  void theOutcomesFollowTheSpecification() {
    TestListenerAdapter results = new TestListenerAdapter();
    TestNG testng = new TestNG(false);
    testng.setVerbose(0);
    testng.setTestClasses(new Class<?>[] {OutcomesVerification.class});
    testng.addListener(results);
    testng.run();
    List<String> failed = new ArrayList<>();
    for (ITestResult result : results.getFailedTests()) {
      failed.add(result.getName() + ": " + result.getThrowable());
    }
    assertThat(failed).isEmpty();
    assertThat(results.getConfigurationFailures()).isEmpty();
    assertThat(results.getPassedTests()).hasSizeGreaterThanOrEqualTo(20);
  }
}

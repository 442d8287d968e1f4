package io.fleetstop;

import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.junit.Tck;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.StopInstance;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;

/** Runs the Reactive Streams TCK against a call, whose attempts are a hand-written operator. */
class CallExecutionTckTest {

  /** {@link EcsClient#stopInstance}: one result, always. */
  public static class CallVerification extends PublisherVerification<StopInstance.Result> {

    private final EcsClient client =
        EcsClient.builder()
            .region("cn-beijing")
            .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
            .rateLimiter(RateLimiter.unlimited())
            .transport(ScriptedExchange.answering(ScriptedExchange.accepted()))
            .build();

    public CallVerification() {
      super(new TestEnvironment(Tck.TIMEOUT_MILLIS, Tck.QUIET_MILLIS));
    }

    @Override
    public long maxElementsFromPublisher() {
      return 1;
    }

    @Override
    public Publisher<StopInstance.Result> createPublisher(long elements) {
      return client.stopInstance(StopInstance.of("i-1"));
    }

    /** None: a call starts on subscription and fails only then. */
    @Override
    public @Nullable Publisher<StopInstance.Result> createFailedPublisher() {
      return null;
    }
  }

  @Test
  void call_followsTheSpecification() {
    Tck.verify(CallVerification.class, 10);
  }
}

package io.fleetstop;

import static io.fleetstop.EcsClientTest.client;
import static io.fleetstop.EcsClientTest.failure;
import static io.fleetstop.ScriptedExchange.error;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.fleetstop.error.EcsException;
import io.fleetstop.model.DescribeInstances;
import io.fleetstop.model.EcsAction;
import io.fleetstop.model.Instance;
import io.fleetstop.model.StopInstance;
import io.fleetstop.retry.RetryPolicy;
import io.fleetstop.transport.HttpExchange;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

/** The shortcuts of the client's API. */
class ClientApiTest {

  @Test
  void consumerOfABuilder_makesTheSameRequest() {
    ScriptedExchange exchange = ScriptedExchange.answering(ScriptedExchange.accepted());
    StepVerifier.create(
            client(exchange).build().stopInstance(r -> r.instanceId("i-1").forceStop(true)))
        .expectNext(new StopInstance.Result("2025-r1", 1))
        .verifyComplete();
    assertThat(exchange.parameter(1, "InstanceId")).isEqualTo("i-1");
    assertThat(exchange.parameter(1, "ForceStop")).isEqualTo("true");
  }

  @Test
  void requestWithoutAnInstance_isRefusedBeforeItIsSent() {
    EcsClient client = client(ScriptedExchange.answering()).build();
    assertThatThrownBy(() -> client.stopInstance(request -> request.dryRun(true)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("InstanceId must be set, call instanceId(\"i-...\")");
  }

  @Test
  void close_closesWithoutBlocking() {
    AtomicInteger closed = new AtomicInteger();
    EcsClient client = new ClosingClient(client(ScriptedExchange.answering()).build(), closed);
    try (client) {
      assertThat(closed).hasValue(0);
    }
    assertThat(closed).hasValue(1);
  }

  @ParameterizedTest
  @CsvSource({
    "429, FlowLimitExceeded",
    "412, OperationDenied.ResourceLocked",
    "412, IdempotentProcessing",
    "401, InvalidSecretToken",
    "400, InvalidTimestamp",
    "500, InternalError",
    "500, Insufficient.InstanceCapacity",
    "400, InvalidInstanceStatus"
  })
  void policyNone_sendsOnce(int status, String code) {
    ScriptedExchange exchange = ScriptedExchange.answering(error(status, code));
    EcsException failure =
        failure(
            client(exchange)
                .retryPolicy(RetryPolicy.none())
                .build()
                .stopInstance(StopInstance.of("i-1")));
    assertThat(failure.errorCode().code()).isEqualTo(code);
    assertThat(failure.attempts()).isEqualTo(1);
    assertThat(exchange.sent()).hasSize(1);
  }

  @Test
  void foreignFailureBeforeSending_isAFailedConnection() {
    HttpExchange broken = (request, maySend) -> Mono.error(new IllegalStateException("no route"));
    EcsException failure =
        failure(
            client(ScriptedExchange.answering())
                .transport(broken)
                .retryPolicy(RetryPolicy.none())
                .build()
                .stopInstance(StopInstance.of("i-1")));
    assertThat(failure.errorCode().code()).isEqualTo("Client.ConnectFailed");
    assertThat(failure.mayHaveTakenEffect()).isFalse();
  }

  private record ClosingClient(EcsClient delegate, AtomicInteger closed) implements EcsClient {

    @Override
    public Mono<StopInstance.Result> stopInstance(StopInstance request) {
      return delegate.stopInstance(request);
    }

    @Override
    public Flux<Instance> describeInstances(DescribeInstances request) {
      return delegate.describeInstances(request);
    }

    @Override
    public <T> Mono<T> call(EcsAction<T> action) {
      return delegate.call(action);
    }

    @Override
    public EcsClient withRetryPolicy(UnaryOperator<RetryPolicy> change) {
      return delegate.withRetryPolicy(change);
    }

    @Override
    public Mono<Void> closeAsync() {
      return Mono.fromRunnable(closed::incrementAndGet);
    }
  }
}

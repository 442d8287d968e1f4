package io.fleetstop.observe;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.EcsClient;
import io.fleetstop.ScriptedExchange;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.model.StopInstance;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryPolicy;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.util.context.Context;

class CallListenersTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final List<String> RETRIED =
      List.of(
          "callContext",
          "callStarted",
          "attemptStarted",
          "attemptSent",
          "attemptFailed",
          "retryDecided",
          "attemptStarted",
          "attemptSent",
          "attemptSucceeded",
          "callSucceeded");

  private final List<String> events = new ArrayList<>();

  /** Records every event under the name of the listener. */
  private static CallListener recorder(List<String> events) {
    return (CallListener)
        Proxy.newProxyInstance(
            CallListener.class.getClassLoader(),
            new Class<?>[] {CallListener.class},
            (proxy, method, arguments) -> {
              events.add(method.getName());
              return method.getName().equals("callContext") ? arguments[1] : null;
            });
  }

  private static CallListener throwing() {
    return (CallListener)
        Proxy.newProxyInstance(
            CallListener.class.getClassLoader(),
            new Class<?>[] {CallListener.class},
            (proxy, method, arguments) -> {
              throw new IllegalStateException(method.getName());
            });
  }

  private static EcsClient client(CallListener listener, ScriptedExchange service) {
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(CredentialsProvider.fixed(Credentials.of("AKLTexample", "secret")))
        .transport(service)
        .rateLimiter(RateLimiter.unlimited())
        .retryPolicy(RetryPolicy.builder().backoff(Category.THROTTLED, Backoff.none()).build())
        .listener(listener)
        .build();
  }

  private static ScriptedExchange retried() {
    return ScriptedExchange.answering(
        ScriptedExchange.error(429, "FlowLimitExceeded"), ScriptedExchange.accepted());
  }

  private static void stop(EcsClient client) {
    StepVerifier.create(client.stopInstance(StopInstance.of("i-1")))
        .expectNextCount(1)
        .expectComplete()
        .verify(PATIENCE);
  }

  @Test
  void eachListener_getsAllEventsInOrder() {
    List<String> too = new ArrayList<>();

    stop(client(CallListener.all(List.of(recorder(events), recorder(too))), retried()));

    assertThat(events).isEqualTo(RETRIED);
    assertThat(too).isEqualTo(RETRIED);
  }

  @Test
  void throwingListener_doesNotAffectOthers() {
    List<String> dropped = new ArrayList<>();
    Hooks.onErrorDropped(error -> dropped.add(String.valueOf(error.getMessage())));

    stop(client(CallListener.all(List.of(throwing(), recorder(events))), retried()));

    assertThat(events).isEqualTo(RETRIED);
    assertThat(dropped).isEqualTo(RETRIED);
  }

  @Test
  void singleThrowingListener_doesNotFailTheCall() {
    List<String> dropped = new ArrayList<>();
    Hooks.onErrorDropped(error -> dropped.add(String.valueOf(error.getMessage())));

    stop(client(throwing(), retried()));

    assertThat(dropped).isEqualTo(RETRIED);
  }

  @Test
  void cancelAndFailure_reachAllListeners() {
    CallListener both = CallListener.all(List.of(CallListener.NONE, recorder(events)));

    StepVerifier.create(
            client(both, ScriptedExchange.answering(Mono.never()))
                .stopInstance(StopInstance.of("i-1")))
        .thenCancel()
        .verify(PATIENCE);
    StepVerifier.create(
            client(both, ScriptedExchange.answering(ScriptedExchange.error(404, "NotFound")))
                .stopInstance(StopInstance.of("i-1")))
        .expectError()
        .verify(PATIENCE);

    assertThat(events).contains("callCancelled").endsWith("attemptFailed", "callFailed");
  }

  @Test
  void contextAdditions_ofAllListenersAreThere() {
    CallListener subject =
        new CallListener() {
          @Override
          public Context callContext(CallSubject called, Context context) {
            return context.put("subject", called);
          }
        };
    CallListener region =
        new CallListener() {
          @Override
          public Context callContext(CallSubject called, Context context) {
            return context.put("region", context.<CallSubject>get("subject").region());
          }
        };
    List<Object> seen = new ArrayList<>();
    ScriptedExchange service =
        ScriptedExchange.of(
            number ->
                Mono.deferContextual(
                    context -> {
                      seen.addAll(List.of(context.get("subject"), context.get("region")));
                      return ScriptedExchange.accepted();
                    }));

    stop(client(CallListener.all(List.of(subject, region)), service));

    assertThat(seen)
        .containsExactly(
            new CallSubject("ecs", "StopInstance", "cn-beijing", "i-1", 1), "cn-beijing");
  }

  @Test
  void noListeners_areNone() {
    assertThat(CallListener.all(List.of())).isSameAs(CallListener.NONE);
  }
}

package io.fleetstop.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.limit.RateLimiter;
import io.fleetstop.limit.RateLimiter.Permit;
import io.fleetstop.retry.RetryPolicy;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A reply that races with the end of its exchange leaks no connection. */
class ReplyHolderTest {

  private final AtomicBoolean bodyTerminated = new AtomicBoolean();
  private final BaseSubscriber<ClientResponse> caller = new BaseSubscriber<>() {};

  /** Longer than the prefix that is read ahead, so that part of the body is still pending. */
  private ClientResponse reply(HttpStatus status) {
    Flux<DataBuffer> body =
        Flux.just("{\"RequestId\":", "\"1\"}")
            .map(text -> text.getBytes(StandardCharsets.UTF_8))
            .<DataBuffer>map(DefaultDataBufferFactory.sharedInstance::wrap)
            .doFinally(signal -> bodyTerminated.set(true));
    return ClientResponse.create(status)
        .header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE)
        .body(body)
        .build();
  }

  private Mono<ClientResponse> exchange(HttpStatus status, RetryPolicy policy, Permit permit) {
    RateLimiter limiter = () -> Mono.just(permit);
    RetryFilter filter =
        RetryFilter.builder().policy(policy).limiter(limiter).maxPeekBytes(10).build();
    ClientRequest request =
        ClientRequest.create(HttpMethod.GET, URI.create("http://localhost/")).build();
    return filter.filter(request, sent -> Mono.just(reply(status)));
  }

  /** A permit that is reported to just before the caller is. */
  private static Permit onEnd(Runnable action) {
    return new Permit() {
      @Override
      public void succeeded() {
        action.run();
      }

      @Override
      public void throttled(@Nullable Duration retryAfter) {
        action.run();
      }

      @Override
      public void ignored() {}
    };
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void callerCancels_bodyIsReleased(boolean hasDeadline) {
    RetryPolicy policy =
        hasDeadline ? RetryPolicy.defaults() : RetryPolicy.defaults().mutate().noDeadline().build();
    exchange(HttpStatus.OK, policy, onEnd(caller::cancel)).subscribe(caller);

    assertThat(bodyTerminated).isTrue();
  }

  @Test
  void limiterFails_bodyIsReleased() {
    exchange(
            HttpStatus.OK,
            RetryPolicy.defaults(),
            onEnd(
                () -> {
                  throw new IllegalStateException("on purpose");
                }))
        .subscribe(caller);

    assertThat(bodyTerminated).isTrue();
  }

  @Test
  void replyArrives_callerGetsWholeBody() {
    String text =
        exchange(HttpStatus.OK, RetryPolicy.defaults(), onEnd(() -> {}))
            .flatMap(response -> response.bodyToMono(String.class))
            .block(Duration.ofSeconds(10));

    assertThat(text).isEqualTo("{\"RequestId\":\"1\"}");
  }

  @Test
  void heldAfterRelease_bodyIsReleased() {
    ReplyHolder holder = new ReplyHolder();
    holder.release();
    holder.hold(reply(HttpStatus.OK));

    assertThat(bodyTerminated).isTrue();
    assertThat(holder.claim()).isNull();
  }
}

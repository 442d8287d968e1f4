package io.fleetstop.samples;

import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.retry.RetryBudget;
import io.fleetstop.retry.RetryPolicy;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import reactor.core.publisher.Mono;

/** The retry policy and the limiter on Spring's {@code WebClient}, without {@code EcsClient}. */
final class WebClientSample {

  private final WebClient http;
  private final RetryPolicy policy;
  private final RetryBudget budget = RetryBudget.standard();
  private final RateLimiter limiter;

  WebClientSample(WebClient http, RetryPolicy policy, RateLimiter limiter) {
    this.http = http;
    this.policy = policy;
    this.limiter = limiter;
  }

  Mono<String> get(String path) {
    return http.get()
        .uri(path)
        .retrieve()
        .bodyToMono(String.class)
        .onErrorMap(WebClientResponseException.class, WebClientSample::toEcsException)
        .transform(limiter::limit) // a retry waits for a permit too
        .retryWhen(policy.asRetry(true, budget)); // a GET may be repeated
  }

  private static EcsException toEcsException(WebClientResponseException failure) {
    int status = failure.getStatusCode().value();
    ErrorCode code = ErrorCode.classify(null, null, status);
    boolean mayHaveActed = code.category() == Category.SERVER;
    return EcsException.builder(code, mayHaveActed ? Delivery.UNKNOWN : Delivery.REJECTED)
        .httpStatus(status)
        .cause(failure)
        .build();
  }
}

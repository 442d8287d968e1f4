package io.fleetstop.samples;

import static io.fleetstop.contract.RawServer.reply;
import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.contract.RawServer;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Limit;
import io.fleetstop.error.ErrorCode.Category;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.retry.Backoff;
import io.fleetstop.retry.RetryPolicy;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.web.reactive.function.client.WebClient;
import reactor.test.StepVerifier;

class WebClientSampleTest {

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static WebClientSample sample(RawServer server) {
    RetryPolicy policy =
        RetryPolicy.builder()
            .backoff(Category.SERVER, Backoff.none())
            .backoff(Category.THROTTLED, Backoff.none())
            .build();
    return new WebClientSample(
        WebClient.create(server.uri("").toString()), policy, RateLimiter.tokenBucket(1_000, 10));
  }

  @Test
  void aCallIsTriedAgainAsItsErrorsSay() throws IOException {
    AtomicInteger count = new AtomicInteger();
    try (RawServer server =
        RawServer.start(
            exchange ->
                exchange.write(
                    switch (count.incrementAndGet()) {
                      case 1 -> reply(502, "text/html", "bad gateway");
                      case 2 -> reply(429, "text/plain", "slow down");
                      default -> reply(200, "text/plain", "done");
                    }))) {
      StepVerifier.create(sample(server).get("/"))
          .expectNext("done")
          .expectComplete()
          .verify(PATIENCE);
      assertThat(count).hasValue(3);
    }
  }

  @Test
  void whatDoesNotPassIsNotTriedAgainAndWhatFailsEndsWithItsHistory() throws IOException {
    try (RawServer server = RawServer.replying(reply(403, "text/plain", "no"))) {
      StepVerifier.create(sample(server).get("/"))
          .expectErrorSatisfies(
              failure ->
                  assertThat(((EcsException) failure).category()).isEqualTo(Category.PERMISSION))
          .verify(PATIENCE);
      assertThat(server.requests()).hasSize(1);
    }
    try (RawServer server = RawServer.replying(reply(503, "text/plain", "down"))) {
      StepVerifier.create(sample(server).get("/"))
          .expectErrorSatisfies(
              failure -> {
                assertThat(((EcsException) failure).endedBy()).isEqualTo(Limit.ATTEMPTS);
                assertThat(((EcsException) failure).history()).hasSize(4);
              })
          .verify(PATIENCE);
    }
  }
}

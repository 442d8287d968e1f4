package io.fleetstop.benchmarks;

import io.fleetstop.EcsClient;
import io.fleetstop.credentials.Credentials;
import io.fleetstop.credentials.CredentialsProvider;
import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.limit.RateLimiter;
import io.fleetstop.transport.HttpExchange;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import reactor.core.publisher.Mono;

/** Accepts each stop at once, without a network. */
final class StubExchange implements HttpExchange {

  private static final Response STOPPING =
      new Response(
          200,
          Map.of("content-type", List.of("application/json")),
          ("{\"ResponseMetadata\":{\"RequestId\":\"20261123120000000A1B2C3D400000001\","
                  + "\"Action\":\"StopInstance\",\"Version\":\"2020-04-01\","
                  + "\"Service\":\"ecs\",\"Region\":\"cn-beijing\"},\"Result\":{}}")
              .getBytes(StandardCharsets.UTF_8));

  /** A client with its defaults over this exchange, without a rate limit. */
  static EcsClient client() {
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(
            CredentialsProvider.fixed(
                Credentials.of("AKLTbenchmarksample", "YmVuY2htYXJrLW9ubHktbm90LWEtc2VjcmV0")))
        .rateLimiter(RateLimiter.unlimited())
        .transport(new StubExchange())
        .build();
  }

  @Override
  public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
    return Mono.fromCallable(
        () -> {
          if (!maySend.getAsBoolean()) {
            throw EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT).build();
          }
          return STOPPING;
        });
  }
}

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

  private static final String BATCH_ID = "InstanceIds.";

  private static final String HEAD =
      "{\"ResponseMetadata\":{\"RequestId\":\"20261123120000000A1B2C3D400000001\",\"Action\":\"";

  private static final String SERVICE =
      "\",\"Version\":\"2020-04-01\",\"Service\":\"ecs\",\"Region\":\"cn-beijing\"},\"Result\":";

  private static final Response STOPPING =
      reply((HEAD + "StopInstance" + SERVICE + "{}}").getBytes(StandardCharsets.UTF_8));

  private static Response reply(byte[] body) {
    return new Response(200, Map.of("content-type", List.of("application/json")), body);
  }

  /** Accepts each instance of a batch; the reply costs little more than its bytes. */
  private static Response replyToBatch(String target) {
    StringBuilder body = new StringBuilder(target.length() * 2);
    body.append(HEAD).append("StopInstances").append(SERVICE).append("{\"OperationDetails\":[");
    String separator = "";
    int start = target.indexOf(BATCH_ID);
    while (start >= 0) {
      int equals = target.indexOf('=', start);
      int end = target.indexOf('&', equals);
      body.append(separator)
          .append("{\"InstanceId\":\"")
          .append(target, equals + 1, end < 0 ? target.length() : end)
          .append("\",\"Error\":null}");
      separator = ",";
      start = target.indexOf(BATCH_ID, equals);
    }
    return reply(body.append("]}}").toString().getBytes(StandardCharsets.UTF_8));
  }

  /** A client with its defaults over this exchange, without a rate limit. */
  static EcsClient client() {
    return client(new StubExchange(), 64);
  }

  /** The same client over another exchange, with so many calls in flight. */
  static EcsClient client(HttpExchange exchange, int maxInFlight) {
    return EcsClient.builder()
        .region("cn-beijing")
        .credentials(
            CredentialsProvider.fixed(
                Credentials.of("AKLTbenchmarksample", "YmVuY2htYXJrLW9ubHktbm90LWEtc2VjcmV0")))
        .rateLimiter(RateLimiter.unlimited())
        .transport(exchange)
        .maxInFlight(maxInFlight)
        .build();
  }

  @Override
  public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
    return Mono.fromCallable(
        () -> {
          if (!maySend.getAsBoolean()) {
            throw EcsException.builder(ClientErrors.CLOSED, Delivery.NOT_SENT).build();
          }
          return request.target().contains("Action=StopInstances&")
              ? replyToBatch(request.target())
              : STOPPING;
        });
  }
}

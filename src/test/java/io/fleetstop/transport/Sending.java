package io.fleetstop.transport;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.error.ErrorCode;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** Sends single requests and returns their results. */
final class Sending {

  private Sending() {}

  static Response send(HttpExchange exchange, URI uri) {
    return requireNonNull(
        exchange.exchange(Request.get(uri), () -> true).block(HttpExchangeContract.PATIENCE));
  }

  static String text(HttpExchange exchange, URI uri) {
    return new String(send(exchange, uri).body(), StandardCharsets.UTF_8);
  }

  static EcsException failure(HttpExchange exchange, URI uri, ErrorCode code, Delivery delivery) {
    EcsException error = failure(exchange, uri);
    assertThat(error.errorCode()).as("%s", error).isEqualTo(code);
    assertThat(error.delivery()).as("%s", error).isEqualTo(delivery);
    return error;
  }

  static EcsException failure(HttpExchange exchange, URI uri) {
    Throwable failure = catchThrowable(() -> send(exchange, uri));
    assertThat(failure).isInstanceOf(EcsException.class);
    return (EcsException) failure;
  }
}

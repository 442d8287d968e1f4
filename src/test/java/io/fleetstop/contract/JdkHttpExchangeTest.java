package io.fleetstop.contract;

import io.fleetstop.transport.HttpExchange;
import java.time.Duration;

class JdkHttpExchangeTest implements HttpExchangeContract {

  private final HttpExchange exchange = new JdkHttpExchange(Duration.ofMillis(500), 64 * 1024);

  @Override
  public HttpExchange exchange() {
    return exchange;
  }
}

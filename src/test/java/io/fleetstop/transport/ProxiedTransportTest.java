package io.fleetstop.transport;

import io.fleetstop.contract.HttpExchangeContract;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;

/** The contract through a proxy. */
class ProxiedTransportTest implements HttpExchangeContract {

  private final ConnectProxy proxy;
  private final NettyTransport transport;

  ProxiedTransportTest() throws IOException {
    proxy = new ConnectProxy();
    transport =
        NettyTransport.create(
            TransportOptions.builder()
                .responseTimeout(Duration.ofMillis(500))
                .maxBodyBytes(64 * 1024)
                .proxy(proxy.options().build())
                .build());
  }

  @Override
  public HttpExchange exchange() {
    return transport;
  }

  @AfterEach
  void close() throws IOException {
    transport.disposeLater().block(PATIENCE);
    proxy.close();
  }
}

package io.fleetstop.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.junit.CapturedStderr;
import io.fleetstop.transport.HttpExchange.Request;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.test.StepVerifier;

/** A request that is given up before it is sent is no event that an operator has to know. */
class QuietCancellationTest {

  @RegisterExtension final CapturedStderr log = new CapturedStderr();

  @Test
  void refusedRequest_failsWithoutALogLine() {
    DisposableServer server =
        HttpServer.create().host("127.0.0.1").handle((request, reply) -> reply.send()).bindNow();
    NettyTransport transport = NettyTransport.create();
    Request request = Request.get(URI.create("http://127.0.0.1:" + server.port() + "/"));
    try {
      for (int round = 0; round < 20; round++) {
        StepVerifier.create(transport.exchange(request, () -> false))
            .expectErrorMatches(
                error -> error instanceof EcsException e && e.delivery() == Delivery.NOT_SENT)
            .verify(HttpExchangeContract.PATIENCE);
      }
      transport.disposeLater().block(HttpExchangeContract.PATIENCE);
    } finally {
      server.disposeNow();
    }

    assertThat(log.text()).doesNotContain("WARN", "ERROR").doesNotContain("\tat ");
  }
}

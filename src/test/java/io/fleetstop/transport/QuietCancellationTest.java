package io.fleetstop.transport;

import static org.assertj.core.api.Assertions.assertThat;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.transport.HttpExchange.Request;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.test.StepVerifier;

/** A request that is given up before it is sent is no event that an operator has to know. */
class QuietCancellationTest {

  private final PrintStream stderr = System.err;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  @BeforeEach
  void capture() {
    System.setErr(new PrintStream(log, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void release() {
    System.setErr(stderr);
  }

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

    assertThat(log.toString(StandardCharsets.UTF_8))
        .doesNotContain("WARN", "ERROR")
        .doesNotContain("\tat ");
  }
}

package io.fleetstop.transport;

import io.fleetstop.junit.Tck;
import io.fleetstop.transport.HttpExchange.Request;
import io.fleetstop.transport.HttpExchange.Response;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** Runs the Reactive Streams TCK over an exchange, which stands before Reactor Netty by itself. */
class TransportTckTest {

  private static final DisposableServer SERVER =
      HttpServer.create()
          .host("127.0.0.1")
          .port(0)
          .handle((request, reply) -> reply.sendString(Mono.just("{}")))
          .bindNow();

  /** {@link NettyTransport#exchange}: one reply, always. */
  public static class ExchangeVerification extends PublisherVerification<Response> {

    private final NettyTransport transport = NettyTransport.create();

    public ExchangeVerification() {
      super(new TestEnvironment(Tck.TIMEOUT_MILLIS, Tck.QUIET_MILLIS));
    }

    @Override
    public long maxElementsFromPublisher() {
      return 1;
    }

    @Override
    public Publisher<Response> createPublisher(long elements) {
      URI server = URI.create("http://127.0.0.1:" + SERVER.port());
      return transport.exchange(Request.get(server, "/"), () -> true);
    }

    @Override
    public @Nullable Publisher<Response> createFailedPublisher() {
      return transport.exchange(Request.get(URI.create("http://127.0.0.1:1"), "/"), () -> true);
    }
  }

  @Test
  void exchange_followsTheSpecification() {
    try {
      Tck.verify(ExchangeVerification.class, 10);
    } finally {
      SERVER.disposeNow();
    }
  }
}

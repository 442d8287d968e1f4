package io.fleetstop.benchmarks.call;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.charset.StandardCharsets;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

/** The server where there is no nginx. */
final class CannedNettyServer {

  private CannedNettyServer() {}

  /** Serves JSON on the first port and XML on the second, until it is ended. */
  public static void main(String[] args) {
    DisposableServer json = serve(args[0], "application/json", Replies.JSON);
    DisposableServer xml = serve(args[1], "text/xml;charset=UTF-8", Replies.XML);
    Mono.when(json.onDispose(), xml.onDispose()).block();
  }

  private static DisposableServer serve(String port, String type, String body) {
    ByteBuf bytes =
        Unpooled.unreleasableBuffer(
            Unpooled.directBuffer().writeBytes(body.getBytes(StandardCharsets.UTF_8)));
    return HttpServer.create()
        .host("127.0.0.1")
        .port(Integer.parseInt(port))
        .handle(
            (request, response) ->
                response
                    .header(HttpHeaderNames.CONTENT_TYPE, type)
                    .header(HttpHeaderNames.CONTENT_LENGTH, Integer.toString(bytes.readableBytes()))
                    .send(Mono.fromSupplier(bytes::duplicate)))
        .bindNow();
  }
}

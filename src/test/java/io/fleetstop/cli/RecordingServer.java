package io.fleetstop.cli;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Sends the same reply to every request and records the queries. */
public final class RecordingServer implements AutoCloseable {

  static final String ACCEPTED = "{\"ResponseMetadata\":{\"RequestId\":\"req-1\"},\"Result\":{}}";

  private final HttpServer server;
  private final List<String> queries = new CopyOnWriteArrayList<>();

  RecordingServer(int status, String body) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          queries.add(exchange.getRequestURI().getRawQuery());
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(status, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
  }

  String endpoint() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  List<String> queries() {
    return queries;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

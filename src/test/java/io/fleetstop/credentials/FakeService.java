package io.fleetstop.credentials;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fleetstop.error.ClientErrors;
import io.fleetstop.error.EcsException;
import io.fleetstop.error.EcsException.Delivery;
import io.fleetstop.transport.HttpExchange;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/** A service that issues credentials: on a port, or as an in-memory exchange for virtual time. */
abstract class FakeService implements HttpExchange, AutoCloseable {

  private final List<Request> requests = new CopyOnWriteArrayList<>();
  private final Deque<Mono<Response>> ordered = new ArrayDeque<>();
  private final Semaphore closed = new Semaphore(0);
  private @Nullable DisposableServer server;

  /** Returns the default reply. Header names are in lower case. */
  abstract Response answer(Request request);

  @Override
  public Mono<Response> exchange(Request request, BooleanSupplier maySend) {
    return Mono.defer(
        () -> {
          Map<String, String> headers = new LinkedHashMap<>();
          headers.put("host", request.uri().getRawAuthority());
          request.headers().forEach((name, value) -> headers.put(lower(name), value));
          return take(new Request(request.method(), request.uri(), headers, request.body()));
        });
  }

  private Mono<Response> take(Request request) {
    requests.add(request);
    Mono<Response> next;
    synchronized (ordered) {
      next = ordered.poll();
    }
    return next == null ? Mono.fromSupplier(() -> answer(request)) : next;
  }

  /** Starts listening and returns the address. */
  URI start() {
    DisposableServer bound =
        HttpServer.create()
            .host("127.0.0.1")
            .port(0)
            .doOnConnection(connection -> connection.onDispose(closed::release))
            .handle(this::handle)
            .bindNow();
    server = bound;
    return URI.create("http://127.0.0.1:" + bound.port());
  }

  private Mono<Void> handle(HttpServerRequest in, HttpServerResponse out) {
    return in.receive()
        .aggregate()
        .asByteArray()
        .defaultIfEmpty(new byte[0])
        .flatMap(
            body -> {
              Map<String, String> headers = new LinkedHashMap<>();
              in.requestHeaders()
                  .forEach(header -> headers.put(lower(header.getKey()), header.getValue()));
              URI uri = URI.create("http://" + headers.get("host") + in.uri());
              return take(new Request(in.method().name(), uri, headers, body));
            })
        .flatMap(reply -> out.status(reply.status()).sendByteArray(Mono.just(reply.body())).then());
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /** Answers the next request with this instead. */
  void next(Mono<Response> answer) {
    synchronized (ordered) {
      ordered.add(answer);
    }
  }

  void next(int status, String body) {
    next(Mono.just(reply(status, body)));
  }

  void nextHangs() {
    next(Mono.never());
  }

  void nextIsLost() {
    next(Mono.error(EcsException.builder(ClientErrors.CONNECTION_LOST, Delivery.UNKNOWN).build()));
  }

  /** Returns the received requests, oldest first; header names are in lower case. */
  List<Request> requests() {
    return requests;
  }

  Request request(int number) {
    return requests.get(number - 1);
  }

  /** Waits until a connection was closed. */
  boolean clientLeft() throws InterruptedException {
    return closed.tryAcquire(10, TimeUnit.SECONDS);
  }

  static Response reply(int status, String body) {
    return new Response(status, Map.of(), body.getBytes(UTF_8));
  }

  static String header(Request request, String name) {
    return Objects.requireNonNullElse(request.headers().get(name), "");
  }

  @Override
  public void close() {
    if (server != null) {
      server.disposeNow();
    }
  }
}

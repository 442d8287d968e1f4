package io.fleetstop.simulator;

import io.fleetstop.simulator.Gateway.SimulatedResponse;
import io.fleetstop.simulator.SignatureVerifier.SignedRequest;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.TooLongHttpContentException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.netty.FutureMono;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerResponse;

/**
 * Receives requests over HTTP and sends the responses of the gateway, damaged as the fault demands.
 */
final class GatewayHttpHandler {

  private static final byte[] EMPTY = new byte[0];
  private static final byte[] BAD_GATEWAY =
      "<html><head><title>502 Bad Gateway</title></head><body>502 Bad Gateway</body></html>"
          .getBytes(StandardCharsets.UTF_8);
  private static final byte[] NOT_JSON =
      "\u0000\u0001{\"ResponseMetadata\": upstream connect error".getBytes(StandardCharsets.UTF_8);
  private static final String JSON = "application/json; charset=utf-8";
  private static final int MISSING_BYTES = 64;

  /** Answers a request. */
  @FunctionalInterface
  interface RequestHandler {

    /** Handles a request; its effect is complete on return. */
    SimulatedResponse handle(SignedRequest request);
  }

  /**
   * A request's body, up to a bound.
   *
   * <p>What exceeds the bound is read and discarded up to a second one before the body is rejected:
   * a connection that is closed while bytes of the request are unread is reset, and a reset takes
   * the status from a client that is still sending.
   */
  static final class RequestBody {

    static final int MAX_BYTES = 1 << 20;
    static final int MAX_DISCARDED_BYTES = 1 << 24;

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private long received;

    void add(byte[] chunk) {
      received += chunk.length;
      if (received <= MAX_BYTES) {
        kept.writeBytes(chunk);
      } else if (received > MAX_DISCARDED_BYTES) {
        throw tooLong();
      }
    }

    byte[] bytes() {
      if (received > MAX_BYTES) {
        throw tooLong();
      }
      return kept.toByteArray();
    }

    private static TooLongHttpContentException tooLong() {
      return new TooLongHttpContentException("body exceeds " + MAX_BYTES + " bytes");
    }
  }

  private final RequestHandler gateway;
  private final InstantSource clock;
  private final Scheduler scheduler;

  GatewayHttpHandler(RequestHandler gateway, InstantSource clock, Scheduler scheduler) {
    this.gateway = gateway;
    this.clock = clock;
    this.scheduler = scheduler;
  }

  Publisher<Void> handle(HttpServerRequest request, HttpServerResponse response) {
    HttpHeaders headers = request.requestHeaders();
    String method = request.method().name();
    return body(request)
        .flatMap(
            body -> {
              SimulatedResponse reply =
                  gateway.handle(SignedRequest.of(method, request.uri(), headers, body));
              Mono<Void> sent = send(reply, response);
              return reply.delayNanos() == 0
                  ? sent
                  : Mono.delay(Duration.ofNanos(reply.delayNanos()), scheduler).then(sent);
            })
        .onErrorResume(TooLongHttpContentException.class, e -> rejectBody(response));
  }

  private static Mono<byte[]> body(HttpServerRequest request) {
    HttpHeaders headers = request.requestHeaders();
    if (!headers.contains(HttpHeaderNames.CONTENT_LENGTH)
        && !headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
      return Mono.just(EMPTY);
    }
    return collect(request.receive().asByteArray());
  }

  /** Collects a body in a growing buffer; fails if it exceeds its bound. */
  static Mono<byte[]> collect(Flux<byte[]> chunks) {
    return chunks.collect(RequestBody::new, RequestBody::add).map(RequestBody::bytes);
  }

  private static Mono<Void> rejectBody(HttpServerResponse response) {
    return response.status(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE).keepAlive(false).send();
  }

  private Mono<Void> send(SimulatedResponse reply, HttpServerResponse response) {
    Fault fault = reply.fault();
    if (fault == null) {
      return write(response, reply, reply.status(), JSON, reply.body());
    }
    return switch (fault) {
      case RESET_BEFORE, RESET_AFTER -> close(response, true);
      case LOST_REPLY -> close(response, false);
      case HUNG_BEFORE, HUNG -> Mono.never();
      case HTML_502_BEFORE, HTML_502_AFTER ->
          write(response, reply, 502, "text/html; charset=utf-8", BAD_GATEWAY);
      case TRUNCATED -> truncate(response, reply);
      case GARBAGE -> write(response, reply, 200, JSON, NOT_JSON);
      case EMPTY_BODY -> write(response, reply, 200, JSON, EMPTY);
      case INTERNAL_ERROR_BEFORE, INTERNAL_ERROR_AFTER, THROTTLE, PROCESSING, SLOW ->
          write(response, reply, reply.status(), JSON, reply.body());
    };
  }

  private Mono<Void> write(
      HttpServerResponse response,
      SimulatedResponse reply,
      int status,
      String contentType,
      byte[] body) {
    head(response, reply, status, contentType);
    return response.sendByteArray(Mono.just(body)).then();
  }

  private void head(
      HttpServerResponse response, SimulatedResponse reply, int status, String contentType) {
    response
        .status(status)
        .header(HttpHeaderNames.CONTENT_TYPE, contentType)
        .header(
            HttpHeaderNames.DATE,
            DateTimeFormatter.RFC_1123_DATE_TIME.format(clock.instant().atOffset(ZoneOffset.UTC)))
        .header("X-Tt-Logid", reply.requestId());
    if (reply.retryAfterSeconds() > 0) {
      response.header(HttpHeaderNames.RETRY_AFTER, Long.toString(reply.retryAfterSeconds()));
    }
  }

  private Mono<Void> truncate(HttpServerResponse response, SimulatedResponse reply) {
    head(response, reply, reply.status(), JSON);
    response.header(
        HttpHeaderNames.CONTENT_LENGTH, Integer.toString(reply.body().length + MISSING_BYTES));
    // A Flux: for a Mono, Reactor Netty would set the real Content-Length.
    return response.sendByteArray(Flux.just(reply.body())).then().then(close(response, false));
  }

  private static Mono<Void> close(HttpServerResponse response, boolean reset) {
    AtomicReference<Channel> channel = new AtomicReference<>();
    response.withConnection(connection -> channel.set(connection.channel()));
    return FutureMono.deferFuture(
            () -> {
              Channel open = Objects.requireNonNull(channel.get());
              if (reset) {
                // Discarding unsent data makes the close a reset.
                open.config().setOption(ChannelOption.SO_LINGER, 0);
              }
              return open.close();
            })
        // Nothing more is sent; closing the connection cancels this.
        .then(Mono.never());
  }
}

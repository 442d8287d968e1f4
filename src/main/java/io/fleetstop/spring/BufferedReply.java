package io.fleetstop.spring;

import io.fleetstop.transport.HttpExchange.Response;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.BodyExtractors;
import org.springframework.web.reactive.function.client.ClientResponse;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;

/**
 * A reply, looked into without being consumed.
 *
 * @param response the reply for its caller, body included
 * @param seen its status, headers and the start of its body, or all of it up to the bound
 */
record BufferedReply(ClientResponse response, Response seen) {

  private static final byte[] NONE = {};

  /** Looks into replies that may tell of an error: any of an error status, and JSON. */
  static Mono<BufferedReply> of(ClientResponse response, int maxBytes) {
    if (!response.statusCode().isError() && !isJson(response)) {
      return Mono.just(new BufferedReply(response, seen(response, NONE)));
    }
    return response
        .body(BodyExtractors.toDataBuffers())
        .map(BodyBuffering::copy)
        .bufferUntil(new Filled(maxBytes))
        .switchOnFirst((first, parts) -> peeked(response, first, parts), false)
        // Not next(): it would cancel the body.
        .singleOrEmpty();
  }

  private static Mono<BufferedReply> peeked(
      ClientResponse response, Signal<? extends List<byte[]>> first, Flux<List<byte[]>> parts) {
    Throwable failure = first.getThrowable();
    if (failure != null) {
      return Mono.error(failure);
    }
    Flux<DataBuffer> body =
        parts.concatMapIterable(part -> part, 1).map(DefaultDataBufferFactory.sharedInstance::wrap);
    return Mono.just(
        new BufferedReply(
            response.mutate().body(unread -> body).build(), seen(response, join(first.get()))));
  }

  /** Lets go of a reply that nobody is going to read. */
  static void discard(ClientResponse response) {
    response.releaseBody().onErrorComplete().subscribe();
  }

  private static boolean isJson(ClientResponse response) {
    return response
        .headers()
        .contentType()
        .filter(MediaType.APPLICATION_JSON::isCompatibleWith)
        .isPresent();
  }

  private static Response seen(ClientResponse response, byte[] body) {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    response
        .headers()
        .asHttpHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
    return new Response(response.statusCode().value(), headers, body);
  }

  private static byte[] join(@Nullable List<byte[]> parts) {
    if (parts == null) {
      return NONE;
    }
    byte[] whole = new byte[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (byte[] part : parts) {
      System.arraycopy(part, 0, whole, at, part.length);
      at += part.length;
    }
    return whole;
  }

  /** Whether enough has been seen; from then on every part is passed on as it comes. */
  private static final class Filled implements Predicate<byte[]> {

    private final int maxBytes;
    private long count;

    Filled(int maxBytes) {
      this.maxBytes = maxBytes;
    }

    @Override
    public boolean test(byte[] part) {
      count += part.length;
      return count >= maxBytes;
    }
  }
}

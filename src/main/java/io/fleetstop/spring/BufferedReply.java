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
 * A reply of which a bounded prefix was read ahead.
 *
 * @param response the reply for the caller, with its whole body
 * @param head status, headers and the prefix of the body
 */
record BufferedReply(ClientResponse response, Response head) {

  private static final byte[] EMPTY = {};

  /** Reads ahead in replies that may carry an error code: those with an error status, and JSON. */
  static Mono<BufferedReply> buffer(ClientResponse response, int maxBytes) {
    if (!response.statusCode().isError() && !isJson(response)) {
      return Mono.just(new BufferedReply(response, head(response, EMPTY)));
    }
    return response
        .body(BodyExtractors.toDataBuffers())
        .map(BodyBuffering::copy)
        .bufferUntil(new LimitReached(maxBytes))
        .switchOnFirst((first, chunks) -> fromFirstBuffer(response, first, chunks), false)
        // Not next(), which would cancel the body.
        .singleOrEmpty();
  }

  private static Mono<BufferedReply> fromFirstBuffer(
      ClientResponse response, Signal<? extends List<byte[]>> first, Flux<List<byte[]>> chunks) {
    Throwable failure = first.getThrowable();
    if (failure != null) {
      return Mono.error(failure);
    }
    Flux<DataBuffer> body =
        chunks
            .concatMapIterable(chunk -> chunk, 1)
            .map(DefaultDataBufferFactory.sharedInstance::wrap);
    return Mono.just(
        new BufferedReply(
            response.mutate().body(ignored -> body).build(), head(response, join(first.get()))));
  }

  /** Releases a reply that has no reader. */
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

  private static Response head(ClientResponse response, byte[] body) {
    Map<String, List<String>> headers = new LinkedHashMap<>();
    response
        .headers()
        .asHttpHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
    return new Response(response.statusCode().value(), headers, body);
  }

  private static byte[] join(@Nullable List<byte[]> chunks) {
    if (chunks == null) {
      return EMPTY;
    }
    byte[] joined = new byte[chunks.stream().mapToInt(chunk -> chunk.length).sum()];
    int offset = 0;
    for (byte[] chunk : chunks) {
      System.arraycopy(chunk, 0, joined, offset, chunk.length);
      offset += chunk.length;
    }
    return joined;
  }

  /** Holds once enough was read; from then on each chunk is a list of its own. */
  private static final class LimitReached implements Predicate<byte[]> {

    private final int maxBytes;
    private long count;

    LimitReached(int maxBytes) {
      this.maxBytes = maxBytes;
    }

    @Override
    public boolean test(byte[] chunk) {
      count += chunk.length;
      return count >= maxBytes;
    }
  }
}

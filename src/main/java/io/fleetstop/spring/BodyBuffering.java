package io.fleetstop.spring;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.reactivestreams.Publisher;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.http.client.reactive.ClientHttpRequestDecorator;
import org.springframework.web.reactive.function.BodyInserter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Gathers a request's body, up to a bound, before anything of the request is sent. */
final class BodyBuffering {

  private static final byte[] NONE = {};

  private BodyBuffering() {}

  /**
   * An inserter that gathers what {@code original} writes, and hands it to {@code whole} with the
   * request to send it with. It does so once: a connector that writes the request again, to follow
   * a redirect or to try a second time on its own, gets an error instead.
   */
  static BodyInserter<Object, ClientHttpRequest> once(
      BodyInserter<?, ? super ClientHttpRequest> original, int maxBytes, Whole whole) {
    AtomicBoolean isWritten = new AtomicBoolean();
    return (output, context) ->
        Mono.defer(
            () ->
                isWritten.compareAndSet(false, true)
                    ? original.insert(
                        new Gathering(output, maxBytes, body -> whole.send(output, body)), context)
                    : Mono.error(new SentTwiceException()));
  }

  /** Writes a body that was gathered. */
  static Mono<Void> write(ClientHttpRequest output, byte[] body) {
    if (body.length == 0) {
      return output.setComplete();
    }
    output.getHeaders().setContentLength(body.length);
    return output.writeWith(Mono.fromSupplier(() -> output.bufferFactory().wrap(body)));
  }

  static byte[] copy(DataBuffer buffer) {
    byte[] bytes = new byte[buffer.readableByteCount()];
    buffer.read(bytes);
    DataBufferUtils.release(buffer);
    return bytes;
  }

  /** What to do with a body once it is whole. */
  @FunctionalInterface
  interface Whole {

    Mono<Void> send(ClientHttpRequest output, byte[] body);
  }

  /** The connector wants to write a request that it has written already. */
  static final class SentTwiceException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    SentTwiceException() {
      super(
          "The HTTP client wants to send the request a second time, to follow a redirect or to try"
              + " again on its own; neither may happen to a signed request");
    }
  }

  private static final class Gathering extends ClientHttpRequestDecorator {

    private final int maxBytes;
    private final Function<byte[], Mono<Void>> whole;

    Gathering(ClientHttpRequest output, int maxBytes, Function<byte[], Mono<Void>> whole) {
      super(output);
      this.maxBytes = maxBytes;
      this.whole = whole;
    }

    @Override
    public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
      return DataBufferUtils.join(body, maxBytes)
          .onErrorMap(DataBufferLimitException.class, limit -> tooLarge())
          .map(BodyBuffering::copy)
          .defaultIfEmpty(NONE)
          .map(this::bounded)
          .flatMap(whole);
    }

    @Override
    public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
      return writeWith(Flux.from(body).concatMap(part -> part, 1));
    }

    @Override
    public Mono<Void> setComplete() {
      return whole.apply(NONE);
    }

    /** A body of one buffer is not counted where buffers are joined. */
    private byte[] bounded(byte[] bytes) {
      if (bytes.length > maxBytes) {
        throw tooLarge();
      }
      return bytes;
    }

    private IllegalArgumentException tooLarge() {
      return new IllegalArgumentException(
          "request body must have at most "
              + maxBytes
              + " bytes, which maxBodyBytes sets, and has more; nothing was sent");
    }
  }
}

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

/** Buffers a request's body, up to a limit, before anything of the request is sent. */
final class BodyBuffering {

  private static final byte[] EMPTY = {};

  private BodyBuffering() {}

  /**
   * Returns an inserter that buffers what {@code original} writes and passes it to {@code sender}.
   * It writes once: a connector that writes the request again, for a redirect or a retry of its
   * own, gets an error.
   */
  static BodyInserter<Object, ClientHttpRequest> bufferOnce(
      BodyInserter<?, ? super ClientHttpRequest> original, int maxBytes, BodySender sender) {
    AtomicBoolean written = new AtomicBoolean();
    return (output, context) ->
        Mono.defer(
            () ->
                written.compareAndSet(false, true)
                    ? original.insert(
                        new BufferingRequest(output, maxBytes, body -> sender.send(output, body)),
                        context)
                    : Mono.error(new RepeatedWriteException()));
  }

  /** Writes a buffered body. */
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

  /** Sends a request whose body is complete. */
  @FunctionalInterface
  interface BodySender {

    Mono<Void> send(ClientHttpRequest output, byte[] body);
  }

  /** The connector tried to write a request a second time. */
  static final class RepeatedWriteException extends IllegalStateException {

    private static final long serialVersionUID = 1L;

    RepeatedWriteException() {
      super(
          "The HTTP client tried to send a signed request a second time, for a redirect or a retry"
              + " of its own; turn off both in the HTTP client");
    }
  }

  private static final class BufferingRequest extends ClientHttpRequestDecorator {

    private final int maxBytes;
    private final Function<byte[], Mono<Void>> sender;

    BufferingRequest(ClientHttpRequest output, int maxBytes, Function<byte[], Mono<Void>> sender) {
      super(output);
      this.maxBytes = maxBytes;
      this.sender = sender;
    }

    @Override
    public Mono<Void> writeWith(Publisher<? extends DataBuffer> body) {
      return DataBufferUtils.join(body, maxBytes)
          .onErrorMap(DataBufferLimitException.class, limit -> tooLarge())
          .map(BodyBuffering::copy)
          .defaultIfEmpty(EMPTY)
          .map(this::requireWithinLimit)
          .flatMap(sender);
    }

    @Override
    public Mono<Void> writeAndFlushWith(Publisher<? extends Publisher<? extends DataBuffer>> body) {
      return writeWith(Flux.from(body).concatMap(part -> part, 1));
    }

    @Override
    public Mono<Void> setComplete() {
      return sender.apply(EMPTY);
    }

    /** {@link DataBufferUtils#join} does not check a body of a single buffer. */
    private byte[] requireWithinLimit(byte[] bytes) {
      if (bytes.length > maxBytes) {
        throw tooLarge();
      }
      return bytes;
    }

    private IllegalArgumentException tooLarge() {
      return new IllegalArgumentException(
          "request body must have at most "
              + maxBytes
              + " bytes, was larger; nothing was sent: raise maxBodyBytes");
    }
  }
}

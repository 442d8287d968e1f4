package io.fleetstop.spring;

import io.fleetstop.fleet.ShutdownOutcome;
import io.fleetstop.fleet.ShutdownOutcome.Failed;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ResolvableType;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.codec.HttpMessageWriter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes a {@code Flux<ShutdownOutcome>} as NDJSON or as server-sent events, and appends the {@link
 * RunEndLine}: the status has been sent by then, so an error of the run has to be a line. The
 * mapper is not that of the application, whose settings could break a line into several or drop the
 * counts. A {@code Mono} has no last line.
 */
final class OutcomeStreamWriter implements HttpMessageWriter<ShutdownOutcome> {

  private static final JsonMapper MAPPER = new JsonMapper();
  private static final MediaType EVENTS =
      new MediaType(MediaType.TEXT_EVENT_STREAM, StandardCharsets.UTF_8);
  private static final List<MediaType> MEDIA_TYPES =
      List.of(MediaType.APPLICATION_NDJSON, MediaType.TEXT_EVENT_STREAM);

  private final BooleanSupplier stopping;

  /**
   * Creates a writer.
   *
   * @param stopping whether the application is stopping, which drains its runs
   */
  OutcomeStreamWriter(BooleanSupplier stopping) {
    this.stopping = stopping;
  }

  @Override
  public List<MediaType> getWritableMediaTypes() {
    return MEDIA_TYPES;
  }

  @Override
  public boolean canWrite(ResolvableType elementType, @Nullable MediaType mediaType) {
    return mediaType != null
        && ShutdownOutcome.class.isAssignableFrom(elementType.toClass())
        && MEDIA_TYPES.stream().anyMatch(own -> own.isCompatibleWith(mediaType));
  }

  @Override
  public Mono<Void> write(
      Publisher<? extends ShutdownOutcome> outcomes,
      ResolvableType elementType,
      @Nullable MediaType mediaType,
      ReactiveHttpOutputMessage message,
      Map<String, Object> hints) {
    boolean events = !MediaType.APPLICATION_NDJSON.isCompatibleWith(mediaType);
    message.getHeaders().setContentType(events ? EVENTS : MediaType.APPLICATION_NDJSON);
    Flux<?> lines =
        outcomes instanceof Mono
            ? Flux.from(outcomes)
            : RunEndLine.append(Flux.from(outcomes), stopping);
    DataBufferFactory buffers = message.bufferFactory();
    return message.writeAndFlushWith(lines.map(line -> Mono.just(line(line, events, buffers))));
  }

  /** Returns the JSON of a line, without what of an internal error is no web client's concern. */
  private static String json(Object line) {
    String json = MAPPER.writeValueAsString(line);
    return line instanceof Failed failed && RunEndLine.isInternal(failed.error())
        ? ((ObjectNode) MAPPER.readTree(json))
            .put("message", RunEndLine.reasonFor(failed.error()))
            .toString()
        : json;
  }

  private static DataBuffer line(Object line, boolean events, DataBufferFactory buffers) {
    String json = json(line);
    String text = events ? "data:" + json + "\n\n" : json + "\n";
    return buffers.wrap(text.getBytes(StandardCharsets.UTF_8)); // never leaks: not pooled
  }
}

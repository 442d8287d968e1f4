package io.fleetstop.spring;

import io.fleetstop.fleet.ShutdownOutcome;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.springframework.core.ResolvableType;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpOutputMessage;
import org.springframework.http.codec.HttpMessageWriter;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Writes a {@code Flux<ShutdownOutcome>} as NDJSON or as server-sent events, with the application's
 * own writer of JSON, and appends the {@link RunEndLine}: the status has been sent by then, so an
 * error of the run has to be a line. Everything else, also a {@code Mono}, is left to the other
 * writers.
 */
final class OutcomeStreamWriter implements HttpMessageWriter<ShutdownOutcome> {

  private static final List<MediaType> MEDIA_TYPES =
      List.of(MediaType.APPLICATION_NDJSON, MediaType.TEXT_EVENT_STREAM);
  private static final ResolvableType ANY = ResolvableType.forClass(Object.class);

  private final Supplier<List<HttpMessageWriter<?>>> writers;
  private final BooleanSupplier stopping;

  /**
   * Creates a writer.
   *
   * @param writers all writers of the application
   * @param stopping whether the application is stopping, which drains its runs
   */
  OutcomeStreamWriter(Supplier<List<HttpMessageWriter<?>>> writers, BooleanSupplier stopping) {
    this.writers = writers;
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
    Publisher<?> lines =
        outcomes instanceof Mono ? outcomes : RunEndLine.append(Flux.from(outcomes), stopping);
    return write(lines, writer(mediaType), mediaType, message, hints);
  }

  private static <T> Mono<Void> write(
      Publisher<?> lines,
      HttpMessageWriter<T> writer,
      @Nullable MediaType mediaType,
      ReactiveHttpOutputMessage message,
      Map<String, Object> hints) {
    @SuppressWarnings("unchecked") // it can write any object
    Publisher<? extends T> values = (Publisher<? extends T>) lines;
    return writer.write(values, ANY, mediaType, message, hints);
  }

  private HttpMessageWriter<?> writer(@Nullable MediaType mediaType) {
    return writers.get().stream()
        .filter(writer -> writer.canWrite(ANY, Objects.requireNonNull(mediaType)))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "No codec writes JSON as "
                        + mediaType
                        + ": add Spring Boot's JSON starter to the application"));
  }
}

package io.fleetstop.spring;

import io.fleetstop.error.EcsException.Delivery;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.web.reactive.function.BodyInserter;
import reactor.core.publisher.Mono;

/** The body of an exchange: buffered on the first attempt, replayed on each retry. */
final class RepeatableBody {

  @SuppressWarnings("ArrayRecordComponent") // kept for the next attempt, never compared
  private record BufferedBody(HttpHeaders headers, byte[] bytes) {}

  private final BodyInserter<?, ? super ClientHttpRequest> original;
  private final int maxBytes;
  private volatile @Nullable BufferedBody buffered;
  private volatile @Nullable AttemptBody current;

  RepeatableBody(BodyInserter<?, ? super ClientHttpRequest> original, int maxBytes) {
    this.original = original;
    this.maxBytes = maxBytes;
  }

  /** Starts an attempt. */
  AttemptBody newAttempt() {
    AttemptBody attempt = new AttemptBody();
    current = attempt;
    return attempt;
  }

  /** Returns whether the latest attempt may have been sent. */
  Delivery delivery() {
    AttemptBody attempt = current;
    return attempt == null ? Delivery.NOT_SENT : attempt.delivery();
  }

  /** The body of one attempt. */
  final class AttemptBody {

    private volatile boolean started;

    Delivery delivery() {
      return started ? Delivery.UNKNOWN : Delivery.NOT_SENT;
    }

    BodyInserter<Object, ClientHttpRequest> inserter() {
      BufferedBody body = buffered;
      return BodyBuffering.bufferOnce(body == null ? original : replay(body), maxBytes, this::send);
    }

    private Mono<Void> send(ClientHttpRequest output, byte[] bytes) {
      if (buffered == null) {
        // Not HttpHeaders.copyOf, which Spring 6 lacks.
        HttpHeaders headers = new HttpHeaders();
        output.getHeaders().forEach(headers::addAll);
        buffered = new BufferedBody(headers, bytes);
      }
      started = true;
      return BodyBuffering.write(output, bytes);
    }
  }

  private static BodyInserter<Object, ClientHttpRequest> replay(BufferedBody body) {
    return (output, context) -> {
      body.headers.forEach((name, values) -> output.getHeaders().put(name, values));
      return BodyBuffering.write(output, body.bytes);
    };
  }
}

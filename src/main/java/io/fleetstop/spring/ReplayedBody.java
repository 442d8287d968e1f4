package io.fleetstop.spring;

import io.fleetstop.error.EcsException.Delivery;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.web.reactive.function.BodyInserter;
import reactor.core.publisher.Mono;

/** The body of an exchange: gathered on the first try, the same bytes on each further one. */
final class ReplayedBody {

  @SuppressWarnings("ArrayRecordComponent") // kept for the next try, never compared
  private record Gathered(HttpHeaders headers, byte[] bytes) {}

  private final BodyInserter<?, ? super ClientHttpRequest> original;
  private final int maxBytes;
  private volatile @Nullable Gathered gathered;
  private volatile @Nullable Sending last;

  ReplayedBody(BodyInserter<?, ? super ClientHttpRequest> original, int maxBytes) {
    this.original = original;
    this.maxBytes = maxBytes;
  }

  /** A further try. */
  Sending sending() {
    Sending sending = new Sending();
    last = sending;
    return sending;
  }

  /** Whether anything of the try that began last may have left. */
  Delivery delivery() {
    Sending sending = last;
    return sending == null ? Delivery.NOT_SENT : sending.delivery();
  }

  /** One try. */
  final class Sending {

    private volatile boolean isBegun;

    Delivery delivery() {
      return isBegun ? Delivery.UNKNOWN : Delivery.NOT_SENT;
    }

    BodyInserter<Object, ClientHttpRequest> inserter() {
      Gathered known = gathered;
      return BodyBuffering.once(known == null ? original : replaying(known), maxBytes, this::send);
    }

    private Mono<Void> send(ClientHttpRequest output, byte[] bytes) {
      if (gathered == null) {
        gathered = new Gathered(HttpHeaders.copyOf(output.getHeaders()), bytes);
      }
      isBegun = true;
      return BodyBuffering.write(output, bytes);
    }
  }

  private static BodyInserter<Object, ClientHttpRequest> replaying(Gathered known) {
    return (output, context) -> {
      known.headers.forEach((name, values) -> output.getHeaders().put(name, values));
      return BodyBuffering.write(output, known.bytes);
    };
  }
}

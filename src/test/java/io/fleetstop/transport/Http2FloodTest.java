package io.fleetstop.transport;

import static io.fleetstop.transport.Http2Server.DATA;
import static io.fleetstop.transport.Http2Server.END_HEADERS;
import static io.fleetstop.transport.Http2Server.GOAWAY;
import static io.fleetstop.transport.Http2Server.HEADERS;
import static io.fleetstop.transport.Http2Server.SETTINGS;
import static io.fleetstop.transport.Http2Server.STATUS_200;
import static io.fleetstop.transport.Http2Server.frame;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fleetstop.contract.HttpExchangeContract;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** HTTP/2 servers that answer a request with frames without an end. */
@Tag("guarantee:bounded-reply")
class Http2FloodTest {

  private static final int RST_STREAM = 3;
  private static final int PING = 6;
  private static final int CONTINUATION = 9;

  @SuppressWarnings("ImmutableEnumChecker") // never written to
  enum Flood {
    SETTINGS_FRAMES(new byte[0], frame(SETTINGS, 0, 0, new byte[0])),
    PINGS(new byte[0], frame(PING, 0, 0, new byte[8])),
    EMPTY_DATA(
        frame(HEADERS, END_HEADERS, firstStream(), STATUS_200),
        frame(DATA, 0, firstStream(), new byte[0])),
    CONTINUATIONS(
        frame(HEADERS, 0, firstStream(), STATUS_200),
        frame(CONTINUATION, 0, firstStream(), headers(1_000))),
    EMPTY_CONTINUATIONS(
        frame(HEADERS, 0, firstStream(), STATUS_200),
        frame(CONTINUATION, 0, firstStream(), new byte[0])),
    INTERIM_REPLIES(
        new byte[0],
        frame(HEADERS, END_HEADERS, firstStream(), new byte[] {0x08, 3, '1', '0', '3'})),
    RESETS(new byte[0], frame(RST_STREAM, 0, firstStream(), new byte[] {0, 0, 0, 7})),
    GOAWAYS(new byte[0], frame(GOAWAY, 0, 0, new byte[8]));

    private final byte[] start;
    private final byte[] frame;

    Flood(byte[] start, byte[] frame) {
      this.start = start;
      this.frame = frame;
    }

    /** Netty's first stream on a connection that ALPN has opened. */
    private static int firstStream() {
      return 3;
    }
  }

  /** Literal headers without indexing, {@code a: }. */
  private static byte[] headers(int count) {
    ByteBuffer headers = ByteBuffer.allocate(4 * count);
    for (int i = 0; i < count; i++) {
      headers.put(new byte[] {0, 1, 'a', 0});
    }
    return headers.array();
  }

  private static void write(Flood flood, OutputStream out) throws IOException {
    out.write(flood.start);
    ByteBuffer many =
        ByteBuffer.allocate(Math.max(1, 16_384 / flood.frame.length) * flood.frame.length);
    while (many.hasRemaining()) {
      many.put(flood.frame);
    }
    while (true) {
      out.write(many.array());
    }
  }

  @ParameterizedTest
  @EnumSource
  void flood_endsTheExchange(Flood flood) throws Exception {
    try (Http2Server server = new Http2Server()) {
      server.serve((stream, headers, out) -> write(flood, out));
      NettyTransport transport =
          NettyTransport.create(server.client().responseTimeout(Duration.ofSeconds(1)).build());
      try {
        // The time limit is that of an attempt: frames that arrive restart the response timeout.
        Throwable failure =
            catchThrowable(
                () ->
                    transport
                        .exchange(server.request(), () -> true)
                        .timeout(Duration.ofSeconds(5))
                        .block(Duration.ofSeconds(40)));
        assertThat(failure).isNotNull();
      } finally {
        transport.disposeLater().block(HttpExchangeContract.PATIENCE);
      }
    }
  }
}

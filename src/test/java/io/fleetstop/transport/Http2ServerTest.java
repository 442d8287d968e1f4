package io.fleetstop.transport;

import static io.fleetstop.transport.Http2Server.DATA;
import static io.fleetstop.transport.Http2Server.END_HEADERS;
import static io.fleetstop.transport.Http2Server.END_STREAM;
import static io.fleetstop.transport.Http2Server.GOAWAY;
import static io.fleetstop.transport.Http2Server.HEADERS;
import static io.fleetstop.transport.Http2Server.SETTINGS;
import static io.fleetstop.transport.Http2Server.STATUS_200;
import static io.fleetstop.transport.Http2Server.frame;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.fleetstop.contract.HttpExchangeContract;
import io.fleetstop.transport.HttpExchange.Response;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** HTTP/2 servers that reply, and use what the protocol lets them ask of a client. */
class Http2ServerTest {

  private static final int PUSH_PROMISE = 5;

  private final Queue<byte[]> headerBlocks = new ConcurrentLinkedQueue<>();
  private Http2Server server;
  private NettyTransport transport;

  @BeforeEach
  void open() throws Exception {
    server = new Http2Server();
    transport =
        NettyTransport.create(
            server
                .client()
                .maxConnections(1)
                .poolAcquireTimeout(Duration.ofSeconds(5))
                .responseTimeout(Duration.ofSeconds(5))
                .build());
  }

  @AfterEach
  void close() throws IOException {
    transport.disposeLater().block(HttpExchangeContract.PATIENCE);
    server.close();
  }

  private static void reply(int stream, OutputStream out) throws IOException {
    out.write(frame(HEADERS, END_HEADERS, stream, STATUS_200));
    out.write(frame(DATA, END_STREAM, stream, "{}".getBytes(StandardCharsets.US_ASCII)));
  }

  private int status() {
    return response().status();
  }

  private Response response() {
    return requireNonNull(
        transport.exchange(server.request(), () -> true).block(Duration.ofSeconds(20)));
  }

  @Test
  @Tag("guarantee:no-leak")
  void largeHeaderTable_isNotUsed() {
    byte[] setting = ByteBuffer.allocate(6).putShort((short) 1).putInt(Integer.MAX_VALUE).array();
    server.serve(
        (stream, headers, out) -> {
          headerBlocks.add(headers);
          out.write(frame(SETTINGS, 0, 0, setting));
          reply(stream, out);
        });

    for (int i = 0; i < 3; i++) {
      assertThat(status()).isEqualTo(200);
    }

    headerBlocks.remove(); // written before the server asked for it
    assertThat(headerBlocks)
        .hasSize(2)
        .allSatisfy(block -> assertThat(tableSize(block)).isEqualTo(Http2Guard.MAX_HEADER_TABLE));
  }

  /** Returns the last size of the table that a block of headers begins with (RFC 7541, 6.3). */
  private static long tableSize(byte[] block) {
    long size = -1;
    ByteBuffer rest = ByteBuffer.wrap(block);
    for (int first = rest.get(); (first & 0xe0) == 0x20; first = rest.get()) {
      size = first & 0x1f;
      int shift = 0;
      for (int next = size == 0x1f ? 0x80 : 0; (next & 0x80) != 0; shift += 7) {
        next = rest.get();
        size += (long) (next & 0x7f) << shift;
      }
    }
    return size;
  }

  @Test
  @Tag("guarantee:bounded-reply")
  void pushedReply_endsTheConnection() {
    server.serve(
        (stream, headers, out) -> {
          // Of GET https /, as indexed headers.
          byte[] promise = {0, 0, 0, 2, (byte) 0x82, (byte) 0x87, (byte) 0x84};
          out.write(frame(PUSH_PROMISE, END_HEADERS, stream, promise));
          out.write(frame(HEADERS, END_HEADERS, 2, STATUS_200));
          reply(stream, out);
        });

    assertThat(catchThrowable(this::status)).hasMessageContaining("Client.ConnectionLost");
  }

  @Test
  @Tag("guarantee:no-leak")
  void connectionThatTheServerGaveUp_isReplaced() {
    server.serve(
        (stream, headers, out) -> {
          reply(stream, out);
          out.write(frame(GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(stream).array()));
        });

    for (int i = 1; i <= 3; i++) {
      assertThat(status()).isEqualTo(200);
    }
    assertThat(server.connections()).isEqualTo(3);
  }

  @Test
  @Tag("guarantee:delivery")
  void replyOnConnectionThatTheServerGaveUp_isRead() {
    byte[] part = new byte[16_000];
    server.serve(
        (stream, headers, out) -> {
          out.write(frame(GOAWAY, 0, 0, ByteBuffer.allocate(8).putInt(stream).array()));
          out.write(frame(HEADERS, END_HEADERS, stream, STATUS_200));
          for (int i = 0; i < 4; i++) { // less than the window of a stream
            out.write(frame(DATA, i == 3 ? END_STREAM : 0, stream, part));
          }
        });

    for (int i = 1; i <= 5; i++) {
      assertThat(response().body()).hasSize(4 * part.length);
    }
    assertThat(server.connections()).isEqualTo(5);
  }
}
